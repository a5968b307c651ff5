import Concurrency
import ObjectStorage
import Sync

/// How far a run is: fed by the engine's events from any thread, read by whoever shows it.
final class RunProgress: Sendable {
  /// A file on its way.
  struct Current: Sendable {
    let key: ObjectKey
    let bytes: Int64
    var moved: Int64 = 0
  }

  /// What is known at one moment.
  struct Snapshot: Sendable {
    /// Paths looked at.
    var observed = 0
    /// Whether the plan is there, so that the totals are known.
    var isPlanned = false
    /// Operations done and planned.
    var done = 0
    var planned = 0
    /// Content moved and planned.
    var bytes: Int64 = 0
    var plannedBytes: Int64 = 0
    /// Failures so far.
    var failed = 0
    /// What is on its way, the longest under way first.
    var current: [Current] = []
  }

  private struct State {
    var snapshot = Snapshot()
    /// Paths looked at by the pairs before this one.
    var observedBefore = 0
    var pair = 0
  }

  private let state = Lock(State())

  /// What is known now.
  var snapshot: Snapshot { state.withLock { $0.snapshot } }

  /// Takes an event of the pair of this number.
  func take(_ pair: Int, _ event: SyncEvent) {
    state.withLock { state in
      if pair != state.pair {
        state.pair = pair
        state.observedBefore = state.snapshot.observed
      }
      switch event {
      case .observed(let paths): state.snapshot.observed = state.observedBefore + paths
      case .planned(let totals):
        state.snapshot.isPlanned = true
        state.snapshot.planned += totals.changes
        state.snapshot.plannedBytes += totals.bytes
      case .started(let key, let bytes, _): state.snapshot.current.append(Current(key: key, bytes: bytes))
      case .moved(let key, let bytes):
        state.snapshot.bytes += bytes
        if let index = state.snapshot.current.firstIndex(where: { $0.key == key }) { state.snapshot.current[index].moved += bytes }
      case .finished(let key, let action):
        state.snapshot.current.removeAll { $0.key == key }
        if action != .nothing { state.snapshot.done += 1 }
      case .conflict(let outcome):
        state.snapshot.current.removeAll { $0.key == outcome.key }
        state.snapshot.done += 1
      case .failed(let failure):
        state.snapshot.current.removeAll { $0.key == failure.key }
        state.snapshot.done += 1
        state.snapshot.failed += 1
      case .named, .skipped, .hardLinks, .sentWhole: break
      }
      // A path may turn out to need more than was planned.
      state.snapshot.planned = max(state.snapshot.planned, state.snapshot.done)
      state.snapshot.plannedBytes = max(state.snapshot.plannedBytes, state.snapshot.bytes)
    }
  }
}

/// How fast something grows, over the last seconds.
struct RateMeter {
  private var samples: [(at: Duration, value: Int64)] = []
  /// How far back the rate looks.
  private let window: Duration

  /// A meter over a window.
  init(window: Duration = .seconds(5)) { self.window = window }

  /// Notes the value at a moment, counted from any fixed start.
  mutating func add(_ value: Int64, at moment: Duration) {
    samples.append((moment, value))
    // One sample older than the window stays: the rate then covers the whole of it.
    while samples.count > 2, samples[1].at <= moment - window { samples.removeFirst() }
  }

  /// Growth per second; nil before there is enough to say.
  var perSecond: Double? {
    guard let first = samples.first, let last = samples.last, last.at - first.at >= .milliseconds(300) else { return nil }
    let (seconds, attoseconds) = (last.at - first.at).components
    return Double(max(0, last.value - first.value)) / (Double(seconds) + Double(attoseconds) / 1e18)
  }
}
