import Markup
import Primitives

/// A blob, or a snapshot of one, without its content.
struct AzureBlob {
  var name: [UInt8]
  var snapshot: String?
  var kind: AzureBlobKind
  /// Whether there are blocks only, which nobody has made a blob of yet: it then exists for nobody but those who ask for blocks.
  var isUncommitted = false
  var size: Int64 = 0
  var created: Timestamp
  var modified: Timestamp
  var etag: Int64 = 0
  var settings = AzureSettings()
  var metadata: [AzureField] = []
  var tags: [AzureField] = []
  /// nil: the account's (hot), or one that the type does not have.
  var tier: AzureTier?
  var tierChanged: Timestamp?
  var rehydration: AzureRehydration?
  var lease = AzureLease()
  var copy: AzureCopy?
  /// How long the identifiers of its blocks are, in bytes; nil without blocks.
  var blockIDLength: Int64?
  var sequence: Int64 = 0
  var appends: Int64 = 0
  var isSealed = false

  var version: (etag: Int64, modified: Timestamp) { (etag, modified) }
}

enum AzureBlobKind: String {
  case block = "BlockBlob"
  case append = "AppendBlob"
  case page = "PageBlob"
}

enum AzureTier: String {
  case hot = "Hot"
  case cool = "Cool"
  case cold = "Cold"
  case archive = "Archive"
}

/// A blob on its way out of the archive.
struct AzureRehydration: Hashable {
  var tier: AzureTier
  var priority: String
  var readyAt: Timestamp
}

/// What a blob's readers are told about its content.
struct AzureSettings: Hashable {
  var contentType: String? = "application/octet-stream"
  var contentEncoding: String?
  var contentLanguage: String?
  var contentDisposition: String?
  var cacheControl: String?
  /// In Base64.
  var contentMD5: String?
}

/// The last copy to a blob.
struct AzureCopy: Hashable {
  enum Status: String {
    case success, pending, aborted
  }
  var id: String
  var source: String
  var status: Status
  var size: Int64
  var completed: Timestamp?
  /// When a pending one will be done.
  var dueAt: Timestamp?
}

extension AzureBlob {
  init(name: [UInt8], _ json: JSONValue) throws {
    guard let kind = json["kind"]?.stringValue.flatMap(AzureBlobKind.init), let created = AzureCoding.time(json["created"]),
      let modified = AzureCoding.time(json["modified"]), let size = json["size"]?.integerValue
    else { throw AzureCoding.Damaged(description: "a blob's row is damaged") }
    self.init(name: name, kind: kind, created: created, modified: modified)
    self.size = size
    snapshot = json["snapshot"]?.stringValue
    isUncommitted = json["uncommitted"]?.boolValue ?? false
    etag = json["etag"]?.integerValue ?? 0
    settings = AzureSettings(
      contentType: json["type"]?.stringValue, contentEncoding: json["encoding"]?.stringValue,
      contentLanguage: json["language"]?.stringValue, contentDisposition: json["disposition"]?.stringValue,
      cacheControl: json["cache"]?.stringValue, contentMD5: json["md5"]?.stringValue)
    metadata = AzureCoding.fields(json["metadata"])
    tags = AzureCoding.fields(json["tags"])
    tier = json["tier"]?.stringValue.flatMap(AzureTier.init)
    tierChanged = AzureCoding.time(json["tierChanged"])
    if let tier = json["rehydration"]?["tier"]?.stringValue.flatMap(AzureTier.init),
      let readyAt = AzureCoding.time(json["rehydration"]?["ready"])
    {
      rehydration = AzureRehydration(
        tier: tier, priority: json["rehydration"]?["priority"]?.stringValue ?? "Standard", readyAt: readyAt)
    }
    lease = AzureLease(json["lease"])
    copy = AzureCopy(json["copy"])
    blockIDLength = json["idLength"]?.integerValue
    sequence = json["sequence"]?.integerValue ?? 0
    appends = json["appends"]?.integerValue ?? 0
    isSealed = json["sealed"]?.boolValue ?? false
  }

  var json: JSONValue {
    var object: JSONObject = [
      "kind": .string(kind.rawValue), "created": AzureCoding.time(created), "modified": AzureCoding.time(modified),
      "size": .integer(size), "etag": .integer(etag),
    ]
    object.set("snapshot", AzureCoding.text(snapshot))
    object.set("uncommitted", .bool(isUncommitted))
    object.set("type", AzureCoding.text(settings.contentType))
    object.set("encoding", AzureCoding.text(settings.contentEncoding))
    object.set("language", AzureCoding.text(settings.contentLanguage))
    object.set("disposition", AzureCoding.text(settings.contentDisposition))
    object.set("cache", AzureCoding.text(settings.cacheControl))
    object.set("md5", AzureCoding.text(settings.contentMD5))
    object.set("metadata", AzureCoding.fields(metadata))
    object.set("tags", AzureCoding.fields(tags))
    object.set("tier", AzureCoding.text(tier?.rawValue))
    object.set("tierChanged", AzureCoding.time(tierChanged))
    if let rehydration {
      object["rehydration"] = [
        "tier": .string(rehydration.tier.rawValue), "priority": .string(rehydration.priority),
        "ready": AzureCoding.time(rehydration.readyAt),
      ]
    }
    object.set("lease", lease.json)
    object.set("copy", copy?.json ?? .null)
    if let blockIDLength { object["idLength"] = .integer(blockIDLength) }
    if sequence != 0 { object["sequence"] = .integer(sequence) }
    if appends != 0 { object["appends"] = .integer(appends) }
    object.set("sealed", .bool(isSealed))
    return .object(object)
  }
}

extension AzureCopy {
  init?(_ json: JSONValue?) {
    guard let json, let id = json["id"]?.stringValue, let source = json["source"]?.stringValue,
      let status = json["status"]?.stringValue.flatMap(Status.init), let size = json["size"]?.integerValue
    else { return nil }
    self.init(
      id: id, source: source, status: status, size: size, completed: AzureCoding.time(json["completed"]),
      dueAt: AzureCoding.time(json["due"]))
  }

  var json: JSONValue {
    var object: JSONObject = [
      "id": .string(id), "source": .string(source), "status": .string(status.rawValue), "size": .integer(size),
    ]
    object.set("completed", AzureCoding.time(completed))
    object.set("due", AzureCoding.time(dueAt))
    return .object(object)
  }
}
