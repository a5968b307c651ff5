import ObjectStorage
import Primitives
import ProviderSupport

/// How an object's metadata stands in request and answer headers, in the keys and forms that rclone uses, so that each of the two
/// programs reads what the other wrote:
///
/// - `x-amz-meta-mtime`: seconds since 1970 as a decimal number with up to nine decimals, `1700000000.123456789`;
/// - `x-amz-meta-mode`: file type and permission bits in octal, `100644` (rclone writes it with `--metadata`).
enum MetadataHeaders {
  static let prefix = "x-amz-meta-"
  static let mtime = "mtime"
  static let mode = "mode"
  private static let fileType: UInt32 = 0o100000
  private static let folderType: UInt32 = 0o040000

  /// The headers for `metadata`; `Content-Type` is chosen by the key's extension where none is given.
  /// - Throws: `InvalidMetadata` for a name or value that no header can carry.
  static func headers(for metadata: ObjectMetadata, key: ObjectKey) throws(InvalidMetadata) -> [(name: String, value: String)] {
    var headers: [(name: String, value: String)] = []
    headers.reserveCapacity(3 + metadata.user.count)
    let contentType = metadata.contentType ?? ContentTypes.type(for: key)
    guard isHeaderValue(contentType) else { throw InvalidMetadata(name: "content-type") }
    headers.append(("content-type", contentType))
    for (name, path) in contentHeaders {
      guard let value = metadata.headers[keyPath: path] else { continue }
      guard isHeaderValue(value) else { throw InvalidMetadata(name: name) }
      headers.append((name, value))
    }
    if let modified = metadata.modified { headers.append(("x-amz-meta-mtime", modified.decimalSeconds)) }
    if let mode = metadata.mode {
      let type = key.isFolder ? folderType : fileType
      headers.append(("x-amz-meta-mode", String(type | UInt32(mode & 0o7777), radix: 8)))
    }
    if !metadata.user.isEmpty {
      for (name, value) in metadata.user.sorted(by: { $0.key < $1.key }) {
        guard isUserName(name), name != mtime, name != self.mode else { throw InvalidMetadata(name: name) }
        headers.append((prefix + name, try EncodedWord.encode(value, name: name)))
      }
    }
    return headers
  }

  /// What the headers of an answer say. Names come back in any case; what cannot be read is left out.
  static func metadata(from headers: some Sequence<(name: String, value: String)>) -> ObjectMetadata {
    var metadata = ObjectMetadata()
    for (name, value) in headers {
      let name = CanonicalText.lowercased(name)
      if name == "content-type" {
        metadata.contentType = value
        continue
      }
      if let (_, path) = contentHeaders.first(where: { $0.name == name }) {
        // `aws-chunked` says how somebody sent it, not what it is. What could not be sent again is left out.
        if isHeaderValue(value), value != "aws-chunked", !value.isEmpty { metadata.headers[keyPath: path] = value }
        continue
      }
      guard name.utf8.starts(with: prefix.utf8) else { continue }
      let key = String(name.dropFirst(prefix.count))
      switch key {
      case mtime: metadata.modified = Timestamp(decimalSeconds: value)
      case mode: metadata.mode = UInt32(value, radix: 8).map { UInt16($0 & 0o7777) }
      default: metadata.user[key] = EncodedWord.decode(value)
      }
    }
    return metadata
  }

  private static var contentHeaders: [(name: String, path: WritableKeyPath<ContentHeaders, String?>)] {
    [
      ("content-encoding", \.encoding), ("cache-control", \.cacheControl), ("content-disposition", \.disposition),
      ("content-language", \.language),
    ]
  }

  private static func isUserName(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F || $0 == 0x2E }
  }

  private static func isHeaderValue(_ value: String) -> Bool { value.utf8.allSatisfy { (0x20...0x7E).contains($0) } }
}

/// Metadata that a header cannot carry.
struct InvalidMetadata: Error {
  /// The entry.
  let name: String
}

/// Text in a header beyond ASCII: RFC 2047's encoded words, which is how S3 gives such values back.
enum EncodedWord {
  /// `value` itself if it is printable ASCII that does not look encoded, else as `=?UTF-8?B?…?=`.
  static func encode(_ value: String, name: String) throws(InvalidMetadata) -> String {
    guard !value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { throw InvalidMetadata(name: name) }
    let isPlain = value.utf8.allSatisfy { $0 < 0x7F } && !value.hasPrefix("=?")
    let hasOuterSpace = value.utf8.first == 0x20 || value.utf8.last == 0x20
    if isPlain && !hasOuterSpace { return value }
    return "=?UTF-8?B?" + Base64.encode(value.utf8) + "?="
  }

  /// The text of `value`; itself if it is not one or several encoded words in UTF-8.
  static func decode(_ value: String) -> String {
    guard value.hasPrefix("=?") else { return value }
    var bytes: [UInt8] = []
    for word in value.split(separator: " ", omittingEmptySubsequences: true) {
      let fields = word.split(separator: "?", omittingEmptySubsequences: false)
      guard fields.count == 5, fields[0] == "=", fields[4] == "=", fields[1].lowercased() == "utf-8" else { return value }
      switch fields[2] {
      case "B", "b":
        guard let decoded = Base64.decode(String(fields[3])) else { return value }
        bytes += decoded
      case "Q", "q":
        let text = fields[3].utf8.map { $0 == 0x5F ? 0x20 : $0 == 0x3D ? 0x25 : $0 }
        guard let decoded = PercentEncoding.decode(text) else { return value }
        bytes += decoded
      default: return value
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
