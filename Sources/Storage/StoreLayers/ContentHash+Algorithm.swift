public import Crypto
public import ObjectStorage

extension ContentHash.Method {
  /// What computes it in one pass over the content; nil for a hash of parts.
  public var algorithm: HashAlgorithm? {
    switch self {
    case .md5: .md5
    case .sha256: .sha256
    case .crc32c: .crc32c
    case .crc64nvme: .crc64nvme
    case .sha256OfParts: nil
    }
  }
}
