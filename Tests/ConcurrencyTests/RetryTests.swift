import Concurrency
import Testing

@Suite struct BackoffTests {
  @Test func `the ceiling doubles up to the cap and does not overflow`() {
    let backoff = Backoff(base: .milliseconds(100), cap: .seconds(5))
    #expect((0..<8).map { backoff.ceiling(attempt: $0) } == [100, 200, 400, 800, 1600, 3200, 5000, 5000].map { .milliseconds($0) })
    #expect(backoff.ceiling(attempt: .max) == .seconds(5))
    #expect(Backoff(base: .seconds(9), cap: .seconds(5)).ceiling(attempt: 0) == .seconds(5))
  }

  @Test func `delays fill the whole range below the ceiling`() {
    let backoff = Backoff(base: .seconds(1), cap: .seconds(60))
    var random = Numbers(seed: 7)
    let delays = (0..<1000).map { _ in backoff.delay(attempt: 2, using: &random) }
    #expect(delays.allSatisfy { $0 >= .zero && $0 <= .seconds(4) })
    #expect(delays.contains { $0 < .milliseconds(400) })
    #expect(delays.contains { $0 > .milliseconds(3600) })
  }

  @Test func `the same seed gives the same delays`() {
    let backoff = Backoff(base: .seconds(1), cap: .seconds(60))
    var (left, right) = (Numbers(seed: 1), Numbers(seed: 1))
    for attempt in 0..<10 {
      #expect(backoff.delay(attempt: attempt, using: &left) == backoff.delay(attempt: attempt, using: &right))
    }
  }
}

@Suite struct RetryBudgetTests {
  @Test func `retries end with the budget and successes refill it`() {
    let budget = RetryBudget(capacity: 3, ratio: 0.5)
    #expect((0..<5).map { _ in budget.trySpend() } == [true, true, true, false, false])
    budget.recordSuccess()
    #expect(!budget.trySpend())
    budget.recordSuccess()
    #expect(budget.trySpend())
  }

  @Test func `the budget does not grow beyond its capacity`() {
    let budget = RetryBudget(capacity: 2, ratio: 1)
    for _ in 0..<100 { budget.recordSuccess() }
    #expect(budget.remaining == 2)
  }
}
