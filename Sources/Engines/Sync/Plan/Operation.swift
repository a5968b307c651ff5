public import Catalog
public import ObjectStorage

/// One thing to do about one path, with everything the plan saw of it: whoever carries it out checks that it still holds.
public struct Operation: Sendable {
  /// What to do.
  public enum Kind: UInt8, Sendable, CaseIterable {
    /// Rename `from` to the path on `side`, where the other side renamed it.
    case move = 1
    /// Make the folder on `side`.
    case createFolder
    /// Bring the other side's version to `side`.
    case transfer
    /// Both sides have the path, and nobody knows whether the contents are equal: find out; adopt, or treat as a conflict.
    case compare
    /// Both sides changed the path.
    case conflict
    /// Read the content and compare it with the hash of the last sync.
    case verify
    /// Delete the path on `side`, into the trash.
    case delete
    /// Delete the folder on `side`, if it is empty.
    case deleteFolder
    /// Record that both sides have the folder.
    case adoptFolder
    /// Drop the path from the state.
    case forget

    /// The phase it belongs to. What creates comes before what deletes, so that an interrupted run leaves more, not less.
    public var phase: UInt8 {
      switch self {
      case .move: 0
      case .createFolder: 1
      case .transfer, .compare, .conflict, .verify: 2
      case .delete: 3
      case .deleteFolder: 4
      case .adoptFolder, .forget: 5
      }
    }
  }

  /// What to do.
  public var kind: Kind
  /// The path.
  public var key: ObjectKey
  /// The side that is changed.
  public var side: PairSide
  /// What the left side held.
  public var left: ObjectEntry?
  /// What the right side held.
  public var right: ObjectEntry?
  /// What both last agreed on.
  public var base: BaseEntry?
  /// For a move: the old path and what `side` held there.
  public var from: ObjectEntry?
  /// For a move that only works together with others, because each comes to where another one was: these others, in order. What is at
  /// the path of each comes from the path of the next, that of the last from the path of this one.
  public var partners: [Operation] = []

  /// An operation.
  public init(
    _ kind: Kind, _ key: ObjectKey, on side: PairSide, left: ObjectEntry? = nil, right: ObjectEntry? = nil, base: BaseEntry? = nil,
    from: ObjectEntry? = nil
  ) {
    self.kind = kind
    self.key = key
    self.side = side
    self.left = left
    self.right = right
    self.base = base
    self.from = from
  }

  /// This operation and its partners, each by itself.
  public var steps: [Operation] {
    if partners.isEmpty { return [self] }
    var first = self
    first.partners = []
    return [first] + partners
  }

  /// Whether it brings a file that the other side alone has, and that was never in step.
  var isNew: Bool { kind == .transfer && base == nil && entry(side) == nil }

  /// For a move: whether `side` edited what the other one renamed, so that the new content comes back.
  var carriesEdit: Bool { kind == .move && from != nil && from?.version != base?[side].version }

  /// What a side held at the path.
  public func entry(_ side: PairSide) -> ObjectEntry? { side == .left ? left : right }

  /// The bytes of content that carrying it out is expected to move.
  public var bytes: Int64 {
    switch kind {
    case .transfer: entry(side.other)?.size ?? 0
    case .conflict: max(left?.size ?? 0, right?.size ?? 0)
    case .move: carriesEdit ? from?.size ?? 0 : 0
    default: 0
    }
  }
}
