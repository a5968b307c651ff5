import Crypto
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import ProviderSupport

/// What the headers of a HEAD or GET answer say of an object.
struct ObjectHeaders: Sendable {
  let headers: HTTPHeaders

  init(_ headers: HTTPHeaders) { self.headers = headers }

  /// The object's version; empty if the service gives none.
  var version: ObjectVersion { ObjectVersion(ETag.unquoted(headers["etag"] ?? "")) }

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

  /// The whole content's hashes that the service kept, in the order in which they are cheap to compute.
  var checksums: [(algorithm: HashAlgorithm, value: [UInt8])] {
    if let type = headers["x-amz-checksum-type"], type != "FULL_OBJECT" { return [] }
    let known: [(String, HashAlgorithm)] = [
      ("x-amz-checksum-crc32c", .crc32c), ("x-amz-checksum-crc64nvme", .crc64nvme), ("x-amz-checksum-crc32", .crc32),
      ("x-amz-checksum-sha256", .sha256),
    ]
    return known.compactMap { name, algorithm in
      // The checksum of checksums of a multipart object ends in -N, which is not Base64.
      guard let text = headers[name], let value = Base64.decode(text), value.count == algorithm.byteCount else { return nil }
      return (algorithm, value)
    }
  }

  /// The content's MD5, where the entity tag is one: not of multipart objects, not with keys that are not the service's own.
  var md5: [UInt8]? {
    if let encryption = headers["x-amz-server-side-encryption"], encryption != "AES256" { return nil }
    if headers["x-amz-server-side-encryption-customer-algorithm"] != nil { return nil }
    return ETag.md5(version.bytes)
  }

  /// What `VerifyingSink` wants to know.
  var readHead: ReadHead {
    ReadHead(
      version: version, contentLength: contentLength, contentRange: contentRange,
      hash: checksums.first ?? md5.flatMap { HashAlgorithm.md5.isAvailable ? (.md5, $0) : nil },
      info: { [self] in info(key: $0, size: $1) })
  }

  /// The object as the answer describes it.
  func info(key: ObjectKey, size: Int64) -> ObjectInfo {
    let metadata = MetadataHeaders.metadata(from: headers.lazy.map { (name: $0.name, value: $0.value) })
    var hashes: [ContentHash] = []
    for (algorithm, value) in checksums {
      switch algorithm {
      case .crc32c: hashes.append(ContentHash(.crc32c, value))
      case .crc64nvme: hashes.append(ContentHash(.crc64nvme, value))
      case .sha256: hashes.append(ContentHash(.sha256, value))
      case .md5, .sha1, .crc32: break
      }
    }
    let md5 = md5.map { ContentHash(.md5, $0) }
    if let md5 { hashes.append(md5) }
    let storageClass = headers["x-amz-storage-class"].flatMap { StorageClass($0) }
    let entry = ObjectEntry(
      key: key, size: size, version: version, modified: metadata.modified,
      stored: headers["last-modified"].flatMap { Timestamp(rfc1123: $0) }, mode: metadata.mode, hash: md5,
      storageClass: storageClass)
    return ObjectInfo(
      entry: entry, hashes: hashes, contentType: metadata.contentType, userMetadata: metadata.user,
      headers: metadata.headers, isArchived: isArchived)
  }

  private var isArchived: Bool {
    if let restore = headers["x-amz-restore"], restore.contains("ongoing-request=\"false\"") { return false }
    if headers["x-amz-archive-status"] != nil { return true }
    let storageClass = headers["x-amz-storage-class"]
    return storageClass == "GLACIER" || storageClass == "DEEP_ARCHIVE"
  }
}
