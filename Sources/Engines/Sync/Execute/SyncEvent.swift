public import Catalog
public import ObjectStorage

/// What happens during a run, for whoever shows it. Called from the engine's tasks: return at once.
public enum SyncEvent: Sendable {
  /// This many paths have been looked at so far.
  case observed(paths: Int)
  /// The plan is complete.
  case planned(PlanTotals)
  /// A path's content begins to move to `side`.
  case started(ObjectKey, bytes: Int64, to: PairSide)
  /// This many more bytes of a path's content have moved. Negative when an attempt starts over.
  case moved(ObjectKey, bytes: Int64)
  /// A path is done.
  case finished(ObjectKey, SyncAction)
  /// A path failed; the others go on.
  case failed(SyncFailure)
  /// A path changed on both sides.
  case conflict(ConflictOutcome)
  /// A side cannot hold a path by its name, and keeps it under another one from now on.
  case named(ObjectKey, as: ObjectKey, on: PairSide)
  /// Something was left out: a FIFO, a name no key may have, a folder that cannot be read.
  case skipped(SkippedPath)
  /// A run that has something to do met so many files of a side that have further names. Each name is synced as a file of its own.
  case hardLinks(on: PairSide, files: Int)
  /// A large file was changed and is sent whole, although a difference would do, and why.
  case sentWhole(ObjectKey, on: PairSide, why: String)
}

/// What was done about a path.
public enum SyncAction: Hashable, Sendable {
  /// Content was sent.
  case transferred(to: PairSide, bytes: Int64)
  /// Contents were equal already.
  case adopted
  /// Only metadata was changed.
  case metadata(on: PairSide)
  /// Renamed.
  case moved(on: PairSide, from: ObjectKey)
  /// Deleted.
  case deleted(on: PairSide)
  /// A folder was made.
  case folderCreated(on: PairSide)
  /// A folder was deleted.
  case folderDeleted(on: PairSide)
  /// Nothing was needed any more.
  case nothing
}

/// A path that could not be brought in step.
public struct SyncFailure: Error, Sendable, CustomStringConvertible {
  /// The path.
  public let key: ObjectKey
  /// The side where it failed, if one can be named.
  public let side: PairSide?
  /// The bounded code.
  public let code: String
  /// What happened and what to do.
  public let message: String

  /// A failure.
  public init(key: ObjectKey, side: PairSide?, code: String, message: String) {
    self.key = key
    self.side = side
    self.code = code
    self.message = message
  }

  public var description: String { message }
}

/// How a conflict ended.
public struct ConflictOutcome: Sendable {
  /// How.
  public enum Resolution: Hashable, Sendable {
    /// One side's version won; the other is in the trash.
    case won(PairSide)
    /// Both are kept; the right version has this name.
    case keptBoth(as: ObjectKey)
    /// The texts were merged.
    case merged
    /// It waits for someone to decide.
    case waiting
  }

  /// The path.
  public let key: ObjectKey
  /// How it ended.
  public let resolution: Resolution

  /// An outcome.
  public init(key: ObjectKey, resolution: Resolution) {
    self.key = key
    self.resolution = resolution
  }
}

/// Something that takes no part in a run.
public struct SkippedPath: Sendable {
  /// The side.
  public let side: PairSide
  /// The path, if its name can be a key.
  public let key: ObjectKey?
  /// Why.
  public let reason: String

  /// A skipped path.
  public init(side: PairSide, key: ObjectKey?, reason: String) {
    self.side = side
    self.key = key
    self.reason = reason
  }
}

/// What a plan amounts to.
public struct PlanTotals: Hashable, Sendable {
  /// Operations by kind.
  public var operations: [Operation.Kind: Int] = [:]
  /// Bytes of content to move.
  public var bytes: Int64 = 0
  /// Paths looked at.
  public var paths = 0
  /// Requests the operations are expected to need, without those of the listing.
  public var requests = 0

  /// Nothing to do.
  public init() {}

  /// How many operations of a kind.
  public subscript(kind: Operation.Kind) -> Int { operations[kind] ?? 0 }

  /// Operations that change something a user would see.
  public var changes: Int {
    operations.filter { $0.key != .forget && $0.key != .adoptFolder && $0.key != .verify }.values.reduce(0, +)
  }
}

/// What a run did.
public struct SyncSummary: Sendable {
  /// Files whose content was sent.
  public var transferred = 0
  /// Bytes of content sent.
  public var bytes: Int64 = 0
  /// Bytes of files whose content was sent that the store had already, and took from there.
  public var reused: Int64 = 0
  /// Files that were read back after they were sent, and were right.
  public var readBack = 0
  /// Files deleted, into the trash if it is kept.
  public var deleted = 0
  /// Files renamed.
  public var moved = 0
  /// Paths that both sides had with equal content, now known.
  public var adopted = 0
  /// Files of which only metadata changed.
  public var metadata = 0
  /// Conflicts found, however they ended.
  public var conflicts = 0
  /// Conflicts that wait for someone to decide.
  public var waiting = 0
  /// Paths that failed.
  public var failed = 0
  /// Paths that took no part: special files, unreadable folders, impossible names.
  public var skipped = 0
  /// Folders made and deleted.
  public var folders = 0
  /// Paths looked at.
  public var paths = 0
  /// The first failures, at most `failureLimit`.
  public var failures: [SyncFailure] = []
  /// What ended the run before all of it was tried, if something did.
  public var stoppedBy: (any Error)?

  /// The most failures a summary keeps.
  public static let failureLimit = 100

  /// Nothing done.
  public init() {}
}
