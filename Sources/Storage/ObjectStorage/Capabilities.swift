/// What a store can do. A layer may only take away.
public struct StoreCapabilities: Hashable, Sendable {
  /// How far a condition on a write can be trusted.
  public enum ConditionSupport: Int, Hashable, Sendable, Comparable {
    /// The store takes the condition and ignores it: look before writing.
    case ignored = 0
    /// The store (or its provider) compares and then writes; another writer can slip into the gap.
    case checked
    /// The store compares and writes in one step.
    case enforced

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// `WriteCondition.ifAbsent`.
  public var ifAbsent: ConditionSupport
  /// `WriteCondition.ifMatches`.
  public var ifMatches: ConditionSupport
  /// `DeleteTarget.ifMatches`.
  public var conditionalDelete: ConditionSupport
  /// Copies inside the store without the bytes passing through here.
  public var serverSideCopy: Bool
  /// A part of a multipart write can be taken from an object that is there.
  public var partCopy: Bool
  /// `move` is one atomic step; else it is a copy and a delete.
  public var atomicMove: Bool
  /// `startMultipart` works.
  public var multipart: Bool
  /// `openWrite` works: a body can be pushed straight into the store.
  public var directWrite: Bool
  /// `WriteOptions.keepReplacedAs` works.
  public var keepsReplaced: Bool
  /// Reading costs no network: content may be hashed to save a transfer.
  public var localReads: Bool
  /// Folders exist by themselves, are always listed, and empty ones need no marker.
  public var realFolders: Bool
  /// `ObjectMetadata.modified` is kept, to this many nanoseconds; nil if not kept.
  public var modifiedPrecision: Int64?
  /// The listing itself gives `modified`, so that a changed mtime is seen without a request per object.
  public var listsModified: Bool
  /// `ObjectMetadata.mode` is kept.
  public var mode: Bool
  /// `ObjectMetadata.user` is kept.
  public var userMetadata: Bool
  /// `ObjectMetadata` can be changed without sending the content again.
  public var updateMetadata: Bool
  /// Storage classes.
  public var storageClasses: Bool
  /// Longest key in bytes, as `length(of:)` counts them.
  public var maximumKeyLength: Int
  /// Bytes of `maximumKeyLength` that each component of a key takes beside its own: where each is encrypted.
  public var componentOverhead: Int
  /// Longest component of a key in bytes; nil if only the whole counts.
  public var maximumNameLength: Int?
  /// Which names are possible, beside their lengths.
  public var names: NameRules
  /// Largest object in bytes.
  public var maximumSize: Int64
  /// The most objects one `delete` request of the service takes; longer lists are split by the provider.
  public var deleteBatch: Int

  /// Capabilities; by default the most modest store.
  public init(
    ifAbsent: ConditionSupport = .ignored, ifMatches: ConditionSupport = .ignored, conditionalDelete: ConditionSupport = .ignored,
    serverSideCopy: Bool = false, partCopy: Bool = false, atomicMove: Bool = false, multipart: Bool = false,
    directWrite: Bool = false, keepsReplaced: Bool = false, localReads: Bool = false, realFolders: Bool = false,
    modifiedPrecision: Int64? = nil, listsModified: Bool = false,
    mode: Bool = false, userMetadata: Bool = false, updateMetadata: Bool = false, storageClasses: Bool = false,
    maximumKeyLength: Int = 1024, componentOverhead: Int = 0, maximumNameLength: Int? = nil, names: NameRules = NameRules(),
    maximumSize: Int64 = .max, deleteBatch: Int = 1
  ) {
    self.ifAbsent = ifAbsent
    self.ifMatches = ifMatches
    self.conditionalDelete = conditionalDelete
    self.serverSideCopy = serverSideCopy
    self.partCopy = partCopy
    self.atomicMove = atomicMove
    self.multipart = multipart
    self.directWrite = directWrite
    self.keepsReplaced = keepsReplaced
    self.localReads = localReads
    self.realFolders = realFolders
    self.modifiedPrecision = modifiedPrecision
    self.listsModified = listsModified
    self.mode = mode
    self.userMetadata = userMetadata
    self.updateMetadata = updateMetadata
    self.storageClasses = storageClasses
    self.maximumKeyLength = maximumKeyLength
    self.componentOverhead = componentOverhead
    self.maximumNameLength = maximumNameLength
    self.names = names
    self.maximumSize = maximumSize
    self.deleteBatch = deleteBatch
  }

  /// How much of `maximumKeyLength` a key, or a part of one, takes.
  public func length(of key: some Collection<UInt8>) -> Int {
    if componentOverhead == 0 { return key.count }
    return key.count + componentOverhead * key.split(separator: UInt8(ascii: "/")).count
  }
}

/// Who a store is.
public struct StoreIdentity: Hashable, Sendable {
  /// The kind: `s3`, `local`, `memory`.
  public let kind: String
  /// The store for people, never with a secret: `s3://photos/2026`, `/home/ada/Documents`.
  public let displayName: String
  /// A text that is the same in every run for the same place, and different for different places: the catalog's key.
  public let stableID: String
  /// `StoreCapabilities.realFolders`, known without a request.
  public let listsFolders: Bool
  /// `StoreCapabilities.localReads`, known without a request.
  public let isLocal: Bool
  /// Whether listings know the size of the content; see `ObjectEntry.knowsContentSize`.
  public let listsSizes: Bool
  /// `StoreCapabilities.names`, known without a request.
  public let names: NameRules

  /// An identity.
  public init(
    kind: String, displayName: String, stableID: String, listsFolders: Bool = false, isLocal: Bool = false,
    listsSizes: Bool = true, names: NameRules = NameRules()
  ) {
    self.kind = kind
    self.displayName = displayName
    self.stableID = stableID
    self.listsFolders = listsFolders
    self.isLocal = isLocal
    self.listsSizes = listsSizes
    self.names = names
  }
}
