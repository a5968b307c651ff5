import HTTPMessages
import HTTPServer
import Markup
import Primitives

/// Operations on containers.
extension AzureOperations {
  private func containerName(_ call: AzureCall) throws(AzureFault) -> String {
    guard let name = call.address.container else { throw .invalidURI }
    return name
  }

  func createContainer(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.container, "cw")
    var container = AzureContainer(name: try containerName(call))
    container.metadata = try call.metadata()
    container.access = try publicAccess(call)
    let new = container
    let stored = try store.transaction { transaction in
      if let old = try transaction.anyContainer(new.name) {
        throw old.goneAt == nil ? AzureFault.containerAlreadyExists : .containerBeingDeleted
      }
      var container = new
      container.etag = try transaction.tick()
      container.modified = transaction.now
      try transaction.put(container)
      return container
    }
    var answer = AzureAnswer(201)
    try answer.addVersion(etag: stored.etag, modified: stored.modified)
    return answer
  }

  private func publicAccess(_ call: AzureCall) throws(AzureFault) -> AzurePublicAccess {
    guard let text = call["x-ms-blob-public-access"] else { return .none }
    guard let access = AzurePublicAccess(rawValue: text), access != .none else {
      throw .invalidHeader("x-ms-blob-public-access", text)
    }
    return access
  }

  func deleteContainer(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.container, "d")
    let name = try containerName(call)
    let conditions = try AzureConditions(call)
    try store.transaction { transaction in
      let container = try transaction.container(name)
      try conditions.checkWrite(container.version)
      try container.lease.checkWrite(call["x-ms-lease-id"], "container", transaction.now)
      try transaction.remove(container)
    }
    return AzureAnswer(202)
  }

  func containerProperties(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.container, "r")
    let container = try store.transaction { try $0.container(try containerName(call)) }
    try container.lease.checkRead(call["x-ms-lease-id"], "container", call.now)
    var answer = AzureAnswer(200)
    try answer.addVersion(etag: container.etag, modified: container.modified)
    try answer.addMetadata(container.metadata)
    if call.component == "metadata" { return answer }
    try answer.add("x-ms-lease-status", container.lease.isLocked(call.now) ? "locked" : "unlocked")
    try answer.add("x-ms-lease-state", container.lease.state(call.now).rawValue)
    try answer.add("x-ms-lease-duration", container.lease.durationText(call.now))
    if container.access != .none { try answer.add("x-ms-blob-public-access", container.access.rawValue) }
    try answer.add("x-ms-has-immutability-policy", "false")
    try answer.add("x-ms-has-legal-hold", "false")
    try answer.add("x-ms-immutable-storage-with-versioning-enabled", "false")
    try answer.add("x-ms-default-encryption-scope", "$account-encryption-key")
    try answer.add("x-ms-deny-encryption-scope-override", "false")
    return answer
  }

  func setContainerMetadata(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.container, "w")
    let metadata = try call.metadata()
    let conditions = try AzureConditions(call)
    return try changeContainer(call) { container, transaction in
      try conditions.checkWrite(container.version)
      try container.lease.checkRead(call["x-ms-lease-id"], "container", transaction.now)
      container.metadata = metadata
    }
  }

  /// Changes a container, which thereby gets another ETag.
  private func changeContainer(
    _ call: AzureCall, _ change: (inout AzureContainer, AzureTransaction) throws -> Void
  ) throws -> AzureAnswer {
    let name = try containerName(call)
    let stored = try store.transaction { transaction in
      var container = try transaction.container(name)
      try change(&container, transaction)
      container.etag = try transaction.tick()
      container.modified = transaction.now
      try transaction.put(container)
      return container
    }
    var answer = AzureAnswer(200)
    try answer.addVersion(etag: stored.etag, modified: stored.modified)
    return answer
  }

  // MARK: Who may read

  func containerAccess(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.container, "")
    let container = try store.transaction { try $0.container(try containerName(call)) }
    var answer = AzureAnswer(200)
    try answer.addVersion(etag: container.etag, modified: container.modified)
    if container.access != .none { try answer.add("x-ms-blob-public-access", container.access.rawValue) }
    guard call.method == .get else { return answer }
    var xml = AzureXML()
    xml.element("SignedIdentifiers") { xml in
      for policy in container.policies {
        xml.element("SignedIdentifier") { xml in
          xml.element("Id", policy.id)
          xml.element("AccessPolicy") { xml in
            if let start = policy.start { xml.element("Start", start) }
            if let expiry = policy.expiry { xml.element("Expiry", expiry) }
            if let permission = policy.permission { xml.element("Permission", permission) }
          }
        }
      }
    }
    try answer.body(xml)
    return answer
  }

  func setContainerAccess(_ call: AzureCall) async throws -> AzureAnswer {
    try call.grant.require(.container, "")
    let access = try publicAccess(call)
    let conditions = try AzureConditions(call)
    let body = try await smallBody(call)
    let policies = body.isEmpty ? [] : try Self.parsePolicies(body)
    return try changeContainer(call) { container, transaction in
      try conditions.checkWrite(container.version)
      try container.lease.checkRead(call["x-ms-lease-id"], "container", transaction.now)
      container.access = access
      container.policies = policies
    }
  }

  private static func parsePolicies(_ body: [UInt8]) throws(AzureFault) -> [AzurePolicy] {
    guard let root = try? XMLDocument.parse(body), root.name == "SignedIdentifiers", root.children.count <= 5 else {
      throw .invalidXML
    }
    var policies: [AzurePolicy] = []
    for element in root.children {
      guard element.name == "SignedIdentifier", let id = element.child("Id")?.string, (1...64).contains(id.utf8.count) else {
        throw .invalidXML
      }
      func value(_ name: String) -> String? { element.element(at: "AccessPolicy", name)?.string }
      for time in [value("Start"), value("Expiry")] {
        if let time, AzureAccessSignature.time(time) == nil { throw .invalidXML }
      }
      policies.append(AzurePolicy(id: id, start: value("Start"), expiry: value("Expiry"), permission: value("Permission")))
    }
    return policies
  }
}
