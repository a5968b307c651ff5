import Concurrency

/// Lets as many requests to a server be under way as an `AdaptiveLimit` says.
///
/// Who waits is let in by need: first those of whose group (a file) the fewest are inside, then in order of arrival. So the parts of
/// one large file do not hold all places while small files wait. A request that finds room costs a lock.
final class RequestGate: Sendable {
  /// A place inside.
  struct Entry: Sendable {
    fileprivate let group: Int
    /// When it was taken.
    let begun: Duration
  }

  private struct Waiter {
    let group: Int
    let shot: OneShot<Void>
  }

  private struct State {
    var limit: AdaptiveLimit
    /// The groups of those inside.
    var inside: [Int] = []
    var waiters: [Waiter] = []

    /// Lets in as many as there is room for.
    mutating func admit() {
      while !waiters.isEmpty, inside.count < limit.limit {
        var (best, fewest) = (0, Int.max)
        for (index, waiter) in waiters.enumerated() {
          let count = inside.reduce(0) { $1 == waiter.group ? $0 + 1 : $0 }
          if count < fewest { (best, fewest) = (index, count) }
          if count == 0 { break }
        }
        let next = waiters.remove(at: best)
        if next.shot.settle(.success(())) { inside.append(next.group) }
      }
    }
  }

  private let state: Lock<State>
  private let clock: MonotonicClock
  private let onChange: @Sendable (_ from: Int, _ to: Int) -> Void

  /// - Parameter onChange: called when the limit has changed.
  init(
    _ limit: AdaptiveLimit, clock: MonotonicClock = .system,
    onChange: @escaping @Sendable (_ from: Int, _ to: Int) -> Void = { _, _ in }
  ) {
    state = Lock(State(limit: limit))
    self.clock = clock
    self.onChange = onChange
  }

  /// Requests that may be inside now.
  var limit: Int { state.withLock { $0.limit.limit } }
  /// Requests inside, by group.
  var inside: [Int] { state.withLock { $0.inside } }
  /// Requests that wait.
  var waiting: Int { state.withLock { $0.waiters.count } }

  /// Waits for a place. Give it back with `leave`.
  /// - Throws: `CancellationError` when the task is cancelled; then no place was taken.
  func enter(group: Int) async throws -> Entry {
    let shot: OneShot<Void>? = state.withLock { state in
      if state.waiters.isEmpty, state.inside.count < state.limit.limit {
        state.inside.append(group)
        return nil
      }
      let shot = OneShot<Void>()
      state.waiters.append(Waiter(group: group, shot: shot))
      return shot
    }
    try await shot?.wait(onCancel: { self.state.withLock { $0.waiters.removeAll { $0.shot === shot } } })
    return Entry(group: group, begun: clock.now())
  }

  /// Gives a place back.
  /// - Parameter sample: how the request went; nil if that says nothing about the server.
  func leave(_ entry: Entry, _ sample: AdaptiveLimit.Sample?) {
    let now = clock.now()
    let (before, after) = state.withLock { state in
      let before = state.limit.limit
      if let sample {
        _ = state.limit.ended(sample, at: now, isReached: state.inside.count >= before || !state.waiters.isEmpty)
      }
      if let index = state.inside.firstIndex(of: entry.group) { state.inside.swapAt(index, state.inside.count - 1) }
      state.inside.removeLast()
      state.admit()
      return (before, state.limit.limit)
    }
    if before != after { onChange(before, after) }
  }
}
