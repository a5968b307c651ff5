import Concurrency
import ObjectStorage
import Sync

/// Counts what a run has done so far, by its events: what is known of a run that does not come to its end.
final class RunTally: Sendable {
  private struct State {
    var summaries: [Int: SyncSummary] = [:]
    var kept: [ObjectKey] = []
  }

  private let state = Lock(State())

  /// What the pair of this number has done.
  func summary(_ pair: Int) -> SyncSummary { state.withLock { $0.summaries[pair] ?? SyncSummary() } }

  /// Conflicts that were kept under another name, the first few.
  var kept: [ObjectKey] { state.withLock { $0.kept } }

  /// Takes an event.
  func take(_ pair: Int, _ event: SyncEvent) {
    switch event {
    // By far the most frequent ones, and nothing to count.
    case .observed, .planned, .started, .moved: return
    default: break
    }
    state.withLock { state in
      if case .conflict(let outcome) = event, case .keptBoth(let name) = outcome.resolution, state.kept.count < 10 {
        state.kept.append(name)
      }
      Self.count(event, &state.summaries[pair, default: SyncSummary()])
    }
  }

  private static func count(_ event: SyncEvent, _ summary: inout SyncSummary) {
    switch event {
    case .finished(_, let action):
      switch action {
      case .transferred(_, let bytes):
        summary.transferred += 1
        summary.bytes += bytes
      case .adopted: summary.adopted += 1
      case .metadata: summary.metadata += 1
      case .moved: summary.moved += 1
      case .deleted: summary.deleted += 1
      case .folderCreated, .folderDeleted: summary.folders += 1
      case .nothing: break
      }
    case .conflict(let outcome):
      summary.conflicts += 1
      if outcome.resolution == .waiting { summary.waiting += 1 }
    case .failed(let failure):
      summary.failed += 1
      if summary.failures.count < SyncSummary.failureLimit { summary.failures.append(failure) }
    case .skipped: summary.skipped += 1
    case .observed, .planned, .started, .moved, .named, .hardLinks, .sentWhole: break
    }
  }
}
