/// What an endpoint was seen to do with the parts of the protocol that S3-compatible services treat differently.
struct S3Traits: Sendable, Hashable {
  /// How a condition that names an entity tag must be spelled to be obeyed.
  enum TagCondition: String, Sendable {
    /// It is taken and ignored, or refused as unknown.
    case none
    /// Compared with the tag in quotes, as HTTP has it.
    case quoted
    /// Compared with the bare tag.
    case unquoted

    /// The header's value, or nil where the condition must not be sent.
    func headerValue(_ tag: [UInt8]) -> String? {
      let text = String(decoding: tag, as: UTF8.self)
      return switch self {
      case .none: nil
      case .quoted: "\"\(text)\""
      case .unquoted: text
      }
    }
  }

  /// `If-None-Match: *` on PutObject is enforced.
  var putIfAbsent = false
  /// Of several PutObject with `If-None-Match: *` at the same moment only one succeeds.
  var putIfAbsentIsAtomic = false
  /// `If-Match` on PutObject.
  var putIfMatch = TagCondition.none
  /// `If-None-Match: *` on CompleteMultipartUpload is enforced.
  var completeIfAbsent = false
  /// `If-Match` on CompleteMultipartUpload.
  var completeIfMatch = TagCondition.none
  /// `If-Match` on DeleteObject.
  var deleteIfMatch = TagCondition.none
  /// `x-amz-copy-source-if-match` on CopyObject.
  var copySourceIfMatch = TagCondition.none
  /// A wrong `x-amz-checksum-crc32c` is refused.
  var checksCRC32C = false
  /// A wrong `Content-MD5` is refused.
  var checksMD5 = false
  /// A wrong payload hash in the signature is refused.
  var checksPayloadHash = false
  /// CopyObject keeps the source's metadata.
  var copyKeepsMetadata = false
  /// UploadPartCopy works.
  var partCopy = false
  /// CompleteMultipartUpload answers with the entity tag that listings show.
  var completeTagIsFinal = false
  /// A full-object CRC-32C is kept for uploads in parts.
  var keepsPartChecksums = false
  /// An object without bytes whose name ends in a slash is kept and listed.
  var keepsFolders = true
  /// What a PUT says of mtime, mode and the user's entries comes back.
  var keepsMetadata = true

  /// The same service as if it did not know CRC-32C.
  var withoutCRC32C: S3Traits {
    var traits = self
    traits.checksCRC32C = false
    return traits
  }

  /// A service nothing is known of: nothing is relied on.
  static let unknown = S3Traits()

  /// A service that could not be tried: nothing is relied on, and a checksum sent that most compare.
  static let modest = S3Traits(checksMD5: true)

  /// AWS, by its documentation.
  static let aws = S3Traits(
    putIfAbsent: true, putIfAbsentIsAtomic: true, putIfMatch: .quoted, completeIfAbsent: true, completeIfMatch: .quoted,
    deleteIfMatch: .none,
    copySourceIfMatch: .quoted, checksCRC32C: true, checksMD5: true,
    checksPayloadHash: true, copyKeepsMetadata: true, partCopy: true, completeTagIsFinal: true,
    keepsPartChecksums: true)
}
