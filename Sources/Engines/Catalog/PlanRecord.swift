public import ObjectStorage

/// One step of a plan.
public struct PlanRecord: Hashable, Sendable {
  /// Whether the step may be one half of a move.
  public enum Role: UInt8, Hashable, Sendable {
    case none = 0
    /// The path appeared.
    case created = 1
    /// The path is gone.
    case deleted = 2
    /// The path is gone on this side and was edited on the other one (sides are 0 and 1): what was renamed here was edited there.
    case revived = 3
    /// The path has other content than before; `former` is the token it had.
    case changed = 4
  }

  /// Its number in the spool, ascending in the order of appending; 0 before.
  public internal(set) var sequence: Int64 = 0
  /// When in the run it is carried out: phases are scanned one by one.
  public var phase: UInt8
  /// The path.
  public var key: ObjectKey
  /// What is to be done, by the planner's own numbers; `totals` counts by it.
  public var kind: UInt8
  /// Bytes that move.
  public var bytes: Int64
  /// The side, by the planner's own numbers; moves are matched within one side.
  public var side: UInt8
  /// Whether it may be one half of a move.
  public var role: Role
  /// What a moved object keeps: its identity, or its content's hash and size. Nil takes no part in matching.
  public var token: [UInt8]?
  /// What was there before, where that was something else.
  public var former: [UInt8]?
  /// The rest of the step, in the planner's own form.
  public var blob: [UInt8]

  /// A step.
  public init(
    phase: UInt8, key: ObjectKey, kind: UInt8, bytes: Int64 = 0, side: UInt8 = 0, role: Role = .none, token: [UInt8]? = nil,
    former: [UInt8]? = nil, blob: [UInt8] = []
  ) {
    self.phase = phase
    self.key = key
    self.kind = kind
    self.bytes = bytes
    self.side = side
    self.role = role
    self.token = token
    self.former = former
    self.blob = blob
  }
}

/// How many steps of a kind there are, and their bytes.
public struct PlanTotal: Hashable, Sendable {
  /// Steps.
  public var count: Int
  /// Bytes that move.
  public var bytes: Int64

  /// A total.
  public init(count: Int = 0, bytes: Int64 = 0) {
    self.count = count
    self.bytes = bytes
  }
}
