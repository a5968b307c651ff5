import Markup
import ObjectStorage
import Primitives

/// Objects as JSON.
enum EntryJSON {
  /// One line of a listing. Members that the listing does not know are left out.
  static func members(_ key: ObjectKey, _ entry: ObjectEntry?) -> [JSONObject.Member] {
    var members = PathJSON.members(key.bytes)
    members.append(.init("type", .string(key.isFolder ? "folder" : "file")))
    guard let entry else { return members }
    if !key.isFolder { members.append(.init("size", .integer(entry.size))) }
    if let time = entry.modified { members.append(.init("modified", .string(time.iso8601))) }
    if let time = entry.stored { members.append(.init("stored", .string(time.iso8601))) }
    if let mode = entry.mode { members.append(.init("mode", .string(octal(mode)))) }
    if let hash = entry.hash { members.append(.init("hash", hashes([hash]))) }
    if let storageClass = entry.storageClass { members.append(.init("storageClass", .string(storageClass.name))) }
    return members
  }

  /// An object with all that is known of it.
  static func info(_ info: ObjectInfo) -> JSONValue {
    var members = members(info.entry.key, info.entry).filter { $0.key != "hash" }
    members.append(.init("version", .string(DisplayText.escape(info.entry.version.bytes))))
    members.append(.init("hashes", hashes(info.hashes + (info.entry.hash.map { [$0] } ?? []))))
    if let type = info.contentType { members.append(.init("contentType", .string(type))) }
    let user = info.userMetadata.sorted { $0.key < $1.key }
    members.append(.init("metadata", .object(JSONObject(user.map { .init($0.key, .string($0.value)) }))))
    members.append(.init("archived", .bool(info.isArchived)))
    return .object(JSONObject(members))
  }

  /// What could not be looked at.
  static func problem(_ problem: ListProblem) -> JSONValue {
    var members = problem.key.map { PathJSON.members($0.bytes) } ?? []
    members.append(.init("reason", .string(problem.words)))
    return .object(JSONObject(members))
  }

  private static func hashes(_ hashes: [ContentHash]) -> JSONValue {
    var members: [JSONObject.Member] = []
    for hash in hashes where !members.contains(where: { $0.key == hash.method.label }) {
      members.append(.init(hash.method.label, .string(Hex.encode(hash.bytes))))
    }
    return .object(JSONObject(members))
  }

  /// Permission bits as `chmod` takes them.
  static func octal(_ mode: UInt16) -> String {
    let text = String(mode, radix: 8)
    return String(repeating: "0", count: max(0, 4 - text.count)) + text
  }
}

extension ContentHash.Method {
  /// The bounded label.
  var label: String {
    switch self {
    case .md5: "md5"
    case .sha256: "sha256"
    case .crc32c: "crc32c"
    case .crc64nvme: "crc64nvme"
    case .sha256OfParts: "sha256OfParts"
    }
  }
}

extension ListProblem {
  /// Why nothing can be said, for people.
  var words: String {
    switch reason {
    case .notAFile(let what): what
    case .unreadable(let error): error.message
    case .invalidName(let error): "\(error)"
    }
  }
}
