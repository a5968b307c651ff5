import Concurrency
import ObjectStorage
import Primitives

/// Sends a part again by itself where the fault is a passing one: who retries the whole write gives it a few attempts, and a large object
/// has thousands of parts and hours for as many faults.
///
/// Few attempts a part, and a budget for all: an outage is for the layer around to wait for.
struct PartPatience: Sendable {
  private static let attempts = 3
  /// The longest wait that a service may ask for here.
  private static let longestWait = Duration.seconds(60)

  private let budget = RetryBudget(capacity: 20)
  private let backoff = Backoff(base: .milliseconds(200), cap: .seconds(5))
  private let clock: MonotonicClock

  init(clock: MonotonicClock = .system) { self.clock = clock }

  /// Runs `send` until it succeeds or the patience ends.
  func run(_ send: () async throws -> Void) async throws {
    var attempt = 0
    while true {
      do {
        try await send()
        budget.recordSuccess()
        return
      } catch let error as StorageError {
        attempt += 1
        guard attempt < Self.attempts, let asked = Self.wait(asked: error.retry), error.code != .sourceChanged, budget.trySpend()
        else { throw error }
        // Many clients of one service are to come back at different moments.
        var random = SystemRandomNumberGenerator()  // lint: random
        try await clock.sleep(asked + backoff.delay(attempt: attempt - 1, using: &random))
      }
    }
  }

  private static func wait(asked: StorageError.Retry) -> Duration? {
    switch asked {
    case .never: nil
    case .later: .zero
    case .after(let wait): wait <= longestWait ? wait : nil
    }
  }
}
