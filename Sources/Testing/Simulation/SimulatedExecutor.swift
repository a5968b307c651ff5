import Concurrency
import Primitives
import Synchronization

/// One thread's worth of world: runs the jobs of all tasks in an order that a seed chooses, under a clock that jumps to the next timer
/// when nothing else is to be done.
///
/// Everything that prefers this executor must stay on it. Jobs may come from its own thread only, while it runs.
///
/// Unchecked: one thread runs the world and everything in it.
final class SimulatedExecutor: TaskExecutor, @unchecked Sendable {
  private struct Timer {
    let id: Int
    let deadline: Duration
    let continuation: CheckedContinuation<Void, any Error>
  }

  private var ready: [UnownedJob] = []
  private var timers: [Timer] = []
  private var nextTimer = 0
  private var random: SeededRandom
  /// The time since the world began.
  private(set) var now: Duration = .zero
  /// How many jobs have run.
  private(set) var jobCount = 0

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// The order from here on follows `seed`, whatever came before: a shortened scenario keeps the order of what is left.
  func reseed(_ seed: UInt64) { random = SeededRandom(seed: seed) }

  func enqueue(_ job: consuming ExecutorJob) { ready.append(UnownedJob(job)) }

  /// Runs `body` and everything it starts until it has returned.
  /// - Returns: its result; nil if all tasks wait for something that will never come, or if it takes more than `limit` jobs.
  func run<Result: Sendable>(limit: Int, _ body: @escaping @Sendable () async -> Result) -> Result? {
    let result = Lock<Result?>(nil)
    Task(executorPreference: self) {
      let value = await SimulatedTime.$executor.withValue(self) { await body() }
      result.withLock { $0 = value }
    }
    let executor = asUnownedTaskExecutor()
    let end = jobCount + limit
    while true {
      if let value = result.withLock({ $0 }) { return value }
      if jobCount >= end { return nil }
      if ready.isEmpty, !fireNextTimer() { return nil }
      if ready.isEmpty { continue }
      let index = ready.count == 1 ? 0 : Int.random(in: 0..<ready.count, using: &random)
      ready.swapAt(index, ready.count - 1)
      let job = ready.removeLast()
      jobCount += 1
      job.runSynchronously(on: executor)
    }
  }

  private func fireNextTimer() -> Bool {
    guard let first = timers.min(by: { ($0.deadline, $0.id) < ($1.deadline, $1.id) }) else { return false }
    timers.removeAll { $0.id == first.id }
    now = max(now, first.deadline)
    first.continuation.resume()
    return true
  }

  /// Suspends for that long in the time of the world.
  func sleep(_ duration: Duration) async throws {
    let id = nextTimer
    nextTimer += 1
    let deadline = now + duration
    try Task.checkCancellation()
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        if Task.isCancelled { return continuation.resume(throwing: CancellationError()) }
        timers.append(Timer(id: id, deadline: deadline, continuation: continuation))
      }
    } onCancel: {
      guard let index = timers.firstIndex(where: { $0.id == id }) else { return }
      timers.remove(at: index).continuation.resume(throwing: CancellationError())
    }
  }

  /// The clock of the world for waits.
  var monotonicClock: MonotonicClock {
    MonotonicClock(now: { [self] in now }, sleep: { [self] in try await sleep($0) })
  }
}
