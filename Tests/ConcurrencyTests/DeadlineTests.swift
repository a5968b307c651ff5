import Concurrency
import Testing

@Suite struct DeadlineTests {
  @Test func `work that is done in time gives its result`() async throws {
    #expect(try await withDeadline(.seconds(60)) { 5 } == 5)
  }

  @Test func `work that fails in time gives its error`() async throws {
    await #expect(throws: Broken(number: 4)) { try await withDeadline(.seconds(60)) { throw Broken(number: 4) } }
  }

  @Test func `work that is late is cancelled and reported as late`() async throws {
    let time = ManualClock()
    let wasCancelled = Lock(false)
    let task = Task {
      try await withDeadline(.seconds(30), clock: time.clock) {
        do {
          try await Task.sleep(for: .seconds(600))
        } catch {
          wasCancelled.withLock { $0 = true }
          throw error
        }
      }
    }
    try await time.waitForSleepers()
    time.advance(by: .seconds(29))
    #expect(time.sleeperCount == 1)
    time.advance(by: .seconds(1))
    await #expect(throws: DeadlineExceeded.self) { try await task.value }
    #expect(wasCancelled.withLock { $0 })
  }

  @Test func `a result that comes although it is late is kept`() async throws {
    let time = ManualClock()
    let gate = OneShot<Int>()
    let task = Task { try await withDeadline(.seconds(1), clock: time.clock) { try await gate.waitUncancellably() } }
    try await time.waitForSleepers()
    time.advance(by: .seconds(2))
    gate.settle(.success(6))
    #expect(try await task.value == 6)
  }

  @Test func `cancelling the caller is a cancellation, not a deadline`() async throws {
    let task = Task { try await withDeadline(.seconds(60)) { try await Task.sleep(for: .seconds(60)) } }
    try await Task.sleep(for: .milliseconds(10))
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}

@Suite struct OneShotTests {
  @Test func `the first to settle wins`() async throws {
    let shot = OneShot<Int>()
    #expect(shot.settle(.success(1)))
    #expect(!shot.settle(.success(2)))
    #expect(try await shot.wait() == 1)
  }

  @Test func `a cancelled wait takes its request back`() async throws {
    let shot = OneShot<Int>()
    let takenBack = Lock(false)
    let task = Task { try await shot.wait(onCancel: { takenBack.withLock { $0 = true } }) }
    try await Task.sleep(for: .milliseconds(10))
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(takenBack.withLock { $0 })
    #expect(!shot.settle(.success(1)))
  }
}
