import ObjectStorage
import Primitives
import ProviderSupport

/// How times and permissions stand in a blob's metadata:
///
/// - `mtime`: RFC 3339 with up to nine decimals, as rclone writes it, so that each reads what the other wrote (beyond the years 0 to 9999
///   decimal seconds, which rclone does not read);
/// - `isobar_mode`: permission bits in octal;
/// - `hdi_isfolder`: `true` for a folder, as Hadoop, AzCopy and rclone write it. With it an account with a hierarchical namespace makes
///   a folder.
enum BlobAttributes {
  static let mtime = "mtime"
  static let mode = "isobar_mode"
  static let folder = "hdi_isfolder"

  /// The entries for `metadata`, as the service takes them.
  /// - Throws: `InvalidMetadata` for an entry that cannot be kept.
  static func entries(for metadata: ObjectMetadata, key: ObjectKey) throws(InvalidMetadata) -> [(name: String, value: String)] {
    var entries: [(name: String, value: String)] = []
    if key.isFolder { entries.append((folder, "true")) }
    if let bits = metadata.mode {
      let text = String(bits & 0o7777, radix: 8)
      entries.append((mode, String(repeating: "0", count: max(0, 3 - text.utf8.count)) + text))
    }
    if let modified = metadata.modified { entries.append((mtime, modified.metadataText)) }
    if metadata.user.isEmpty { return entries }
    for (name, value) in metadata.user.sorted(by: { $0.key < $1.key }) {
      let encoded = MetadataNames.encode(name)
      guard !name.isEmpty, encoded.utf8.count <= 512, ![folder, mtime, mode].contains(encoded) else {
        throw InvalidMetadata(name: name)
      }
      entries.append((encoded, MetadataNames.encode(value: value)))
    }
    return entries
  }

  /// What the entries of a blob say; what cannot be read is left out.
  static func read(_ entries: [String: String]) -> ObjectMetadata {
    var metadata = ObjectMetadata(modified: modified(entries), mode: bits(entries))
    for (name, value) in entries where ![mtime, mode, folder].contains(name) {
      metadata.user[MetadataNames.decode(name)] = MetadataNames.decode(value: value)
    }
    return metadata
  }

  static func modified(_ entries: [String: String]) -> Timestamp? {
    entries[mtime].flatMap { Timestamp(metadataText: $0) }
  }

  static func bits(_ entries: [String: String]) -> UInt16? {
    entries[mode].flatMap { UInt16($0, radix: 8) }.map { $0 & 0o7777 }
  }

  /// What is said to those who fetch a blob over HTTP, by the headers that set it and the ones that give it.
  static var contentHeaders: [(set: String, given: String, path: WritableKeyPath<ContentHeaders, String?>)] {
    [
      ("x-ms-blob-content-encoding", "content-encoding", \.encoding), ("x-ms-blob-cache-control", "cache-control", \.cacheControl),
      ("x-ms-blob-content-disposition", "content-disposition", \.disposition),
      ("x-ms-blob-content-language", "content-language", \.language),
    ]
  }

  /// Whether a value arrives as it was sent, which its signature depends on: spaces at its ends would not.
  static func isHeaderValue(_ value: String) -> Bool {
    value.utf8.allSatisfy { (0x20...0x7E).contains($0) } && value.first != " " && value.last != " "
  }

  /// The headers that give a new blob its type and what is said to those who fetch it.
  static func properties(
    for metadata: ObjectMetadata, key: ObjectKey
  ) throws(InvalidMetadata) -> [(name: String, value: String)] {
    let contentType = metadata.contentType.flatMap { $0.isEmpty ? nil : $0 } ?? ContentTypes.type(for: key)
    guard isHeaderValue(contentType) else { throw InvalidMetadata(name: "content-type") }
    var headers = [(name: "x-ms-blob-content-type", value: contentType)]
    if metadata.headers.isEmpty { return headers }
    for (set, given, path) in contentHeaders {
      guard let value = metadata.headers[keyPath: path], !value.isEmpty else { continue }
      guard isHeaderValue(value) else { throw InvalidMetadata(name: given) }
      headers.append((set, value))
    }
    return headers
  }

  /// All headers of a new blob beside those of its content: type, metadata, tier.
  static func headers(
    for metadata: ObjectMetadata, key: ObjectKey, tier: StorageClass?
  ) throws(InvalidMetadata) -> [(name: String, value: String)] {
    var headers = try properties(for: metadata, key: key)
    headers += try entries(for: metadata, key: key).map { ("x-ms-meta-" + $0.name, $0.value) }
    if let tier { headers.append(("x-ms-access-tier", tier.name)) }
    return headers
  }
}

/// Metadata that cannot be kept.
struct InvalidMetadata: Error {
  /// The entry.
  let name: String
}
