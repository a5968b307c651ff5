public import ObjectStorage
public import Primitives

/// The number of a conflict within its pair.
public struct ConflictID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The number.
  public let number: Int64
  /// The conflict of this number.
  public init(_ number: Int64) { self.number = number }
  public static func < (left: ConflictID, right: ConflictID) -> Bool { left.number < right.number }
  public var description: String { String(number) }
}

/// What collided. Raw values are stored: never change one.
public enum ConflictKind: UInt8, Hashable, Sendable {
  /// Created on both sides with different contents.
  case bothCreated = 0
  /// Changed on both sides.
  case bothModified = 1
  /// Changed on the left, deleted on the right.
  case modifiedLeftDeletedRight = 2
  /// Deleted on the left, changed on the right.
  case deletedLeftModifiedRight = 3
  /// Moved to different names.
  case bothMoved = 4
  /// A file on one side, a folder (or a file and what lies below its name) on the other.
  case type = 5
  /// Two names that one side cannot tell apart.
  case name = 6

  /// The label for people and JSON.
  public var label: String { String(describing: self) }
}

/// What one side had when a conflict was met.
public struct ConflictSide: Hashable, Sendable {
  /// Bytes of content.
  public var size: Int64
  /// The modification time, where the side knows it.
  public var modified: Timestamp?
  /// The object's state.
  public var version: ObjectVersion?

  /// What a side had.
  public init(size: Int64, modified: Timestamp? = nil, version: ObjectVersion? = nil) {
    self.size = size
    self.modified = modified
    self.version = version
  }
}

/// A path that both sides changed.
public struct ConflictRecord: Hashable, Sendable {
  /// Whether a decision is still to be made.
  public enum State: Hashable, Sendable {
    case open
    /// `how` is the policy or the person's choice: `newest`, `left`, `keep-both`.
    case resolved(how: String, when: Timestamp)
  }

  /// Its number; nil before it is added.
  public var id: ConflictID?
  /// The path.
  public var key: ObjectKey
  /// What collided.
  public var kind: ConflictKind
  /// When it was met first.
  public var detected: Timestamp
  /// What the left had; nil for nothing.
  public var left: ConflictSide?
  /// What the right had; nil for nothing.
  public var right: ConflictSide?
  /// The name under which the other version was kept, if one was.
  public var keptAs: ObjectKey?
  /// The policy in force.
  public var policy: String
  /// Whether it is decided.
  public var state: State

  /// A conflict.
  public init(
    id: ConflictID? = nil, key: ObjectKey, kind: ConflictKind, detected: Timestamp, left: ConflictSide?, right: ConflictSide?,
    keptAs: ObjectKey? = nil, policy: String, state: State = .open
  ) {
    self.id = id
    self.key = key
    self.kind = kind
    self.detected = detected
    self.left = left
    self.right = right
    self.keptAs = keptAs
    self.policy = policy
    self.state = state
  }
}

extension ConflictSide {
  var encoded: [UInt8] {
    var writer = RecordWriter()
    writer.signed(size)
    writer.optionalTimestamp(modified)
    writer.optionalBlock(version?.bytes)
    return writer.bytes
  }

  init(encoded: UnsafeRawBufferPointer) throws {
    var reader = RecordReader(encoded)
    self.init(size: try reader.signed(), modified: try reader.optionalTimestamp())
    version = try reader.optionalBlock().map { ObjectVersion($0) }
    try reader.end()
  }
}
