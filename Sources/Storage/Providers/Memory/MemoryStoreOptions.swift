public import ObjectStorage
public import Primitives

/// What a `MemoryStore` is called and what it can do: switch capabilities off to imitate a weaker store.
public struct MemoryStoreOptions: Sendable {
  /// The store's name, which makes its identity: stores that exist side by side need different ones.
  public var name: String
  /// What the store can do. It does nothing beyond this: what is not kept is dropped, what is not supported throws.
  public var capabilities: StoreCapabilities
  /// Where `ObjectEntry.stored` comes from.
  public var clock: WallClock
  /// The hash that listings and receipts carry: `.md5`, `.sha256`, `.crc32c`, `.crc64nvme`, or nil for none (other methods count as none).
  public var hash: ContentHash.Method?
  /// The most bytes of content in all; a write beyond fails with `.quotaExceeded`. Nil for no limit.
  public var quota: Int64?
  /// Classes whose objects must be restored before they can be read: reads fail with `.archived`.
  public var archiveClasses: Set<StorageClass>
  /// A version is the content's MD5, as the ETag of a bucket without versioning: the same bytes get the same version again.
  public var versionsNameContent: Bool
  /// New metadata leaves an object's version as it is, since the version names the bytes (the generation of Google Cloud Storage).
  public var metadataKeepsVersion: Bool
  /// Entries per page where a listing does not say.
  public var pageSize: Int

  /// Options; by default a store that can do everything but real folders.
  public init(
    name: String = "memory", capabilities: StoreCapabilities = MemoryStoreOptions.everything, clock: WallClock = .system,
    hash: ContentHash.Method? = .md5, quota: Int64? = nil, archiveClasses: Set<StorageClass> = [],
    versionsNameContent: Bool = false, metadataKeepsVersion: Bool = false, pageSize: Int = 1000
  ) {
    self.name = name
    self.capabilities = capabilities
    self.clock = clock
    self.hash = hash
    self.quota = quota
    self.archiveClasses = archiveClasses
    self.versionsNameContent = versionsNameContent
    self.metadataKeepsVersion = metadataKeepsVersion
    self.pageSize = pageSize
  }

  /// Everything that memory can do, as an object store with strict conditions; folders are markers, and reads count as remote.
  public static let everything = StoreCapabilities(
    ifAbsent: .enforced, ifMatches: .enforced, conditionalDelete: .enforced, serverSideCopy: true, partCopy: true, atomicMove: true,
    multipart: true, directWrite: true, keepsReplaced: true, realFolders: false, modifiedPrecision: 1, listsModified: true,
    mode: true, userMetadata: true, updateMetadata: true, storageClasses: true, maximumKeyLength: ObjectKey.maximumLength,
    maximumSize: 1 << 40, deleteBatch: 1000)

  /// As a folder on a disk: folders exist by themselves, names are short, no storage classes or user metadata.
  public static let likeFolder = {
    var capabilities = everything
    capabilities.realFolders = true
    capabilities.localReads = true
    capabilities.maximumNameLength = 255
    capabilities.userMetadata = false
    capabilities.storageClasses = false
    return capabilities
  }()

  /// As a modest compatible of S3: conditions are taken and ignored, no atomic move, times only by asking for each object.
  public static let modest = StoreCapabilities(
    serverSideCopy: true, multipart: true, modifiedPrecision: 1, userMetadata: true, deleteBatch: 1000)
}
