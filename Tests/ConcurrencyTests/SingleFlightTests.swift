import Concurrency
import Testing

@Suite struct SingleFlightTests {
  @Test func `callers at the same time share one run`() async throws {
    let flight = SingleFlight<Int>()
    let runs = Lock(0)
    let gate = OneShot<Int>()
    let tasks = (0..<10).map { _ in
      Task {
        try await flight.run {
          runs.withLock { $0 += 1 }
          return try await gate.wait()
        }
      }
    }
    #expect(try await eventually { runs.withLock { $0 } == 1 })
    try await Task.sleep(for: .milliseconds(20))
    gate.settle(.success(8))
    for task in tasks { #expect(try await task.value == 8) }
    #expect(runs.withLock { $0 } == 1)
    #expect(try await flight.run { 9 } == 9)
  }

  @Test func `a failure is shared and not kept`() async throws {
    let flight = SingleFlight<Int>()
    await #expect(throws: Broken(number: 2)) { try await flight.run { throw Broken(number: 2) } }
    #expect(try await flight.run { 1 } == 1)
  }

  @Test func `one caller's cancellation leaves the others their result`() async throws {
    let flight = SingleFlight<Int>()
    let gate = OneShot<Int>()
    let first = Task { try await flight.run { try await gate.wait() } }
    #expect(try await eventually { flight.isFlying })
    let second = Task { try await flight.run { 0 } }
    try await Task.sleep(for: .milliseconds(20))
    first.cancel()
    await #expect(throws: CancellationError.self) { try await first.value }
    #expect(flight.isFlying)
    gate.settle(.success(5))
    #expect(try await second.value == 5)
  }

  @Test func `the work is cancelled when the last caller has left`() async throws {
    let flight = SingleFlight<Int>()
    let wasCancelled = Lock(false)
    let task = Task {
      try await flight.run {
        do {
          try await Task.sleep(for: .seconds(60))
        } catch {
          wasCancelled.withLock { $0 = true }
          throw error
        }
        return 1
      }
    }
    #expect(try await eventually { flight.isFlying })
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(try await eventually { wasCancelled.withLock { $0 } })
    #expect(try await flight.run { 3 } == 3)
  }
}
