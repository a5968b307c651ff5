import Markup
import ObjectStorage
import Primitives
import ProviderSupport

/// How times and permissions stand in an object's metadata, in the keys and forms of the programs that were there before, so that each
/// reads what the other wrote:
///
/// - `mtime`: RFC 3339 with up to nine decimals, as rclone writes it (beyond the years 0 to 9999 decimal seconds);
/// - `goog-reserved-file-mtime`: whole seconds since 1970, as gsutil, gcloud and rclone write it;
/// - `goog-reserved-posix-mode`: permission bits in octal, as gsutil and gcloud write them.
enum ObjectAttributes {
  static let mtime = "mtime"
  static let seconds = "goog-reserved-file-mtime"
  static let mode = "goog-reserved-posix-mode"

  /// The entries for `metadata`.
  /// - Throws: `InvalidMetadata` for an entry that cannot be kept.
  static func entries(for metadata: ObjectMetadata) throws(InvalidMetadata) -> [(name: String, value: String)] {
    var entries: [(name: String, value: String)] = []
    if let modified = metadata.modified {
      entries.append((mtime, modified.metadataText))
      entries.append((seconds, String(modified.seconds)))
    }
    if let bits = metadata.mode {
      let text = String(bits & 0o7777, radix: 8)
      entries.append((mode, String(repeating: "0", count: max(0, 3 - text.utf8.count)) + text))
    }
    for (name, value) in metadata.user.sorted(by: { $0.key < $1.key }) {
      let isPossible =
        !name.isEmpty && name.utf8.count <= 1024 && !(name + value).utf8.contains { $0 < 0x20 || $0 == 0x7F }
        && ![mtime, seconds, mode].contains(name)
      guard isPossible else { throw InvalidMetadata(name: name) }
      entries.append((name, value))
    }
    return entries
  }

  /// What the entries of an object say; what cannot be read is left out.
  static func read(_ entries: [String: String]) -> ObjectMetadata {
    var metadata = ObjectMetadata(user: entries)
    metadata.modified =
      entries[mtime].flatMap { Timestamp(metadataText: $0) }
      ?? entries[seconds].flatMap { Int64($0) }.map { Timestamp(seconds: $0) }
    metadata.mode = entries[mode].flatMap { UInt16($0, radix: 8) }.map { $0 & 0o7777 }
    metadata.user[mtime] = nil
    metadata.user[seconds] = nil
    metadata.user[mode] = nil
    return metadata
  }

  /// What is said to those who fetch an object over HTTP, by the names of the API.
  static var contentHeaders: [(name: String, path: WritableKeyPath<ContentHeaders, String?>)] {
    [
      ("contentEncoding", \.encoding), ("cacheControl", \.cacheControl), ("contentDisposition", \.disposition),
      ("contentLanguage", \.language),
    ]
  }

  static func isHeaderValue(_ value: String) -> Bool { value.utf8.allSatisfy { (0x20...0x7E).contains($0) } }

  /// The resource of a new object beside its name: type, class, metadata.
  static func resource(
    for metadata: ObjectMetadata, key: ObjectKey, storageClass: StorageClass?
  ) throws(InvalidMetadata) -> [JSONObject.Member] {
    let contentType = metadata.contentType ?? ContentTypes.type(for: key)
    guard isHeaderValue(contentType) else { throw InvalidMetadata(name: "content-type") }
    var members = [JSONObject.Member("contentType", .string(contentType))]
    for (name, path) in contentHeaders {
      guard let value = metadata.headers[keyPath: path] else { continue }
      guard isHeaderValue(value) else { throw InvalidMetadata(name: name) }
      members.append(.init(name, .string(value)))
    }
    let entries = try entries(for: metadata)
    if !entries.isEmpty {
      members.append(.init("metadata", .object(JSONObject(entries.map { .init($0.name, .string($0.value)) }))))
    }
    if let storageClass { members.append(.init("storageClass", .string(storageClass.name))) }
    return members
  }
}

/// Metadata that cannot be kept.
struct InvalidMetadata: Error {
  /// The entry.
  let name: String
}
