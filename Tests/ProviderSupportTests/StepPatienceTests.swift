import Concurrency
import ObjectStorage
import Primitives
import ProviderSupport
import Testing

/// Steps of a larger work that are repeated.
@Suite struct StepPatienceTests {
  /// A clock whose waits take no time and are noted.
  private final class Waits: Sendable {
    let all = Lock<[Duration]>([])

    var clock: MonotonicClock {
      MonotonicClock(
        now: { .zero },
        sleep: { wait in
          try Task.checkCancellation()
          self.all.withLock { $0.append(wait) }
        })
    }
  }

  private static func failure(_ retry: StorageError.Retry, _ code: StorageError.Code = .unavailable) -> StorageError {
    StorageError(code, retry: retry, store: "test", message: "no")
  }

  private static let short = Backoff(base: .milliseconds(100), cap: .seconds(1))

  @Test func `a step is tried as often as said, and no oftener`() async throws {
    let (waits, tries) = (Waits(), Lock(0))
    let patience = StepPatience(attempts: 3, clock: waits.clock)
    let value = try await patience.run {
      let count = tries.withLock { count in
        count += 1
        return count
      }
      if count < 3 { throw Self.failure(.later) }
      return count
    }
    #expect(value == 3 && waits.all.withLock { $0.count } == 2)
    tries.withLock { $0 = 0 }
    await #expect(throws: StorageError.self) {
      try await patience.run {
        tries.withLock { $0 += 1 }
        throw Self.failure(.later)
      }
    }
    #expect(tries.withLock { $0 } == 3)
  }

  @Test(arguments: [
    (failure(.never), false), (failure(.later, .sourceChanged), false), (failure(.after(.seconds(31))), false),
    (failure(.after(.seconds(30))), true), (failure(.later, .unauthenticated), true), (failure(.later, .throttled), true),
  ])
  func `what cannot succeed, or not soon, is not tried again`(_ error: StorageError, isRepeated: Bool) async throws {
    let (waits, tries) = (Waits(), Lock(0))
    let patience = StepPatience(attempts: 2, backoff: Self.short, longestWait: .seconds(30), clock: waits.clock)
    await #expect(throws: StorageError.self) {
      try await patience.run {
        tries.withLock { $0 += 1 }
        throw error
      }
    }
    #expect(tries.withLock { $0 } == (isRepeated ? 2 : 1))
    if case .after(let asked) = error.retry, isRepeated {
      #expect(waits.all.withLock { $0.allSatisfy { $0 >= asked && $0 <= asked + .seconds(1) } })
    }
  }

  @Test func `what the caller calls final is final`() async throws {
    let tries = Lock(0)
    await #expect(throws: StorageError.self) {
      try await StepPatience(clock: Waits().clock).run(unless: { $0.code == .unavailable }) {
        tries.withLock { $0 += 1 }
        throw Self.failure(.later)
      }
    }
    #expect(tries.withLock { $0 } == 1)
  }

  @Test func `an outage ends all steps soon, unless there is no budget`() async throws {
    for (budget, expected) in [(5 as Int?, 10 + 5), (nil, 30)] {
      let tries = Lock(0)
      let patience = StepPatience(attempts: 3, budget: budget, clock: Waits().clock)
      for _ in 0..<10 {
        try? await patience.run {
          tries.withLock { $0 += 1 }
          throw Self.failure(.later)
        }
      }
      #expect(tries.withLock { $0 } == expected)
    }
  }

  @Test func `a pause obeys the service up to its longest wait`() async throws {
    let waits = Waits()
    let patience = StepPatience(backoff: Self.short, longestWait: .seconds(60), clock: waits.clock)
    for asked in [.later, .after(.seconds(10)), .after(.seconds(120))] as [StorageError.Retry] {
      try await patience.pause(1, after: Self.failure(asked))
    }
    let found = waits.all.withLock { $0 }
    for (wait, least) in zip(found, [0, 10, 60]) { #expect(wait >= .seconds(least) && wait <= .seconds(least + 1), "\(found)") }
  }

  @Test func `cancelling ends the wait`() async throws {
    let task = Task {
      try await StepPatience(attempts: 9).run { throw Self.failure(.after(.seconds(30))) }
    }
    try await Task.sleep(for: .milliseconds(20))
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}
