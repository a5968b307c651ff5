/// Keeps retries a small part of all requests, so that a failing store is not hit several times as hard as a healthy one.
///
/// Each retry costs one token; each success earns `ratio` of a token, up to `capacity`. Starts full.
public final class RetryBudget: Sendable {
  private let capacity: Double
  private let ratio: Double
  private let tokens: Lock<Double>

  public init(capacity: Int = 100, ratio: Double = 0.2) {
    precondition(capacity >= 0 && ratio >= 0, "a budget is not negative")
    self.capacity = Double(capacity)
    self.ratio = ratio
    tokens = Lock(Double(capacity))
  }

  /// Whole retries left.
  public var remaining: Int { tokens.withLock { Int($0) } }

  /// Takes the cost of one retry, if there is enough.
  public func trySpend() -> Bool {
    tokens.withLock { tokens in
      guard tokens >= 1 else { return false }
      tokens -= 1
      return true
    }
  }

  /// A request went well.
  public func recordSuccess() { tokens.withLock { $0 = min($0 + ratio, capacity) } }
}
