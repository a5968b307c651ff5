import Concurrency

/// Tells calls that their time is over, with one sleeping task for all of them.
///
/// A sleep of its own for each call would cost a task and a timer, which is much beside a call that takes a tenth of a millisecond.
/// The sleeper is started by the first call, and left asleep when a call ends: most deadlines are never reached, and the next call's
/// is later. When it wakes, it asks those whose time should be over how much they have left, and sleeps until the next.
final class Alarms: Sendable {
  private struct Alarm {
    var due: Duration
    let left: @Sendable () -> Duration
    let isOver: @Sendable () -> Void
  }

  private struct State {
    var alarms: [UInt64: Alarm] = [:]
    var last: UInt64 = 0
    /// When the sleeper wakes, if there is one.
    var wake: Duration?
    var sleeper: Task<Void, Never>?
  }

  private let clock: MonotonicClock
  private let state = Lock(State())

  init(_ clock: MonotonicClock) { self.clock = clock }

  deinit { state.withLock { $0.sleeper }?.cancel() }

  /// Calls `isOver`, once, when nothing is left, unless the alarm is removed before; it may just be called when it is.
  /// - Parameter left: asked again when the time that it first gave is over: it may have grown.
  /// - Returns: what `remove` takes.
  func add(left: @escaping @Sendable () -> Duration, isOver: @escaping @Sendable () -> Void) -> UInt64 {
    let due = clock.now() + left()
    return state.withLock { state in
      state.last += 1
      state.alarms[state.last] = Alarm(due: due, left: left, isOver: isOver)
      if state.wake.map({ due < $0 }) ?? true { start(&state, until: due) }
      return state.last
    }
  }

  /// Takes an alarm back.
  func remove(_ alarm: UInt64) { state.withLock { _ = $0.alarms.removeValue(forKey: alarm) } }

  private func start(_ state: inout State, until wake: Duration) {
    state.sleeper?.cancel()
    state.wake = wake
    let clock = clock
    state.sleeper = Task.detached { [weak self] in
      var wake = wake
      while true {
        do { try await clock.sleep(wake - clock.now()) } catch { return }
        guard let next = self?.ring(wake) else { return }
        wake = next
      }
    }
  }

  /// Tells those whose time is over.
  /// - Returns: when to look again; nil if a new sleeper does, or will when it is needed.
  private func ring(_ woke: Duration) -> Duration? {
    let now = clock.now()
    var over: [@Sendable () -> Void] = []
    let next: Duration? = state.withLock { state in
      guard state.wake == woke else { return nil }
      for (id, alarm) in state.alarms where alarm.due <= now {
        let left = alarm.left()
        if left <= .zero {
          over.append(alarm.isOver)
          state.alarms[id] = nil
        } else {
          state.alarms[id]?.due = now + left
        }
      }
      state.wake = state.alarms.values.map(\.due).min()
      if state.wake == nil { state.sleeper = nil }
      return state.wake
    }
    for tell in over { tell() }
    return next
  }
}
