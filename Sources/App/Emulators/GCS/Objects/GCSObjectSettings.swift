import Markup
import Primitives

/// What clients may set of an object.
struct GCSObjectSettings: Sendable, Equatable {
  static let classes: Set<String> = [
    "STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE", "MULTI_REGIONAL", "REGIONAL", "DURABLE_REDUCED_AVAILABILITY",
  ]
  private static let texts = [
    "contentType", "contentEncoding", "contentDisposition", "contentLanguage", "cacheControl", "customTime", "storageClass",
  ]
  private static let flags = ["temporaryHold", "eventBasedHold"]

  private(set) var members: JSONObject

  subscript(_ name: String) -> JSONValue? { members[name] }

  init(trusted members: JSONObject = JSONObject()) { self.members = members }

  /// Those of a resource that a client sent; what only the service sets is left out.
  /// - Throws: `GCSFailure` for values of the wrong kind.
  init(_ resource: JSONObject) throws(GCSFailure) {
    members = JSONObject()
    try merge(resource)
  }

  /// Changes what `patch` names, and removes what it names with null.
  /// - Throws: `GCSFailure` for values of the wrong kind.
  mutating func merge(_ patch: JSONObject) throws(GCSFailure) {
    for name in Self.texts {
      guard let value = patch[name] else { continue }
      if value.isNull {
        members.drop(name)
        continue
      }
      guard let text = value.stringValue else { throw .invalid("Invalid value for \(name): it must be a string.") }
      if name == "storageClass", !Self.classes.contains(text) { throw .invalid("Invalid argument: storage class \(text)") }
      if name == "customTime", Timestamp(iso8601: text) == nil { throw .invalid("Invalid value for customTime: \(text)") }
      if name != "storageClass", text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
        throw .invalid("Invalid value for \(name).")
      }
      if text.isEmpty { members.drop(name) } else { members[name] = value }
    }
    for name in Self.flags {
      guard let value = patch[name] else { continue }
      guard value.isNull || value.boolValue != nil else { throw .invalid("Invalid value for \(name): it must be a boolean.") }
      if value.isNull { members.drop(name) } else { members[name] = value }
    }
    if let metadata = patch["metadata"] { try merge(metadata: metadata) }
  }

  private mutating func merge(metadata: JSONValue) throws(GCSFailure) {
    if metadata.isNull {
      members.drop("metadata")
      return
    }
    guard let changes = metadata.objectValue else { throw .invalid("Invalid value for metadata: it must be an object.") }
    var entries = members["metadata"]?.objectValue ?? JSONObject()
    for change in changes.members {
      guard !change.key.isEmpty, change.value.isNull || change.value.stringValue != nil else {
        throw .invalid("Invalid value for metadata.\(change.key): it must be a string.")
      }
      if change.value.isNull { entries.drop(change.key) } else { entries[change.key] = change.value }
    }
    let size = entries.members.reduce(0) { $0 + $1.key.utf8.count + ($1.value.stringValue?.utf8.count ?? 0) }
    guard size <= 8192 else { throw .invalid("The total size of custom metadata must be at most 8 KiB; this is \(size) bytes.") }
    if entries.count == 0 { members.drop("metadata") } else { members["metadata"] = .object(entries) }
  }

  /// Says what holds where nothing was said.
  mutating func setDefault(_ name: String, _ value: String?) {
    if members[name] == nil, let value { members[name] = .string(value) }
  }

  mutating func set(_ name: String, _ value: JSONValue?) { members[name] = value }
}

extension JSONObject {
  /// Removes a member. (`= nil` may be taken for the value null.)
  mutating func drop(_ name: String) { self[name] = Optional<JSONValue>.none }
}
