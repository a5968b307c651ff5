import HTTPClient
public import HTTPMessages
public import ObjectStorage

/// Where a bucket is, and how Isobar uses it.
public struct S3Configuration: Sendable {
  /// How the bucket is named in a request.
  public enum Addressing: String, Sendable, CaseIterable {
    /// In the host name where it can be: at AWS, unless the name has dots. In the path everywhere else.
    case auto
    /// `https://endpoint/bucket/key`.
    case path
    /// `https://bucket.endpoint/key`.
    case virtualHost
  }

  /// Encryption at rest that the service is asked for; it has the keys.
  public enum Encryption: Sendable, Hashable {
    /// Whatever the bucket does by itself.
    case none
    /// SSE-S3.
    case s3
    /// SSE-KMS with a key's id or ARN; nil for the account's default key.
    case kms(keyID: String?)
  }

  /// What proves to the service that it received what was sent.
  public enum ChecksumPolicy: String, Sendable, CaseIterable {
    /// The cheapest one that the endpoint is seen to check.
    case auto
    case crc32c
    case crc64nvme
    case sha256
    /// `Content-MD5`.
    case md5
    /// None beyond what the signature covers.
    case none
  }

  /// An access rule that is put on each written object.
  public enum CannedACL: String, Sendable, CaseIterable {
    case isPrivate = "private"
    case publicRead = "public-read"
    case publicReadWrite = "public-read-write"
    case authenticatedRead = "authenticated-read"
    case bucketOwnerRead = "bucket-owner-read"
    case bucketOwnerFullControl = "bucket-owner-full-control"
  }

  /// Variants of AWS's own host names.
  public struct AWSOptions: Sendable, Hashable {
    /// The hosts that are reachable over IPv6 as well.
    public var dualStack: Bool
    /// The hosts with validated cryptography.
    public var fips: Bool

    /// Options; by default the plain hosts.
    public init(dualStack: Bool = false, fips: Bool = false) {
      self.dualStack = dualStack
      self.fips = fips
    }
  }

  /// The service's address; nil for AWS in `region`.
  public var endpoint: HTTPEndpoint?
  /// See `AWSOptions`; only with `endpoint` nil.
  public var aws: AWSOptions
  /// The region to sign for; nil to begin with `us-east-1` and to learn the bucket's own from the first answer.
  public var region: String?
  /// The bucket.
  public var bucket: BucketName
  /// What all keys of this store begin with: empty, or bytes that end in `/`.
  public private(set) var prefix: [UInt8]
  /// See `Addressing`.
  public var addressing: Addressing
  /// For writes that name none; nil for the bucket's default.
  public var storageClass: StorageClass?
  /// See `Encryption`.
  public var encryption: Encryption
  /// nil sends none, and objects are private.
  public var cannedACL: CannedACL?
  /// Whether requests say that their maker pays.
  public var requesterPays: Bool
  /// See `ChecksumPolicy`.
  public var checksum: ChecksumPolicy
  /// Size of a part of a large upload, in bytes; grows by itself where 10,000 parts would not do. At least 5 MiB.
  public var partSize: Int64
  /// Objects above this many bytes are written in parts.
  public var multipartThreshold: Int64
  /// Parts of one object under way at once.
  public var uploadConcurrency: Int
  /// Payload bytes held in memory at once, in all.
  public var uploadMemory: Int
  /// Whether requests carry no signature: for public buckets.
  public var anonymous: Bool

  /// A bucket at AWS, or at `endpoint`.
  /// - Parameter prefix: a folder in the bucket, with or without slashes at its ends.
  public init(
    bucket: BucketName, prefix: String = "", endpoint: HTTPEndpoint? = nil, region: String? = nil, addressing: Addressing = .auto
  ) {
    self.bucket = bucket
    self.endpoint = endpoint
    self.region = region
    self.addressing = addressing
    aws = AWSOptions()
    var bytes = Array(prefix.utf8)[...]
    while bytes.first == 0x2F { bytes.removeFirst() }
    while bytes.last == 0x2F { bytes.removeLast() }
    self.prefix = bytes.isEmpty ? [] : Array(bytes) + [0x2F]
    storageClass = nil
    encryption = .none
    cannedACL = nil
    requesterPays = false
    checksum = .auto
    partSize = 16 << 20
    multipartThreshold = 16 << 20
    uploadConcurrency = 4
    uploadMemory = 32 << 20
    anonymous = false
  }

  /// Goes into a folder below the prefix, named by bytes with or without slashes at their ends.
  public mutating func enter(_ folder: [UInt8]) {
    var bytes = folder[...]
    while bytes.first == 0x2F { bytes.removeFirst() }
    while bytes.last == 0x2F { bytes.removeLast() }
    if !bytes.isEmpty { prefix += Array(bytes) + [0x2F] }
  }

  /// The limits of S3 itself.
  enum Limits {
    static let partCount: Int64 = 10_000
    static let smallestPart: Int64 = 5 << 20
    static let largestPart: Int64 = 5 << 30
    static let largestObject: Int64 = 5 << 40
    static let largestCopy: Int64 = 5 << 30
    static let keyLength = 1024
    static let deleteBatch = 1000
  }
}
