/// A hash or checksum that Isobar computes and compares.
public enum HashAlgorithm: String, CaseIterable, Hashable, Sendable {
  /// RFC 1321. For S3 ETags and `Content-MD5`; no protection against a forger.
  case md5
  /// FIPS 180-4 SHA-1. No protection against a forger.
  case sha1
  /// FIPS 180-4 SHA-256.
  case sha256
  /// CRC-32 as in gzip and zip (polynomial 0x04C11DB7, reflected).
  case crc32
  /// CRC-32C (Castagnoli), as in iSCSI and S3's `x-amz-checksum-crc32c`.
  case crc32c
  /// CRC-64/NVME, as in S3's `x-amz-checksum-crc64nvme`.
  case crc64nvme

  /// The length of a digest. Checksums are given as big-endian bytes, as S3's headers carry them.
  public var byteCount: Int {
    switch self {
    case .md5: 16
    case .sha1: 20
    case .sha256: 32
    case .crc32, .crc32c: 4
    case .crc64nvme: 8
    }
  }

  /// False where the machine's OpenSSL refuses the algorithm (MD5 under a FIPS policy). Asking for such a digest traps, so a
  /// program that may run under such a policy looks here first.
  public var isAvailable: Bool { fetched.map { $0 != nil } ?? true }

  /// The fetched OpenSSL algorithm: nil for a checksum, `.some(nil)` if OpenSSL refuses it.
  var fetched: OpaquePointer?? {
    switch self {
    case .md5: .some(FetchedDigests.shared.md5)
    case .sha1: .some(FetchedDigests.shared.sha1)
    case .sha256: .some(FetchedDigests.shared.sha256)
    case .crc32, .crc32c, .crc64nvme: nil
    }
  }
}
