public import Concurrency
public import ObjectStorage
import Primitives

/// Repeats a step of a larger work, a part of an upload or a page of a listing, where the fault is a passing one: who retries the whole
/// gives it a few attempts and begins anew, and a large object has thousands of parts and hours for as many faults.
public struct StepPatience: Sendable {
  private let attempts: Int
  private let budget: RetryBudget?
  private let backoff: Backoff
  private let longestWait: Duration
  private let clock: MonotonicClock

  /// - Parameters:
  ///   - attempts: of one step, the first among them.
  ///   - budget: repetitions of all steps together, a few more for each success: an outage is for the layer around to wait for. nil: as
  ///     many as the steps take.
  ///   - backoff: the waits between attempts.
  ///   - longestWait: if a service asks for a longer one, it is left to the layer around.
  public init(
    attempts: Int = 3, budget: Int? = 20, backoff: Backoff = Backoff(base: .milliseconds(200), cap: .seconds(5)),
    longestWait: Duration = .seconds(60), clock: MonotonicClock = .system
  ) {
    self.attempts = attempts
    self.budget = budget.map { RetryBudget(capacity: $0) }
    self.backoff = backoff
    self.longestWait = longestWait
    self.clock = clock
  }

  /// Runs `step` until it succeeds or the patience ends.
  /// - Parameter isFinal: failures that the same step again cannot mend.
  public func run<Value>(
    unless isFinal: (StorageError) -> Bool = { _ in false }, _ step: () async throws -> Value
  ) async throws -> Value {
    var attempt = 0
    while true {
      do {
        let value = try await step()
        budget?.recordSuccess()
        return value
      } catch let error as StorageError {
        attempt += 1
        guard attempt < attempts, error.code != .sourceChanged, !isFinal(error), let asked = Self.wait(asked: error.retry),
          asked <= longestWait, budget?.trySpend() ?? true
        else { throw error }
        try await clock.sleep(asked + backoff.jittered(attempt))
      }
    }
  }

  /// For a loop of another kind: waits before the attempt after this one, the first being 1, and as long as the service asks, up to
  /// `longestWait`.
  public func pause(_ attempt: Int, after error: StorageError) async throws {
    try await clock.sleep(min(Self.wait(asked: error.retry) ?? .zero, longestWait) + backoff.jittered(attempt))
  }

  private static func wait(asked: StorageError.Retry) -> Duration? {
    switch asked {
    case .never: nil
    case .later: .zero
    case .after(let wait): wait
    }
  }
}

extension Backoff {
  /// Many clients of one service are to come back at different moments.
  fileprivate func jittered(_ attempt: Int) -> Duration {
    var random = SystemRandomNumberGenerator()  // lint: random
    return delay(attempt: attempt - 1, using: &random)
  }
}
