import Crypto
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import ProviderSupport

/// What the headers of an answer say of the object whose bytes follow.
struct MediaHead: Sendable {
  private let headers: HTTPHeaders
  /// What was asked for, for services that do not say what they give.
  private let asked: ObjectVersion?

  init(_ headers: HTTPHeaders, _ asked: ObjectVersion?) {
    self.headers = headers
    self.asked = asked
  }

  var version: ObjectVersion {
    if let text = headers["x-goog-generation"], ObjectResource.isGeneration(text) { return ObjectVersion(text) }
    return asked ?? ObjectVersion([])
  }

  /// `x-goog-hash: crc32c=…,md5=…`, in one field or in several.
  func hash(_ name: String, count: Int) -> [UInt8]? {
    // Hashes are of what is stored: bytes that the service unpacked have others.
    if isUnpacked { return nil }
    for value in headers.values(of: "x-goog-hash") {
      for part in value.split(separator: ",") {
        let part = part.drop { $0 == " " }
        guard part.hasPrefix(name + "=") else { continue }
        if let bytes = Base64.decode(String(part.dropFirst(name.utf8.count + 1))), bytes.count == count { return bytes }
      }
    }
    return nil
  }

  /// Whether the bytes are not those that are stored.
  private var isUnpacked: Bool {
    headers["x-goog-stored-content-encoding"] == "gzip" && headers["content-encoding"] == nil
      || headers["warning"]?.hasPrefix("214") == true
  }

  var contentLength: Int64? { headers["content-length"].flatMap { Int64($0) }.flatMap { $0 >= 0 ? $0 : nil } }

  /// `bytes first-last/size`; nil without the header or with one that makes no sense.
  var contentRange: (range: Range<Int64>, size: Int64)? {
    guard let text = headers["content-range"], text.hasPrefix("bytes ") else { return nil }
    let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let size = Int64(parts[1]) else { return nil }
    let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let first = Int64(ends[0]), let last = Int64(ends[1]), first >= 0, last >= first, last < size else {
      return nil
    }
    return (first..<last + 1, size)
  }

  var readHead: ReadHead {
    let crc = hash("crc32c", count: 4).map { (algorithm: HashAlgorithm.crc32c, value: $0) }
    let md5 = HashAlgorithm.md5.isAvailable ? hash("md5", count: 16).map { (algorithm: HashAlgorithm.md5, value: $0) } : nil
    return ReadHead(
      version: version, contentLength: contentLength, contentRange: contentRange, hash: crc ?? md5,
      info: { [self] in info($0, $1) })
  }

  /// Custom metadata, its names in lower case, as headers are.
  private var entries: [String: String] {
    var entries: [String: String] = [:]
    let prefix = "x-goog-meta-"
    for field in headers where field.name.utf8.count > prefix.utf8.count && field.name.lowercased().hasPrefix(prefix) {
      entries[String(field.name.lowercased().dropFirst(prefix.utf8.count))] = field.value
    }
    return entries
  }

  /// Whether there is any custom metadata. Without any nobody knows whether the object has none or the service shows none.
  var showsMetadata: Bool { !entries.isEmpty }

  private func info(_ key: ObjectKey, _ size: Int64) -> ObjectInfo {
    let known = ObjectAttributes.read(entries)
    let crc = hash("crc32c", count: 4).map { ContentHash(.crc32c, $0) }
    let md5 = hash("md5", count: 16).map { ContentHash(.md5, $0) }
    let entry = ObjectEntry(
      key: key, size: size, version: version, modified: known.modified, mode: known.mode, hash: md5 ?? crc,
      storageClass: headers["x-goog-storage-class"].flatMap { StorageClass($0) })
    return ObjectInfo(
      entry: entry, hashes: [crc, md5].compactMap { $0 }, contentType: headers["content-type"], userMetadata: known.user)
  }
}
