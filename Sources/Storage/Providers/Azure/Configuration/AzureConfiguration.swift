import HTTPMessages
public import ObjectStorage

/// Where a container is, and how Isobar uses it.
public struct AzureConfiguration: Sendable {
  /// Who may read a new container without signing in.
  public enum PublicAccess: String, Hashable, Sendable {
    case none
    /// Blobs by their names.
    case blob
    /// Blobs, and the list of them.
    case container
  }

  /// The storage account.
  public var account: AzureAccountName
  /// The address of the account's blob service.
  public var endpoint: AzureEndpoint
  /// The container.
  public var container: AzureContainerName
  /// What all keys of this store begin with: empty, or bytes that end in `/`.
  public private(set) var prefix: [UInt8]
  /// The access tier of writes that name none: `Hot`, `Cool`, `Cold`, `Archive`; nil for the account's default.
  public var accessTier: StorageClass?
  /// Who may read a container that `createContainer` makes.
  public var publicAccess: PublicAccess
  /// Bytes of one block of a large upload.
  public var blockSize: Int64
  /// Objects above this many bytes are sent in blocks, several at once, and go on where they were after a break.
  public var singlePutThreshold: Int64
  /// How many blocks of one object are under way at once.
  public var uploadConcurrency: Int
  /// Payload bytes held in memory at once, in all; a large upload may keep one piece of memory beside them for its next.
  public var uploadMemory: Int
  /// Where a listing that comes in another order than that of its bytes is put in order, if it is too long for memory: a file that is
  /// removed from its folder as soon as it is open.
  public var spoolFolder: [UInt8]
  /// Bytes of memory that putting a listing in order may take; twice, for a moment.
  public var sortMemory: Int

  /// A container of an account.
  /// - Parameters:
  ///   - prefix: a folder in the container, with or without slashes at its ends.
  ///   - endpoint: nil for the account's usual one in `cloud`.
  public init(
    account: AzureAccountName, container: AzureContainerName, prefix: String = "", endpoint: AzureEndpoint? = nil,
    cloud: AzureCloud = .global
  ) {
    self.account = account
    self.endpoint = endpoint ?? AzureEndpoint(account: account, cloud: cloud)
    self.container = container
    self.prefix = []
    publicAccess = .none
    blockSize = 8 << 20
    singlePutThreshold = 16 << 20
    uploadConcurrency = 4
    uploadMemory = 48 << 20
    spoolFolder = Array("/tmp".utf8)
    sortMemory = 16 << 20
    enter(Array(prefix.utf8))
  }

  /// Goes into a folder below the prefix, named by bytes with or without slashes at their ends.
  public mutating func enter(_ folder: [UInt8]) {
    var bytes = folder[...]
    while bytes.first == 0x2F { bytes.removeFirst() }
    while bytes.last == 0x2F { bytes.removeLast() }
    if !bytes.isEmpty { prefix += Array(bytes) + [0x2F] }
  }

  /// The limits of the service itself, from version 2019-12-12 on.
  enum Limits {
    /// What one request may carry at most: more is possible, but nobody waits for it.
    static let largestPut: Int64 = 256 << 20
    static let smallestBlock: Int64 = 64 << 10
    static let largestBlock: Int64 = 4000 << 20
    /// Blocks that one blob may have.
    static let blocks = 50_000
    static let largestObject = largestBlock * Int64(blocks)
    /// The longest name of a blob, in characters, which are UTF-16's.
    static let nameLength = 1024
    /// The most parts that slashes may divide a name into.
    static let segments = 254
    /// What `Put Blob From URL` copies at most.
    static let largestCopy: Int64 = 256 << 20
    /// Deletions in one batch request.
    static let batch = 256
    /// Entries of a page of a listing.
    static let page = 5000
  }

  /// The size of the blocks of an object of this length: as configured, or as much more as the number of blocks demands.
  func blockSize(for length: Int64) -> Int64 {
    let wanted = min(max(blockSize, Limits.smallestBlock), Limits.largestPut)
    let least = (length + Int64(Limits.blocks) - 1) / Int64(Limits.blocks)
    let unit: Int64 = 64 << 10
    return max(wanted, (least + unit - 1) / unit * unit)
  }

  var singlePut: Int64 { min(max(singlePutThreshold, 0), Limits.largestPut) }
}
