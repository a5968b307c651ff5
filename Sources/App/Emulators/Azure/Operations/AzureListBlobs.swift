import HTTPMessages
import HTTPServer
import Markup
import Primitives

/// "List Blobs".
extension AzureOperations {
  private enum Entry {
    case blob(AzureBlob)
    case prefix([UInt8])
  }

  func listBlobs(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.container, "l")
    guard let container = call.address.container else { throw AzureFault.invalidURI }
    let prefix = Array((call.query["prefix"] ?? "").utf8)
    let delimiter = Array((call.query["delimiter"] ?? "").utf8)
    let count = try call.maxResults()
    let included = call.included
    let known: Set<String> = [
      "snapshots", "metadata", "uncommittedblobs", "copy", "deleted", "tags", "versions", "deletedwithversions",
      "immutabilitypolicy",
      "legalhold", "permissions",
    ]
    if let foreign = included.first(where: { !known.contains($0) }) {
      throw AzureFault.invalidQuery("include", foreign, "Not something that can be included.")
    }
    if included.contains("snapshots"), !delimiter.isEmpty {
      throw AzureFault.invalidQuery("include", "snapshots", "Snapshots are listed without a delimiter only.")
    }
    if included.contains("tags") { try call.grant.require(.container, "l") }
    var from = try marker(call)
    if from == nil, let start = call.query["startfrom"], !start.isEmpty {
      from = AzureBlobKey.prefix(container) + Array(start.utf8)
    }
    let start = from
    let (entries, next) = try store.transaction { transaction -> ([Entry], [UInt8]?) in
      _ = try transaction.container(container)
      return try page(
        container, prefix: prefix, delimiter: delimiter, from: start, limit: count,
        withSnapshots: included.contains("snapshots"), withUncommitted: included.contains("uncommittedblobs"), transaction)
    }
    var xml = AzureXML()
    xml.element("EnumerationResults", [("ServiceEndpoint", endpoint(call)), ("ContainerName", container)]) { xml in
      if !prefix.isEmpty { xml.name("Prefix", prefix) }
      if let marker = call.query["marker"], !marker.isEmpty { xml.element("Marker", marker) }
      if call.query["maxresults"] != nil { xml.element("MaxResults", String(count)) }
      if !delimiter.isEmpty { xml.name("Delimiter", delimiter) }
      xml.element("Blobs") { xml in
        for entry in entries {
          switch entry {
          case .prefix(let name): xml.element("BlobPrefix") { $0.name("Name", name) }
          case .blob(let blob): Self.write(blob, included, call.now, &xml)
          }
        }
      }
      xml.element("NextMarker", next.map { Self.marker($0) })
    }
    var answer = AzureAnswer(200)
    try answer.body(xml)
    return answer
  }

  /// What a page has, and the key that the next one begins with.
  private func page(
    _ container: String, prefix: [UInt8], delimiter: [UInt8], from start: [UInt8]?, limit: Int, withSnapshots: Bool,
    withUncommitted: Bool, _ transaction: AzureTransaction
  ) throws -> (entries: [Entry], next: [UInt8]?) {
    var entries: [Entry] = []
    var from = start
    while true {
      let rows = try transaction.blobs(container, prefix: prefix, from: from, limit: min(limit - entries.count + 1, 1001))
      guard let last = rows.last else { return (entries, nil) }
      from = last.key + [0]
      for (key, json) in rows {
        // A prefix with a zero byte is found in keys, and in no name.
        guard let (name, isSnapshot) = AzureBlobKey.parse(key, container: container), name.starts(with: prefix) else { continue }
        if isSnapshot && !withSnapshots { continue }
        if json["uncommitted"]?.boolValue == true {
          guard withUncommitted, try transaction.anyBlob(AzureBlobKey(container, name)) != nil else { continue }
        }
        if entries.count == limit { return (entries, key) }
        if let end = Self.end(ofPrefixOf: name, after: prefix.count, delimiter) {
          let common = Array(name[..<end])
          entries.append(.prefix(common))
          // Whatever else begins so is in this entry.
          from = EmulatorTable.successor(ofPrefix: AzureBlobKey.prefix(container) + common)
          break
        }
        entries.append(.blob(try transaction.listed(key, name: name, json, container: container)))
      }
    }
  }

  private static func end(ofPrefixOf name: [UInt8], after start: Int, _ delimiter: [UInt8]) -> Int? {
    guard !delimiter.isEmpty else { return nil }
    return name[start...].firstRange(of: delimiter)?.upperBound
  }

  private static func write(_ blob: AzureBlob, _ included: Set<String>, _ now: Timestamp, _ xml: inout AzureXML) {
    xml.element("Blob") { xml in
      xml.name("Name", blob.name)
      if let snapshot = blob.snapshot { xml.element("Snapshot", snapshot) }
      xml.element("Properties") { xml in
        if blob.isUncommitted {
          xml.element("Content-Length", "0")
          xml.element("BlobType", blob.kind.rawValue)
        } else {
          writeProperties(blob, included, now, &xml)
        }
      }
      if included.contains("metadata"), !blob.isUncommitted {
        xml.element("Metadata") { xml in
          for field in blob.metadata { xml.element(field.name, field.value) }
        }
      }
      if included.contains("tags"), !blob.tags.isEmpty { writeTags(blob.tags, &xml) }
      xml.element("OrMetadata", "")
    }
  }

  static func writeTags(_ tags: [AzureField], _ xml: inout AzureXML) {
    xml.element("Tags") { xml in
      xml.element("TagSet") { xml in
        for tag in tags {
          xml.element("Tag") { xml in
            xml.element("Key", tag.name)
            xml.element("Value", tag.value)
          }
        }
      }
    }
  }

  private static func writeProperties(_ blob: AzureBlob, _ included: Set<String>, _ now: Timestamp, _ xml: inout AzureXML) {
    xml.element("Creation-Time", blob.created.rfc1123)
    xml.element("Last-Modified", blob.modified.rfc1123)
    xml.element("Etag", AzureTicks.etag(blob.etag))
    xml.element("Content-Length", String(blob.size))
    xml.element("Content-Type", blob.settings.contentType)
    xml.element("Content-Encoding", blob.settings.contentEncoding)
    xml.element("Content-Language", blob.settings.contentLanguage)
    xml.element("Content-CRC64", "")
    xml.element("Content-MD5", blob.settings.contentMD5)
    xml.element("Cache-Control", blob.settings.cacheControl)
    xml.element("Content-Disposition", blob.settings.contentDisposition)
    if blob.kind == .page { xml.element("x-ms-blob-sequence-number", String(blob.sequence)) }
    xml.element("BlobType", blob.kind.rawValue)
    if blob.kind == .block {
      xml.element("AccessTier", (blob.tier ?? .hot).rawValue)
      if blob.tier == nil { xml.element("AccessTierInferred", "true") }
      if let changed = blob.tierChanged { xml.element("AccessTierChangeTime", changed.rfc1123) }
      if let rehydration = blob.rehydration {
        xml.element("ArchiveStatus", "rehydrate-pending-to-\(rehydration.tier.rawValue.lowercased())")
        xml.element("RehydratePriority", rehydration.priority)
      }
    }
    if blob.snapshot == nil {
      xml.element("LeaseStatus", blob.lease.isLocked(now) ? "locked" : "unlocked")
      xml.element("LeaseState", blob.lease.state(now).rawValue)
      if let duration = blob.lease.durationText(now) { xml.element("LeaseDuration", duration) }
    }
    if included.contains("copy"), let copy = blob.copy {
      xml.element("CopyId", copy.id)
      xml.element("CopyStatus", copy.status.rawValue)
      xml.element("CopySource", copy.source)
      xml.element("CopyProgress", "\(copy.status == .success ? copy.size : 0)/\(copy.size)")
      if let completed = copy.completed { xml.element("CopyCompletionTime", completed.rfc1123) }
    }
    if blob.isSealed { xml.element("Sealed", "true") }
    xml.element("ServerEncrypted", "true")
    if !blob.tags.isEmpty { xml.element("TagCount", String(blob.tags.count)) }
  }

  // MARK: Where listings go on

  /// What a page says of where the next one begins. It tells nothing to a client.
  static func marker(_ key: [UInt8]) -> String {
    let text = Base64.encode(key)
    return "2!\(text.utf8.count)!\(text)"
  }

  /// Where a listing is to begin; nil at the beginning.
  func marker(_ call: AzureCall) throws(AzureFault) -> [UInt8]? {
    guard let text = call.query["marker"], !text.isEmpty else { return nil }
    let parts = text.split(separator: "!", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "2", Int(parts[1]) == parts[2].utf8.count, let key = Base64.decode(String(parts[2])) else {
      throw .invalidQuery("marker", text, "Not a marker of this service.")
    }
    return key
  }

  /// The account's address as the client spells it.
  func endpoint(_ call: AzureCall) -> String {
    let host = call.request.headers["host"] ?? "localhost"
    if AzureAddress.isHostStyle(host, gate.behaviour.account) { return "https://\(host)/" }
    let scheme = call.request.headers["x-forwarded-proto"]?.lowercased() == "https" ? "https" : "http"
    return "\(scheme)://\(host)/\(gate.behaviour.account)/"
  }
}
