import Concurrency
import Testing

@Suite struct AsyncSemaphoreTests {
  @Test func `never more than the limit run at once`() async throws {
    let semaphore = AsyncSemaphore(limit: 3)
    let running = Lock((now: 0, most: 0))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask {
          try await semaphore.withPermit {
            running.withLock {
              $0.now += 1
              $0.most = max($0.most, $0.now)
            }
            try await Task.sleep(for: .milliseconds(1))
            running.withLock { $0.now -= 1 }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(running.withLock { $0.most } == 3)
    #expect(semaphore.used == 0)
  }

  @Test func `a big request is not overtaken by small ones`() async throws {
    let semaphore = AsyncSemaphore(limit: 4)
    try await semaphore.acquire(3)
    let order = Lock([String]())
    let big = Task {
      try await semaphore.acquire(4)
      order.withLock { $0.append("big") }
      semaphore.release(4)
    }
    #expect(try await eventually { semaphore.waiting == 1 })
    let small = Task {
      try await semaphore.acquire(1)
      order.withLock { $0.append("small") }
      semaphore.release(1)
    }
    #expect(try await eventually { semaphore.waiting == 2 })
    #expect(!semaphore.tryAcquire())
    semaphore.release(3)
    try await big.value
    try await small.value
    #expect(order.withLock { $0 } == ["big", "small"])
  }

  @Test func `cancelling the first in line lets the next one through`() async throws {
    let semaphore = AsyncSemaphore(limit: 2)
    try await semaphore.acquire(1)
    let first = Task { try await semaphore.acquire(2) }
    #expect(try await eventually { semaphore.waiting == 1 })
    let second = Task { try await semaphore.acquire(1) }
    #expect(try await eventually { semaphore.waiting == 2 })
    first.cancel()
    await #expect(throws: CancellationError.self) { try await first.value }
    try await second.value
    #expect(semaphore.used == 2)
  }

  @Test func `raising the limit lets waiters through and lowering it holds them`() async throws {
    let semaphore = AsyncSemaphore(limit: 0)
    let waiter = Task { try await semaphore.acquire() }
    #expect(try await eventually { semaphore.waiting == 1 })
    semaphore.setLimit(1)
    try await waiter.value
    semaphore.setLimit(0)
    #expect(semaphore.used == 1)
    semaphore.release()
    #expect(!semaphore.tryAcquire())
  }

  @Test func `a request above the limit gets its turn alone`() async throws {
    let semaphore = AsyncSemaphore(limit: 2)
    try await semaphore.acquire(5)
    #expect(!semaphore.tryAcquire())
    semaphore.release(5)
    #expect(semaphore.tryAcquire())
  }

  @Test func `a permit comes back when the body throws`() async throws {
    let semaphore = AsyncSemaphore(limit: 1)
    await #expect(throws: Broken.self) { try await semaphore.withPermit { throw Broken() } }
    #expect(semaphore.used == 0)
  }

  @Test func `random cancellations never lose a permit`() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = Numbers(seed: seed)
    let semaphore = AsyncSemaphore(limit: 3)
    var tasks: [Task<Void, any Error>] = []
    for _ in 0..<300 {
      let amount = Int.random(in: 1...3, using: &random)
      tasks.append(Task { try await semaphore.withPermit(amount) { await Task.yield() } })
      if Bool.random(using: &random) { tasks.randomElement(using: &random)?.cancel() }
    }
    for task in tasks { _ = await task.result }
    #expect(semaphore.used == 0)
    #expect(semaphore.waiting == 0)
  }
}
