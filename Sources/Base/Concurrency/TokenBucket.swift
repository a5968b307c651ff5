/// Shapes a flow to so many bytes (or requests) a second.
///
/// The bucket fills at the rate up to the burst. A request larger than the burst is allowed when the bucket is full and leaves it in
/// debt, so any size passes and the average holds. `take` is first come, first served.
public final class TokenBucket: Sendable {
  private struct State {
    var rate: Double?
    var burst: Double
    /// All tokens ever made, less those that a full bucket let run over.
    var produced: Double
    /// All tokens ever taken or promised.
    var promised: Double = 0
    var updated: Duration

    mutating func refill(_ now: Duration) {
      guard now > updated else { return }
      if let rate {
        produced = min(produced + rate * (now - updated).inSeconds, promised + burst)
      } else {
        produced = promised + burst
      }
      updated = now
    }

    mutating func promise(_ amount: Double) {
      promised += amount
      if rate == nil { produced = promised + burst }
    }

    func wait(until level: Double) -> Duration? {
      guard let rate, produced < level else { return nil }
      // Never zero: who waits for no time at all spins.
      return max(.seconds((level - produced) / rate), .microseconds(1))
    }
  }

  private let state: Lock<State>
  private let clock: MonotonicClock

  /// - Parameters:
  ///   - rate: tokens a second, above 0; nil: unlimited.
  ///   - burst: what may pass at once after a pause; nil: a tenth of a second's worth, at least 1.
  public init(rate: Double?, burst: Double? = nil, clock: MonotonicClock = .system) {
    precondition(rate.map { $0 > 0 } ?? true, "a rate is positive")
    let burst = max(burst ?? (rate ?? 0) / 10, 1)
    self.clock = clock
    state = Lock(State(rate: rate, burst: burst, produced: burst, updated: clock.now()))
  }

  /// Tokens a second; nil: unlimited.
  public var rate: Double? { state.withLock { $0.rate } }

  /// Changes the rate, also for those who wait already (they notice within a quarter of a second).
  public func setRate(_ rate: Double?, burst: Double? = nil) {
    precondition(rate.map { $0 > 0 } ?? true, "a rate is positive")
    let now = clock.now()
    state.withLock { state in
      state.refill(now)
      state.rate = rate
      state.burst = max(burst ?? (rate ?? 0) / 10, 1)
      state.produced = rate == nil ? state.promised + state.burst : min(state.produced, state.promised + state.burst)
    }
  }

  /// Takes `amount` tokens now, or none.
  /// - Returns: nil if they were taken, else how long to wait before asking again.
  public func tryTake(_ amount: Int) -> Duration? {
    let now = clock.now()
    return state.withLock { state in
      state.refill(now)
      if let wait = state.wait(until: state.promised + min(Double(amount), state.burst)) { return wait }
      state.promise(Double(amount))
      return nil
    }
  }

  /// Takes `amount` tokens, waiting for them in line.
  /// - Throws: `CancellationError` when the task is cancelled; its tokens then go to those behind it.
  public func take(_ amount: Int) async throws {
    try Task.checkCancellation()
    let now = clock.now()
    let level = state.withLock { state in
      state.refill(now)
      let level = state.promised + min(Double(amount), state.burst)
      state.promise(Double(amount))
      return level
    }
    do {
      while let wait = state.withLock({ state in
        state.refill(clock.now())
        return state.wait(until: level)
      }) {
        // In slices, so that a changed rate is noticed.
        try await clock.sleep(min(wait, .milliseconds(250)))
      }
    } catch {
      state.withLock { $0.produced = min($0.produced + Double(amount), $0.promised + $0.burst) }
      throw error
    }
  }
}
