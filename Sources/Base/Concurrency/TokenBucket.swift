/// Shapes flows to so many bytes a second, and shares them fairly between those who wait.
///
/// The bucket fills at the rate, up to a tenth of a second's worth. Who finds too little in it stands in line and is called in order.
/// A flow that takes `step` at a time and stands in line anew for each step gets the same share as every other, however much each of
/// them has to move in all.
public final class TokenBucket: Sendable {
  /// A place in the line.
  public struct Place: Hashable, Sendable {
    fileprivate let number: UInt64
  }

  private struct Waiter {
    let place: Place
    let amount: Double
    let call: @Sendable () -> Void
  }

  private struct State {
    var rate: Double?
    /// What is in the bucket; below zero after more was taken than was there.
    var level: Double
    var updated: Duration
    var line = FIFO<Waiter>()
    var lastNumber: UInt64 = 0
    var sleeper: Task<Void, Never>?

    init(rate: Double?, now: Duration) {
      (self.rate, updated) = (rate, now)
      level = 0
      level = burst
    }

    var burst: Double { max((rate ?? 0) / 10, 1) }

    mutating func refill(_ now: Duration) {
      guard now > updated else { return }
      if let rate { level = min(level + rate * (now - updated).inSeconds, burst) }
      updated = now
    }

    mutating func take(_ amount: Double) -> Bool {
      guard rate != nil else { return true }
      // More than the burst is given to who finds the bucket full, and leaves it in debt: any amount passes, and the average holds.
      guard level >= min(amount, burst) else { return false }
      level -= amount
      return true
    }

    /// Takes those out of the line whose turn it is.
    mutating func serve(_ now: Duration) -> [@Sendable () -> Void] {
      refill(now)
      var calls: [@Sendable () -> Void] = []
      while let first = line.first, take(first.amount) {
        calls.append(first.call)
        _ = line.popFirst()
      }
      return calls
    }

    /// How long until the first in line is served; nil if nobody waits.
    var wait: Duration? {
      guard let rate, let first = line.first else { return nil }
      // Never zero: who waits for no time at all spins.
      return max(.seconds((min(first.amount, burst) - level) / rate), .microseconds(1))
    }
  }

  private let state: Lock<State>
  private let clock: MonotonicClock

  /// - Parameter rate: bytes a second, above 0; nil: unlimited.
  public init(rate: Double?, clock: MonotonicClock = .system) {
    precondition(rate.map { $0 > 0 } ?? true, "a rate is positive")
    self.clock = clock
    state = Lock(State(rate: rate, now: clock.now()))
  }

  deinit { state.withLock { $0.sleeper }?.cancel() }

  /// Bytes a second; nil: unlimited.
  public var rate: Double? { state.withLock { $0.rate } }

  /// What a flow takes at once: a hundredth of a second's worth, at least 1 KiB and at most 1 MiB.
  public var step: Int { Int(min(max((rate ?? .infinity) / 100, 1024), 1_048_576)) }

  /// How many stand in line.
  public var waiting: Int { state.withLock { $0.line.count } }

  /// Changes the rate, at once and also for those who wait.
  public func setRate(_ rate: Double?) {
    precondition(rate.map { $0 > 0 } ?? true, "a rate is positive")
    let now = clock.now()
    serve { state in
      state.refill(now)
      if state.rate == nil { state.level = 0 }
      state.rate = rate
      state.level = rate == nil ? 0 : min(state.level, state.burst)
    }
  }

  /// Takes `amount`, or stands in line for it.
  /// - Parameter call: called once, on any thread, when it has been taken; never from within this call.
  /// - Returns: nil if it was there and nobody waited: it is taken and `call` is not called. Else the place, which `leave` takes.
  public func take(_ amount: Int, orWait call: @escaping @Sendable () -> Void) -> Place? {
    let now = clock.now()
    return state.withLock { state in
      state.refill(now)
      if state.line.isEmpty, state.take(Double(amount)) { return nil }
      state.lastNumber += 1
      let place = Place(number: state.lastNumber)
      state.line.append(Waiter(place: place, amount: Double(amount), call: call))
      if state.sleeper == nil { sleep(&state) }
      return place
    }
  }

  /// Takes `amount` whether or not it is there: those who come later wait for it.
  public func owe(_ amount: Int) {
    state.withLock { state in
      if state.rate != nil { state.level -= Double(amount) }
    }
  }

  /// Gives back what was taken and not used.
  public func giveBack(_ amount: Int) {
    guard amount > 0 else { return }
    serve { $0.level = min($0.level + Double(amount), $0.burst) }
  }

  /// Leaves the line.
  /// - Returns: false if it was too late: the amount has been taken, and `call` is called or was.
  public func leave(_ place: Place) -> Bool {
    var hasLeft = false
    serve { hasLeft = $0.line.remove { $0.place == place } != nil }
    return hasLeft
  }

  /// Serves the line after a change.
  private func serve(after change: (inout State) -> Void) {
    let now = clock.now()
    let calls = state.withLock { state in
      change(&state)
      let calls = state.serve(now)
      state.sleeper?.cancel()
      state.sleeper = nil
      if !state.line.isEmpty { sleep(&state) }
      return calls
    }
    for call in calls { call() }
  }

  /// Sleeps until the first in line can be served, and serves it; goes on as long as somebody waits.
  private func sleep(_ state: inout State) {
    guard let first = state.wait else { return }
    let clock = clock
    state.sleeper = Task.detached { [weak self] in
      var wait = first
      while true {
        do { try await clock.sleep(wait) } catch { return }
        guard let next = self?.wake() else { return }
        wait = next
      }
    }
  }

  /// - Returns: how long to sleep; nil if there is another sleeper, or nobody waits.
  private func wake() -> Duration? {
    let now = clock.now()
    let (calls, next): ([@Sendable () -> Void], Duration?) = state.withLock { state in
      // Whoever changed something meanwhile has served the line and started a sleeper of its own.
      if Task.isCancelled { return ([], nil) }
      let calls = state.serve(now)
      if state.line.isEmpty { state.sleeper = nil }
      return (calls, state.wait)
    }
    for call in calls { call() }
    return next
  }
}
