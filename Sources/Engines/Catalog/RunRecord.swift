public import ObjectStorage
public import Primitives

/// The number of a run, ascending over a pair's life.
public struct RunID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The number.
  public let number: Int64
  /// The run of this number.
  public init(_ number: Int64) { self.number = number }
  public static func < (left: RunID, right: RunID) -> Bool { left.number < right.number }
  public var description: String { String(number) }
}

/// What a run was for. Raw values are stored: never change one.
public enum RunKind: UInt8, Hashable, Sendable {
  case sync = 0
  /// Only the paths that failed before.
  case retry = 1
  /// Took back what another run did.
  case undo = 2
  /// Carried out decisions about conflicts.
  case resolve = 3
  /// Brought things back from the trash.
  case restore = 4
  /// A sync that read all contents.
  case rehash = 5
  /// Took over what could be read of a damaged state.
  case rebuild = 6

  /// The label for people and JSON.
  public var label: String { String(describing: self) }
}

/// How a run ended. Raw values are stored: never change one.
public enum RunOutcome: UInt8, Hashable, Sendable {
  /// To its end, whatever became of single paths.
  case completed = 0
  /// By a cancellation.
  case cancelled = 1
  /// A guard stopped it.
  case guarded = 2
  /// By an error that concerns the pair.
  case failed = 3

  /// The label for people and JSON.
  public var label: String { String(describing: self) }
}

/// What a run did, in numbers.
public struct RunSummary: Hashable, Sendable {
  /// How it ended.
  public var outcome: RunOutcome
  /// Every path of both sides was looked at, and what was to do was done, without one exception: from here on the base tree is to be
  /// trusted again (`PairCatalog.isRolledBack`).
  public var isComplete: Bool
  /// Files sent.
  public var transferred: Int64
  /// Bytes sent.
  public var bytes: Int64
  /// Paths deleted.
  public var deleted: Int64
  /// Paths moved.
  public var moved: Int64
  /// Paths that were found equal and taken into the base tree.
  public var adopted: Int64
  /// Conflicts met.
  public var conflicts: Int64
  /// Paths that failed.
  public var failed: Int64
  /// Paths passed over.
  public var skipped: Int64
  /// Requests by class: `list`, `head`, `get`, `put`, `copy`, `delete`, `other`.
  public var requests: [String: Int64]
  /// Why it did not end well: a bounded code.
  public var code: String?
  /// Why it did not end well, for people.
  public var message: String?

  /// A summary.
  public init(
    outcome: RunOutcome = .completed, isComplete: Bool = false, transferred: Int64 = 0, bytes: Int64 = 0, deleted: Int64 = 0,
    moved: Int64 = 0, adopted: Int64 = 0, conflicts: Int64 = 0, failed: Int64 = 0, skipped: Int64 = 0,
    requests: [String: Int64] = [:], code: String? = nil, message: String? = nil
  ) {
    self.outcome = outcome
    self.isComplete = isComplete
    self.transferred = transferred
    self.bytes = bytes
    self.deleted = deleted
    self.moved = moved
    self.adopted = adopted
    self.conflicts = conflicts
    self.failed = failed
    self.skipped = skipped
    self.requests = requests
    self.code = code
    self.message = message
  }
}

/// One run of the history.
public struct RunRecord: Hashable, Sendable {
  /// Where a run stands.
  public enum State: Hashable, Sendable {
    /// At work now.
    case running
    /// Begun and never ended: the process died.
    case interrupted
    /// Over.
    case ended(at: Timestamp, RunSummary)
  }

  /// Its number.
  public let id: RunID
  /// What it was for.
  public let kind: RunKind
  /// When it began.
  public let started: Timestamp
  /// Where it stands.
  public let state: State

  /// When it ended, if it did.
  public var ended: Timestamp? { if case .ended(let time, _) = state { time } else { nil } }
  /// What it did, if it ended.
  public var summary: RunSummary? { if case .ended(_, let summary) = state { summary } else { nil } }
}

/// What was done at one path. Raw values are stored: never change one.
public enum OperationAction: UInt8, Hashable, Sendable {
  /// New content where there was nothing.
  case create = 0
  /// New content in place of old.
  case replace = 1
  case delete = 2
  case move = 3
  /// Only mtime, mode or user metadata.
  case metadata = 4
  /// Found equal, nothing sent.
  case adopt = 5
  /// Both kept, one under another name.
  case keepBoth = 6
  /// Joined with the ancestor's help.
  case merge = 7
  /// Brought back from the trash.
  case restore = 8

  /// The label for people and JSON.
  public var label: String { String(describing: self) }
}

/// What became of one operation of a run.
public struct OperationResult: Hashable, Sendable {
  /// What became of it. Raw values are stored: never change one.
  public enum Outcome: UInt8, Hashable, Sendable {
    case done = 0
    case failed = 1
    case skipped = 2
  }

  /// The path.
  public var key: ObjectKey
  /// What was done.
  public var action: OperationAction
  /// The side that was changed; nil if none was.
  public var side: PairSide?
  /// Bytes sent.
  public var bytes: Int64
  /// What became of it.
  public var outcome: Outcome
  /// Why it was not done: a bounded code.
  public var code: String?
  /// Why it was not done, for people.
  public var message: String?
  /// What was announced by `recordIntent` and is over with this; not part of the history.
  public var intents: [IntentID]

  /// A result.
  public init(
    key: ObjectKey, action: OperationAction, side: PairSide? = nil, bytes: Int64 = 0, outcome: Outcome = .done, code: String? = nil,
    message: String? = nil, intents: [IntentID] = []
  ) {
    self.key = key
    self.action = action
    self.side = side
    self.bytes = bytes
    self.outcome = outcome
    self.code = code
    self.message = message
    self.intents = intents
  }
}
