public import Concurrency
public import ObjectStorage
import Primitives

/// Repeats a step of a larger work, a part of an upload or a page of a listing, where the fault is a passing one: who retries the whole
/// gives it a few attempts and begins anew, and a large object has thousands of parts and hours for as many faults.
///
/// Few attempts a step, and a budget for all: an outage is for the layer around to wait for.
public struct StepPatience: Sendable {
  /// The longest wait that a service may ask for here.
  private static let longestWait = Duration.seconds(60)

  private let budget = RetryBudget(capacity: 20)
  private let backoff = Backoff(base: .milliseconds(200), cap: .seconds(5))
  private let attempts: Int
  private let clock: MonotonicClock

  /// - Parameter attempts: of one step, the first among them.
  public init(attempts: Int = 3, clock: MonotonicClock = .system) {
    self.attempts = attempts
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
        budget.recordSuccess()
        return value
      } catch let error as StorageError {
        attempt += 1
        guard attempt < attempts, !isFinal(error), ![.sourceChanged, .unauthenticated].contains(error.code),
          Self.wait(asked: error.retry) != nil,
          budget.trySpend()
        else { throw error }
        try await pause(attempt, after: error)
      }
    }
  }

  /// Waits before the attempt after this one, the first being 1.
  public func pause(_ attempt: Int, after error: StorageError) async throws {
    // Many clients of one service are to come back at different moments.
    var random = SystemRandomNumberGenerator()  // lint: random
    try await clock.sleep((Self.wait(asked: error.retry) ?? .zero) + backoff.delay(attempt: attempt - 1, using: &random))
  }

  private static func wait(asked: StorageError.Retry) -> Duration? {
    switch asked {
    case .never: nil
    case .later: .zero
    case .after(let wait): wait <= longestWait ? wait : nil
    }
  }
}
