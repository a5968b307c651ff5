import Crypto
import HTTPMessages
import HTTPServer
import Markup
import Primitives

/// Operations on the account.
extension AzureOperations {
  func accountInformation(_ call: AzureCall) throws -> AzureAnswer {
    guard call.method == .get || call.method == .head else { throw AzureFault.unsupportedVerb }
    let level: AzureGrant.Level = call.address.blob != nil ? .object : call.address.container != nil ? .container : .service
    try call.grant.require(level, "r")
    var answer = AzureAnswer(200)
    try answer.add("x-ms-sku-name", "Standard_LRS")
    try answer.add("x-ms-account-kind", "StorageV2")
    try answer.add("x-ms-is-hns-enabled", "false")
    return answer
  }

  func serviceProperties(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.service, "r")
    var xml = AzureXML()
    xml.element("StorageServiceProperties") { xml in
      xml.element("Logging") { xml in
        xml.element("Version", "1.0")
        for name in ["Read", "Write", "Delete"] { xml.element(name, "false") }
        xml.element("RetentionPolicy") { $0.element("Enabled", "false") }
      }
      for name in ["HourMetrics", "MinuteMetrics"] {
        xml.element(name) { xml in
          xml.element("Version", "1.0")
          xml.element("Enabled", "false")
          xml.element("RetentionPolicy") { $0.element("Enabled", "false") }
        }
      }
      xml.element("Cors", "")
      xml.element("DeleteRetentionPolicy") { $0.element("Enabled", "false") }
      xml.element("StaticWebsite") { $0.element("Enabled", "false") }
    }
    var answer = AzureAnswer(200)
    try answer.body(xml)
    return answer
  }

  func listContainers(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.service, "l")
    let prefix = call.query["prefix"] ?? ""
    let count = try call.maxResults()
    let from = try marker(call)
    let containers = try store.transaction { transaction in
      try transaction.containers(prefix: Array(prefix.utf8), from: from, limit: count + 1)
    }
    var xml = AzureXML()
    xml.element("EnumerationResults", [("ServiceEndpoint", endpoint(call))]) { xml in
      if !prefix.isEmpty { xml.element("Prefix", prefix) }
      if let marker = call.query["marker"], !marker.isEmpty { xml.element("Marker", marker) }
      if call.query["maxresults"] != nil { xml.element("MaxResults", String(count)) }
      xml.element("Containers") { xml in
        for container in containers.prefix(count) where container.goneAt == nil {
          xml.element("Container") { xml in
            xml.element("Name", container.name)
            xml.element("Properties") { Self.write(container, call.now, &$0) }
            if call.included.contains("metadata") {
              xml.element("Metadata") { xml in
                for field in container.metadata { xml.element(field.name, field.value) }
              }
            }
          }
        }
      }
      xml.element("NextMarker", containers.count > count ? Self.marker(Array(containers[count].name.utf8)) : nil)
    }
    var answer = AzureAnswer(200)
    try answer.body(xml)
    return answer
  }

  private static func write(_ container: AzureContainer, _ now: Timestamp, _ xml: inout AzureXML) {
    xml.element("Last-Modified", container.modified.rfc1123)
    xml.element("Etag", "\"\(AzureTicks.etag(container.etag))\"")
    xml.element("LeaseStatus", container.lease.isLocked(now) ? "locked" : "unlocked")
    xml.element("LeaseState", container.lease.state(now).rawValue)
    if let duration = container.lease.durationText(now) { xml.element("LeaseDuration", duration) }
    if container.access != .none { xml.element("PublicAccess", container.access.rawValue) }
    xml.element("DefaultEncryptionScope", "$account-encryption-key")
    xml.element("DenyEncryptionScopeOverride", "false")
    xml.element("HasImmutabilityPolicy", "false")
    xml.element("HasLegalHold", "false")
    xml.element("ImmutableStorageWithVersioningEnabled", "false")
  }

  /// "Get User Delegation Key": for holders of a token, and nobody else.
  func delegationKey(_ call: AzureCall) async throws -> AzureAnswer {
    try call.grant.require(.service, "")
    guard !call.grant.isOwner else {
      throw AzureFault.authenticationFailed("Only authentication scheme Bearer is supported for this operation.")
    }
    let body = try await smallBody(call, limit: 64 << 10)
    guard let root = try? XMLDocument.parse(body), root.name == "KeyInfo", let expiry = root.child("Expiry")?.string.trimmed,
      let end = AzureAccessSignature.time(expiry)
    else { throw AzureFault.invalidXML }
    let start = root.child("Start")?.string.trimmed ?? Timestamp(seconds: call.now.seconds).iso8601
    guard let begin = AzureAccessSignature.time(start) else { throw AzureFault.invalidXML }
    guard begin <= end, end <= call.now + .seconds(7 * 86_400), end > call.now else {
      throw AzureFault(
        400, "InvalidXmlNodeValue", "The value provided for one of the XML nodes in the request body was not in the correct format."
      )
    }
    let (object, tenant, version) = (gate.behaviour.clientID, gate.behaviour.tenant, call["x-ms-version"] ?? "2020-12-06")
    let key = AzureAccessSignature.delegationKey(
      gate.key, objectID: object, tenant: tenant, start: start, expiry: expiry, version: version)
    var xml = AzureXML()
    xml.element("UserDelegationKey") { xml in
      xml.element("SignedOid", object)
      xml.element("SignedTid", tenant)
      xml.element("SignedStart", start)
      xml.element("SignedExpiry", expiry)
      xml.element("SignedService", "b")
      xml.element("SignedVersion", version)
      xml.element("Value", Base64.encode(key))
    }
    var answer = AzureAnswer(200)
    try answer.body(xml)
    return answer
  }
}
