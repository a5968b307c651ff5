/// When a write may replace what is there.
public enum WriteCondition: Hashable, Sendable {
  /// Whatever is there.
  case always
  /// Only if nothing is there; else the write fails with `.alreadyExists`.
  case ifAbsent
  /// Only if the object is in this state; else the write fails with `.preconditionFailed`.
  case ifMatches(ObjectVersion)
}

/// How to list.
public struct ListOptions: Sendable {
  /// Every key below the prefix, or only the next level with deeper ones folded into their folder.
  public enum Depth: Sendable { case recursive, oneLevel }

  /// See `Depth`.
  public var depth: Depth
  /// Only keys bytewise greater than this one.
  public var after: ObjectKey?
  /// The most entries a page may have; a store may give fewer. Between 1 and 100,000.
  public var pageSize: Int?
  /// Keys that are probably there, in order, evenly spread: a store whose listing is slow may list the spans between them side by
  /// side. Only a hint: the listing is the same with and without.
  public var splitHints: [ObjectKey]
  /// Folders that need not be looked into (filtered out entirely). Entries below them may or may not be listed.
  public var prune: (@Sendable (ObjectKey) -> Bool)?

  /// Options; by default everything.
  public init(
    depth: Depth = .recursive, after: ObjectKey? = nil, pageSize: Int? = nil, splitHints: [ObjectKey] = [],
    prune: (@Sendable (ObjectKey) -> Bool)? = nil
  ) {
    self.depth = depth
    self.after = after
    self.pageSize = pageSize
    self.splitHints = splitHints
    self.prune = prune
  }
}

/// How to read.
public struct ReadOptions: Sendable {
  /// The wanted bytes; nil for all.
  public var range: ByteRange?
  /// Fail with `.preconditionFailed` unless the object is in this state.
  public var ifMatches: ObjectVersion?
  /// How long the object is thought to be, if known. Only a hint, for the size of buffers.
  public var expectedSize: Int64?

  /// Options; by default the whole object in whatever state it is.
  public init(range: ByteRange? = nil, ifMatches: ObjectVersion? = nil, expectedSize: Int64? = nil) {
    self.range = range
    self.ifMatches = ifMatches
    self.expectedSize = expectedSize
  }
}

/// How to write.
public struct WriteOptions: Sendable {
  /// When the write may replace what is there.
  public var condition: WriteCondition
  /// What to keep beside the bytes.
  public var metadata: ObjectMetadata
  /// The storage class; nil for the store's default.
  public var storageClass: StorageClass?
  /// Where to keep what the write replaces, in the same step (a folder exchanges the two names and then moves the old one). Only
  /// where `StoreCapabilities.keepsReplaced`; elsewhere the write throws `.unsupported`, and the caller copies first.
  public var keepReplacedAs: ObjectKey?
  /// For `openWrite`: names what will be pushed, as `Payload.contentID` does. With it a store may keep what an interrupted write of the
  /// same content had taken; see `DirectWrite.taken`.
  public var contentID: [UInt8]?

  /// Options; by default an unconditional write without metadata.
  public init(
    condition: WriteCondition = .always, metadata: ObjectMetadata = ObjectMetadata(), storageClass: StorageClass? = nil,
    keepReplacedAs: ObjectKey? = nil, contentID: [UInt8]? = nil
  ) {
    self.condition = condition
    self.metadata = metadata
    self.storageClass = storageClass
    self.keepReplacedAs = keepReplacedAs
    self.contentID = contentID
  }
}

/// How to copy or move inside a store.
public struct CopyOptions: Sendable {
  /// When the destination may be replaced.
  public var condition: WriteCondition
  /// Fail with `.preconditionFailed` unless the source is in this state.
  public var sourceMatches: ObjectVersion?
  /// New metadata for the copy; nil keeps the source's.
  public var metadata: ObjectMetadata?
  /// The copy's storage class; nil for the store's default.
  public var storageClass: StorageClass?

  /// Options; by default an unconditional copy with the source's metadata.
  public init(
    condition: WriteCondition = .always, sourceMatches: ObjectVersion? = nil, metadata: ObjectMetadata? = nil,
    storageClass: StorageClass? = nil
  ) {
    self.condition = condition
    self.sourceMatches = sourceMatches
    self.metadata = metadata
    self.storageClass = storageClass
  }
}

/// One object to delete.
public struct DeleteTarget: Hashable, Sendable {
  /// The key.
  public var key: ObjectKey
  /// Delete only this state of the object; nil for whatever is there. A store without conditional deletes looks first.
  public var ifMatches: ObjectVersion?

  /// A target.
  public init(_ key: ObjectKey, ifMatches: ObjectVersion? = nil) {
    self.key = key
    self.ifMatches = ifMatches
  }
}

/// What became of one `DeleteTarget`.
public struct DeleteOutcome: Sendable {
  /// The key.
  public let key: ObjectKey
  /// Why it is still there; nil once it is gone (also if it was not there at all).
  public let error: StorageError?

  /// An outcome.
  public init(key: ObjectKey, error: StorageError? = nil) {
    self.key = key
    self.error = error
  }
}
