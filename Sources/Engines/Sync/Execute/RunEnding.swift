import Catalog
import ObjectStorage

/// The line that the history keeps of a run.
enum RunEnding {
  static func summary(_ done: SyncSummary) -> RunSummary {
    RunSummary(
      outcome: done.stoppedBy == nil ? .completed : .failed, isComplete: done.failed == 0 && done.stoppedBy == nil,
      transferred: Int64(done.transferred), bytes: done.bytes, deleted: Int64(done.deleted), moved: Int64(done.moved),
      adopted: Int64(done.adopted), conflicts: Int64(done.conflicts), failed: Int64(done.failed), skipped: Int64(done.skipped),
      code: done.stoppedBy.map(code), message: done.stoppedBy.map { "\($0)" })
  }

  static func summary(of error: any Error) -> RunSummary {
    let outcome: RunOutcome =
      switch error {
      case is CancellationError: .cancelled
      case is GuardStop: .guarded
      default: .failed
      }
    return RunSummary(outcome: outcome, code: code(error), message: "\(error)")
  }

  private static func code(_ error: any Error) -> String {
    switch error {
    case let error as StorageError: error.code.description
    case let error as CatalogError: error.code.description
    case is GuardStop: "guard"
    case is CancellationError: "cancelled"
    default: "internalError"
    }
  }
}
