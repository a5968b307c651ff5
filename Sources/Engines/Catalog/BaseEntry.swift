public import ObjectStorage
public import Primitives

/// What one side had at a path when both sides were last seen in step.
public struct SideState: Hashable, Sendable {
  /// The object's version; nil for what is only implied (a folder without a marker).
  public var version: ObjectVersion?
  /// The modification time as that side reports it, to its own precision.
  public var modified: Timestamp?
  /// `ObjectEntry.identity`: survives a rename.
  public var identity: [UInt8]?

  /// A state; by default an implied one.
  public init(version: ObjectVersion? = nil, modified: Timestamp? = nil, identity: [UInt8]? = nil) {
    self.version = version
    self.modified = modified
    self.identity = identity
  }
}

/// One path of the base tree: what both sides last agreed on.
public struct BaseEntry: Hashable, Sendable {
  /// The path; it ends in `/` for a folder.
  public var key: ObjectKey
  /// Bytes of content.
  public var size: Int64
  /// A hash of the content, if one is known.
  public var hash: ContentHash?
  /// The modification time both agreed on.
  public var modified: Timestamp?
  /// The permission bits both agreed on.
  public var mode: UInt16?
  /// The left side then.
  public var left: SideState
  /// The right side then.
  public var right: SideState

  /// An entry.
  public init(
    key: ObjectKey, size: Int64, hash: ContentHash? = nil, modified: Timestamp? = nil, mode: UInt16? = nil,
    left: SideState = SideState(), right: SideState = SideState()
  ) {
    self.key = key
    self.size = size
    self.hash = hash
    self.modified = modified
    self.mode = mode
    self.left = left
    self.right = right
  }

  /// What `side` had.
  public subscript(side: PairSide) -> SideState {
    get { side == .left ? left : right }
    set { if side == .left { left = newValue } else { right = newValue } }
  }
}

/// A change of the base tree.
public enum BaseChange: Hashable, Sendable {
  /// The path is in step in this state.
  case set(BaseEntry)
  /// The path is on neither side, or is to be seen as never synced.
  case remove(ObjectKey)

  /// The path.
  public var key: ObjectKey {
    switch self {
    case .set(let entry): entry.key
    case .remove(let key): key
    }
  }
}
