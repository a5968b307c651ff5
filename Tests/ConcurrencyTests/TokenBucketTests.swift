import Concurrency
import Primitives
import Testing

@Suite struct TokenBucketTests {
  @Test func `the burst passes at once and then the rate holds`() async throws {
    let time = ManualClock()
    let bucket = TokenBucket(rate: 1000, clock: time.clock)
    let served = Lock(0)
    #expect(bucket.take(100) {} == nil)
    #expect(bucket.take(10) { served.withLock { $0 += 1 } } != nil)
    try await time.waitForSleepers()
    time.advance(by: .milliseconds(9))
    #expect(bucket.waiting == 1)
    time.advance(by: .milliseconds(1))
    #expect(try await eventually { served.withLock { $0 } == 1 })
    #expect(bucket.waiting == 0)
  }

  @Test func `a full bucket does not overflow`() {
    let time = ManualClock()
    let bucket = TokenBucket(rate: 1000, clock: time.clock)
    time.advance(by: .seconds(3600))
    #expect(bucket.take(100) {} == nil)
    #expect(bucket.take(1) {} != nil)
  }

  @Test func `more than the burst passes and its debt is paid`() {
    let time = ManualClock()
    let bucket = TokenBucket(rate: 100, clock: time.clock)
    #expect(bucket.take(250) {} == nil)
    time.advance(by: .milliseconds(2490))
    let early = bucket.take(10) {}
    #expect(early.map { bucket.leave($0) } == true)
    time.advance(by: .milliseconds(10))
    #expect(bucket.take(10) {} == nil)
  }

  @Test func `what is owed is paid by those who come later, and what is given back is theirs`() {
    let time = ManualClock()
    let bucket = TokenBucket(rate: 1000, clock: time.clock)
    bucket.owe(100)
    let early = bucket.take(1) {}
    #expect(early.map { bucket.leave($0) } == true)
    bucket.giveBack(60)
    #expect(bucket.take(60) {} == nil)
    #expect(bucket.take(1) {} != nil)
  }

  @Test func `over a long time the average is the rate`() {
    let time = ManualClock()
    let bucket = TokenBucket(rate: 1000, clock: time.clock)
    var taken = 0
    for _ in 0..<10_000 {
      time.advance(by: .milliseconds(1))
      while true {
        guard let place = bucket.take(3, orWait: {}) else {
          taken += 3
          continue
        }
        _ = bucket.leave(place)
        break
      }
    }
    #expect(abs(taken - 10_000) <= 103)
  }

  @Test func `nil is unlimited, and a changed rate holds at once for those who wait`() async throws {
    let time = ManualClock()
    let bucket = TokenBucket(rate: nil, clock: time.clock)
    for _ in 0..<1000 { #expect(bucket.take(1 << 40) {} == nil) }
    bucket.setRate(10)
    #expect(bucket.rate == 10)
    let order = Lock([Int]())
    for index in 0..<3 { #expect(bucket.take(1000) { order.withLock { $0.append(index) } } != nil) }
    // Only the rate changes: no time passes.
    bucket.setRate(20)
    #expect(order.withLock { $0 } == [])
    bucket.setRate(nil)
    #expect(order.withLock { $0 } == [0, 1, 2])
    #expect(bucket.waiting == 0)
  }

  @Test func `a lowered rate makes those wait longer who wait already`() async throws {
    let time = ManualClock()
    let bucket = TokenBucket(rate: 1000, clock: time.clock)
    #expect(bucket.take(100) {} == nil)
    let isServed = Lock(false)
    #expect(bucket.take(100) { isServed.withLock { $0 = true } } != nil)
    bucket.setRate(100)
    try await time.waitForSleepers()
    time.advance(by: .milliseconds(99))
    #expect(bucket.waiting == 1)
    // A hundred is more than the new burst: a full bucket is enough.
    time.advance(by: .milliseconds(1))
    #expect(try await eventually { isServed.withLock { $0 } })
  }

  @Test func `who leaves the line is not served, and those behind move up`() async throws {
    let time = ManualClock()
    let bucket = TokenBucket(rate: 1000, clock: time.clock)
    #expect(bucket.take(100) {} == nil)
    let order = Lock([Int]())
    let first = try #require(bucket.take(90) { order.withLock { $0.append(1) } })
    #expect(bucket.take(10) { order.withLock { $0.append(2) } } != nil)
    #expect(bucket.leave(first))
    #expect(!bucket.leave(first))
    try await time.waitForSleepers()
    time.advance(by: .milliseconds(10))
    #expect(try await eventually { order.withLock { $0 } == [2] })
  }

  @Test(arguments: 0..<20) func `flows that stand in line for each step get the same share`(round: Int) {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    let time = ManualClock()
    let rate = Int.random(in: 100_000...10_000_000, using: &random)
    let bucket = TokenBucket(rate: Double(rate), clock: time.clock)
    // The first would have what the bucket holds at the beginning.
    bucket.owe(rate / 10)
    let flows = (0..<Int.random(in: 2...12, using: &random)).map { _ in Flow(bucket) }
    for flow in flows.shuffled(using: &random) { flow.begin() }
    let seconds = 4
    for _ in 0..<seconds * 1000 {
      time.advance(by: .milliseconds(1))
      // Serves the line, as the sleeper would: on this thread, so that nothing but the seed decides.
      bucket.giveBack(1)
      bucket.owe(1)
    }
    let moved = flows.map(\.moved)
    #expect(moved.max()! - moved.min()! <= bucket.step)
    let total = moved.reduce(0, +)
    #expect(abs(total - rate * seconds) <= bucket.step * 2)
  }
}

/// Something that always has more to move.
private final class Flow: Sendable {
  private let bucket: TokenBucket
  private let count = Lock(0)

  init(_ bucket: TokenBucket) { self.bucket = bucket }

  var moved: Int { count.withLock { $0 } }

  func begin() {
    while bucket.take(bucket.step, orWait: { self.step() }) == nil { count.withLock { $0 += bucket.step } }
  }

  private func step() {
    count.withLock { $0 += bucket.step }
    // A test must not go deeper with every step: who is called stands at the end of the line.
    begin()
  }
}
