import Concurrency
import Testing

@Suite struct TokenBucketTests {
  @Test func `the burst passes at once and then the rate holds`() {
    let time = ManualClock()
    let bucket = TokenBucket(rate: 100, burst: 50, clock: time.clock)
    #expect(bucket.tryTake(50) == nil)
    #expect(bucket.tryTake(10) == .milliseconds(100))
    time.advance(by: .milliseconds(99))
    #expect(bucket.tryTake(10) != nil)
    time.advance(by: .milliseconds(1))
    #expect(bucket.tryTake(10) == nil)
    #expect(bucket.tryTake(1) != nil)
  }

  @Test func `a full bucket does not overflow`() {
    let time = ManualClock()
    let bucket = TokenBucket(rate: 100, burst: 50, clock: time.clock)
    time.advance(by: .seconds(3600))
    #expect(bucket.tryTake(50) == nil)
    #expect(bucket.tryTake(1) != nil)
  }

  @Test func `a request above the burst passes and its debt is paid`() {
    let time = ManualClock()
    let bucket = TokenBucket(rate: 100, burst: 50, clock: time.clock)
    #expect(bucket.tryTake(250) == nil)
    #expect(bucket.tryTake(50) == .milliseconds(2500))
  }

  @Test func `over a long time the average is the rate`() {
    let time = ManualClock()
    let bucket = TokenBucket(rate: 1000, burst: 10, clock: time.clock)
    var taken = 0
    for _ in 0..<10_000 {
      time.advance(by: .milliseconds(1))
      while bucket.tryTake(3) == nil { taken += 3 }
    }
    #expect(abs(taken - 10_000) <= 20)
  }

  @Test func `nil is unlimited, and the rate can be changed while running`() {
    let time = ManualClock()
    let bucket = TokenBucket(rate: nil, clock: time.clock)
    for _ in 0..<1000 { #expect(bucket.tryTake(1 << 40) == nil) }
    bucket.setRate(10, burst: 1)
    #expect(bucket.rate == 10)
    _ = bucket.tryTake(1)
    #expect(bucket.tryTake(1) == .milliseconds(100))
    bucket.setRate(nil)
    #expect(bucket.tryTake(1 << 40) == nil)
  }

  @Test func `takers are served in line`() async throws {
    let time = ManualClock()
    let bucket = TokenBucket(rate: 100, burst: 10, clock: time.clock)
    try await bucket.take(10)
    let order = Lock([Int]())
    var tasks: [Task<Void, any Error>] = []
    for index in 0..<3 {
      tasks.append(
        Task {
          try await bucket.take(10)
          order.withLock { $0.append(index) }
        })
      try await time.waitForSleepers(index + 1)
    }
    for served in 1...3 {
      time.advance(by: .milliseconds(100))
      #expect(try await eventually { order.withLock { $0.count } == served })
    }
    for task in tasks { try await task.value }
    #expect(order.withLock { $0 } == [0, 1, 2])
  }

  @Test func `a cancelled taker gives its tokens to those behind it`() async throws {
    let time = ManualClock()
    let bucket = TokenBucket(rate: 100, burst: 10, clock: time.clock)
    try await bucket.take(10)
    let first = Task { try await bucket.take(1000) }
    try await time.waitForSleepers(1)
    first.cancel()
    await #expect(throws: CancellationError.self) { try await first.value }
    #expect(bucket.tryTake(10) == .milliseconds(100))
  }

  @Test func `those who wait notice that the limit was lifted`() async throws {
    let bucket = TokenBucket(rate: 1, burst: 1)
    try await bucket.take(1)
    let taker = Task { try await bucket.take(1000) }
    try await Task.sleep(for: .milliseconds(20))
    bucket.setRate(nil)
    let time = try await elapsed { try await taker.value }
    #expect(time < .seconds(500))
  }
}
