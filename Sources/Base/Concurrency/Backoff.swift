/// How long to wait before the next attempt: exponential with full jitter, so that many clients do not come back together.
public struct Backoff: Sendable, Hashable {
  /// The longest wait before the second attempt; doubles from there.
  public let base: Duration
  /// The longest wait of all.
  public let cap: Duration

  /// - Parameters: both above zero.
  public init(base: Duration, cap: Duration) {
    precondition(base > .zero && cap > .zero, "waits are positive")
    self.base = base
    self.cap = cap
  }

  /// The longest that `delay` can give after `attempt` (0: the first) has failed.
  public func ceiling(attempt: Int) -> Duration {
    var ceiling = min(base, cap)
    var left = max(attempt, 0)
    while left > 0, ceiling < cap {
      ceiling = min(ceiling * 2, cap)
      left -= 1
    }
    return ceiling
  }

  /// A random wait between nothing and the ceiling.
  public func delay(attempt: Int, using random: inout some RandomNumberGenerator) -> Duration {
    ceiling(attempt: attempt) * Double.random(in: 0...1, using: &random)
  }
}
