import HTTPClient
public import HTTPMessages
public import ObjectStorage

/// Where a bucket is, and how Isobar uses it.
public struct GCSConfiguration: Sendable {
  /// The service's address.
  public var endpoint: HTTPEndpoint
  /// The bucket.
  public var bucket: GCSBucketName
  /// What all keys of this store begin with: empty, or bytes that end in `/`.
  public private(set) var prefix: [UInt8]
  /// The project that a new bucket belongs to.
  public var project: String?
  /// Where a new bucket lies: `EU`, `europe-west3`; nil for the service's default.
  public var location: String?
  /// For writes that name none, and for a new bucket; nil for the bucket's default.
  public var storageClass: StorageClass?
  /// The project that pays for requests to a bucket whose requesters pay.
  public var userProject: String?
  /// Whether requests carry no token: for public buckets and for emulators.
  public var anonymous: Bool
  /// Bytes of one request of a large upload; rounded up to 256 KiB.
  public var chunkSize: Int64
  /// Objects above this many bytes are sent chunk by chunk, and go on in the middle after a break.
  public var resumableThreshold: Int64
  /// Objects above this many bytes are sent as several at once, which the service then joins; nil for never.
  public var parallelThreshold: Int64?
  /// How many of them are under way at once.
  public var uploadConcurrency: Int
  /// Payload bytes held in memory at once, in all; a large upload may keep one piece of memory beside them for its next.
  public var uploadMemory: Int

  /// Google's own address.
  public static let google = HTTPEndpoint(scheme: .https, host: "storage.googleapis.com")!

  /// A bucket at Google, or at `endpoint`.
  /// - Parameter prefix: a folder in the bucket, with or without slashes at its ends.
  public init(bucket: GCSBucketName, prefix: String = "", endpoint: HTTPEndpoint? = nil) {
    self.bucket = bucket
    self.endpoint = endpoint ?? Self.google
    self.prefix = []
    anonymous = false
    chunkSize = 16 << 20
    resumableThreshold = 8 << 20
    parallelThreshold = 128 << 20
    uploadConcurrency = 4
    uploadMemory = 48 << 20
    enter(Array(prefix.utf8))
  }

  /// Goes into a folder below the prefix, named by bytes with or without slashes at their ends.
  public mutating func enter(_ folder: [UInt8]) {
    var bytes = folder[...]
    while bytes.first == 0x2F { bytes.removeFirst() }
    while bytes.last == 0x2F { bytes.removeLast() }
    if !bytes.isEmpty { prefix += Array(bytes) + [0x2F] }
  }

  /// The limits of the service itself.
  enum Limits {
    static let chunkUnit: Int64 = 256 << 10
    static let largestObject: Int64 = 5 << 40
    static let keyLength = 1024
    /// Calls in one batch request.
    static let batch = 100
    /// Objects that one request joins.
    static let components = 32
    /// Entries of a page of a listing.
    static let page = 1000
  }

  /// The chunk size as the service wants it.
  var chunk: Int64 {
    let size = min(max(chunkSize, Limits.chunkUnit), 256 << 20)
    return (size + Limits.chunkUnit - 1) / Limits.chunkUnit * Limits.chunkUnit
  }
}
