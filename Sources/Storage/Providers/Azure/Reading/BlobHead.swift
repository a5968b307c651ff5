import Crypto
import HTTPMessages
import ObjectStorage
import Primitives
import ProviderSupport

/// What the headers of an answer say of the blob whose bytes follow.
struct BlobHead: Sendable {
  private let headers: HTTPHeaders
  /// What was asked for, for services that do not say what they give.
  private let asked: ObjectVersion?

  init(_ headers: HTTPHeaders, _ asked: ObjectVersion?) {
    self.headers = headers
    self.asked = asked
  }

  private var contentLength: Int64? { headers["content-length"].flatMap { Int64($0) }.flatMap { $0 >= 0 ? $0 : nil } }

  /// `bytes first-last/size`; nil without the header or with one that makes no sense.
  private var contentRange: (range: Range<Int64>, size: Int64)? {
    guard let text = headers["content-range"], text.hasPrefix("bytes ") else { return nil }
    let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let size = Int64(parts[1]) else { return nil }
    let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let first = Int64(ends[0]), let last = Int64(ends[1]), first >= 0, last >= first, last < size else {
      return nil
    }
    return (first..<last + 1, size)
  }

  /// Whether it stands for a folder.
  var isFolder: Bool { BlobResource(headers, size: contentRange?.size ?? contentLength ?? 0)?.isFolder ?? false }

  var readHead: ReadHead {
    let resource = BlobResource(headers, size: 0)
    let md5 = HashAlgorithm.md5.isAvailable ? resource?.contentMD5.map { (algorithm: HashAlgorithm.md5, value: $0) } : nil
    return ReadHead(
      version: resource?.version ?? asked ?? ObjectVersion([]), contentLength: contentLength, contentRange: contentRange, hash: md5,
      info: { [headers, asked] key, size in
        (BlobResource(headers, size: size) ?? BlobResource(size: size, version: asked ?? ObjectVersion([]))).info(key)
      })
  }
}
