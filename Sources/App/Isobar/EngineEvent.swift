public import Observability
public import Sync

/// What an engine tells while it works.
public enum EngineEvent: Sendable, StreamEvent {
  /// How far the run is. A newer one takes the place of one that was not read yet.
  case progress(EngineProgress)
  /// Something happened, in the pair with this right end (counted from 0). Never dropped; `SyncEvent.observed` and `.moved` do not come
  /// here but are added up in `progress`.
  case event(SyncEvent, right: Int)

  public var retention: EventRetention {
    switch self {
    case .progress: .progress(key: 0)
    case .event: .kept
    }
  }
}

/// How far a run is, over all right ends so far.
public struct EngineProgress: Hashable, Sendable {
  /// Paths looked at.
  public var paths = 0
  /// Paths that something is to be done about, as far as it is planned.
  public var plannedChanges = 0
  /// Bytes of content to move, as far as it is planned.
  public var plannedBytes: Int64 = 0
  /// Paths that are done or have failed.
  public var settled = 0
  /// Bytes of content moved.
  public var movedBytes: Int64 = 0
  /// Paths that failed.
  public var failed = 0

  /// Nothing done.
  public init() {}
}

/// Adds events up.
struct ProgressCounter {
  private(set) var progress = EngineProgress()
  /// What each pair looked at in its current run, and what was looked at before.
  private var observed: [Int: Int] = [:]
  private var observedBefore = 0

  /// Takes an event in.
  /// - Returns: whether the event is more than progress and is to be passed on.
  mutating func take(_ event: SyncEvent, right: Int) -> Bool {
    switch event {
    case .observed(let paths):
      // A number that falls is that of another run of the pair.
      if let last = observed[right], paths < last { observedBefore += last }
      observed[right] = paths
      progress.paths = observedBefore + observed.values.reduce(0, +)
      return false
    case .moved(_, let bytes):
      progress.movedBytes += bytes
      return false
    case .planned(let totals):
      progress.plannedChanges += totals.changes
      progress.plannedBytes += totals.bytes
    case .finished: progress.settled += 1
    case .failed:
      progress.settled += 1
      progress.failed += 1
    case .started, .conflict, .named, .skipped, .hardLinks, .sentWhole: break
    }
    return true
  }
}
