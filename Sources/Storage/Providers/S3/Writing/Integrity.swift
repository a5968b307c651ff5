import Crypto
import Primitives

/// What makes sure that the service received what was sent.
enum Integrity: Sendable, Hashable {
  /// A checksum header that the service compares.
  case header(HashAlgorithm)
  /// The payload's hash in the signature.
  case signature
  /// The service compares nothing: the entity tag it answers with is compared here.
  case entityTag
  case none

  /// The cheapest that works.
  /// - Parameter traits: nil where the service was not tried: MD5 is what nearly all compare.
  static func choose(_ policy: S3Configuration.ChecksumPolicy, traits: S3Traits?, signsPayloads: Bool) -> Integrity {
    switch policy {
    case .crc32c: return .header(.crc32c)
    case .crc64nvme: return .header(.crc64nvme)
    case .sha256: return .header(.sha256)
    case .md5: return .header(.md5)
    case .none: return .none
    case .auto: break
    }
    guard let traits else { return HashAlgorithm.md5.isAvailable ? .header(.md5) : .none }
    if traits.checksCRC32C { return .header(.crc32c) }
    if signsPayloads && traits.checksPayloadHash { return .signature }
    guard HashAlgorithm.md5.isAvailable else { return .none }
    return traits.checksMD5 ? .header(.md5) : .entityTag
  }

  /// What must be computed for it beside the SHA-256, which always is.
  var hashes: Set<HashAlgorithm> {
    switch self {
    case .header(let algorithm): [algorithm]
    case .entityTag: [.md5]
    case .signature, .none: []
    }
  }

  /// The header to send.
  func header(_ digests: Digests) -> (name: String, value: String)? {
    guard case .header(let algorithm) = self, let value = digests[algorithm] else { return nil }
    return (Self.headerName(algorithm), Base64.encode(value))
  }

  static func headerName(_ algorithm: HashAlgorithm) -> String {
    algorithm == .md5 ? "content-md5" : "x-amz-checksum-\(algorithm.rawValue)"
  }

  /// Whether the answer's entity tag contradicts what was sent.
  func isContradicted(by tag: [UInt8], _ digests: Digests) -> Bool {
    guard self == .entityTag, let md5 = digests[.md5], let found = ETag.md5(tag) else { return false }
    return found != md5
  }
}
