import Concurrency
import Glibc
import Testing

/// Blocks the thread it is called on until `condition` holds; gives up after a minute.
private func holdThread(until condition: () -> Bool) -> Bool {
  for _ in 0..<60_000 where !condition() { usleep(1000) }
  return condition()
}

@Suite struct BlockingPoolTests {
  @Test func `as many blocking calls run at once as there are threads`() async throws {
    let pool = BlockingPool(name: "test", threads: 4)
    let running = Lock((now: 0, most: 0))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          try await pool.run {
            running.withLock {
              $0.now += 1
              $0.most = max($0.most, $0.now)
            }
            // Nobody leaves before four have met, however busy the machine; then there is time for a fifth to come in.
            #expect(holdThread { running.withLock { $0.most } >= 4 })
            usleep(5_000)
            running.withLock { $0.now -= 1 }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(running.withLock { $0.most } == 4)
  }

  @Test func `results and errors come back`() async throws {
    let pool = BlockingPool(name: "test", threads: 1)
    #expect(try await pool.run { 7 } == 7)
    await #expect(throws: Broken(number: 1)) { try await pool.run { throw Broken(number: 1) } }
  }

  @Test func `it serves as a task executor`() async throws {
    let pool = BlockingPool(name: "test", threads: 1)
    let inside = try await pool.run { pthread_self() }
    let task = Task(executorPreference: pool) { pthread_self() }
    #expect(await task.value == inside)
  }

  @Test func `work that waits in the queue is dropped when its task is cancelled`() async throws {
    let pool = BlockingPool(name: "test", threads: 1)
    let ran = Lock(false)
    let isBlocking = Lock(false)
    let mayGo = Lock(false)
    let blocker = Task {
      try await pool.run {
        isBlocking.withLock { $0 = true }
        while !mayGo.withLock({ $0 }) { usleep(1000) }
      }
    }
    #expect(try await eventually { isBlocking.withLock { $0 } })
    let waiting = Task { try await pool.run { ran.withLock { $0 = true } } }
    try await Task.sleep(for: .milliseconds(20))
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    mayGo.withLock { $0 = true }
    try await blocker.value
    try await pool.run {}
    #expect(!ran.withLock { $0 })
  }

  @Test func `work that runs is awaited although its task is cancelled`() async throws {
    let pool = BlockingPool(name: "test", threads: 1)
    let hasBegun = Lock(false)
    let hasEnded = Lock(false)
    let task = Task {
      try await pool.run {
        hasBegun.withLock { $0 = true }
        usleep(60_000)
        hasEnded.withLock { $0 = true }
      }
    }
    #expect(try await eventually { hasBegun.withLock { $0 } })
    task.cancel()
    try await task.value
    #expect(hasEnded.withLock { $0 })
  }

  @Test func `the shared pool has between two and four threads' worth of room`() async throws {
    let seen = Lock((threads: Set<UInt>(), inside: 0, most: 0))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<12 {
        group.addTask {
          try await BlockingPool.shared.run {
            seen.withLock {
              $0.threads.insert(UInt(pthread_self()))
              $0.inside += 1
              $0.most = max($0.most, $0.inside)
            }
            // Other tests use this pool too: the second thread may take its time to come.
            #expect(holdThread { seen.withLock { $0.most } >= 2 })
            seen.withLock { $0.inside -= 1 }
          }
        }
      }
      try await group.waitForAll()
    }
    let (threads, most) = seen.withLock { ($0.threads.count, $0.most) }
    #expect((2...4).contains(threads) && (2...4).contains(most))
  }
}
