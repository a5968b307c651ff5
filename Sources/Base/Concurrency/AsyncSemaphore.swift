/// Limits how much is under way at once: a number of requests, or an amount of memory.
///
/// First come, first served, whatever the sizes: a big request is not overtaken for ever by small ones. The limit may be changed
/// at any time; lowering it takes effect as permits come back.
public final class AsyncSemaphore: Sendable {
  private struct Waiter {
    let amount: Int
    let shot: OneShot<Void>
  }

  private struct State {
    var limit: Int
    var used = 0
    var waiters = FIFO<Waiter>()

    /// A request above the limit gets its turn alone rather than never.
    func hasRoom(for amount: Int) -> Bool { used == 0 ? limit > 0 : used + amount <= limit }
  }

  private let state: Lock<State>

  /// At most `limit` (0: none for now) permits at once.
  public init(limit: Int) {
    precondition(limit >= 0, "a limit is not negative")
    state = Lock(State(limit: limit))
  }

  /// The most permits out at once.
  public var limit: Int { state.withLock { $0.limit } }

  /// The permits out now; above the limit for a while after it was lowered.
  public var used: Int { state.withLock { $0.used } }

  /// The requests that wait.
  public var waiting: Int { state.withLock { $0.waiters.count } }

  /// Changes the limit.
  public func setLimit(_ limit: Int) {
    precondition(limit >= 0, "a limit is not negative")
    state.withLock { state in
      state.limit = limit
      grant(&state)
    }
  }

  /// Takes `amount` permits, waiting for them. Give them back with `release(_:)`.
  /// - Throws: `CancellationError` when the task is cancelled; then no permit was taken.
  public func acquire(_ amount: Int = 1) async throws {
    precondition(amount >= 1, "an amount is positive")
    try Task.checkCancellation()
    if tryAcquire(amount) { return }
    let shot = OneShot<Void>()
    state.withLock { state in
      state.waiters.append(Waiter(amount: amount, shot: shot))
      grant(&state)
    }
    try await shot.wait(onCancel: {
      self.state.withLock { state in
        _ = state.waiters.remove { $0.shot === shot }
        self.grant(&state)
      }
    })
  }

  /// Takes `amount` permits if they are there and nobody waits.
  public func tryAcquire(_ amount: Int = 1) -> Bool {
    state.withLock { state in
      guard state.waiters.isEmpty, state.hasRoom(for: amount) else { return false }
      state.used += amount
      return true
    }
  }

  /// Gives permits back.
  public func release(_ amount: Int = 1) {
    state.withLock { state in
      state.used -= amount
      precondition(state.used >= 0, "more permits given back than taken")
      grant(&state)
    }
  }

  /// Runs `body` with a permit, and gives it back whatever happens.
  public func withPermit<T>(_ amount: Int = 1, _ body: () async throws -> T) async throws -> T {
    try await acquire(amount)
    defer { release(amount) }
    return try await body()
  }

  private func grant(_ state: inout State) {
    while let first = state.waiters.first, state.hasRoom(for: first.amount) {
      _ = state.waiters.popFirst()
      if first.shot.settle(.success(())) { state.used += first.amount }
    }
  }
}
