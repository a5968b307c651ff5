import Concurrency

/// Wakes those who wait for something to change.
final class DropboxNews: Sendable {
  private struct State {
    var waiting: [Int: OneShot<Void>] = [:]
    var next = 0
  }

  private let state = Lock(State())

  /// Something may have changed.
  func announce() {
    let waiting = state.withLock { state in
      defer { state.waiting = [:] }
      return Array(state.waiting.values)
    }
    for shot in waiting { shot.settle(.success(())) }
  }

  /// Returns when something may have changed since `mark`'s call, or the time is over.
  /// - Throws: `CancellationError`.
  func wait(_ signal: Signal, atMost duration: Duration) async throws {
    do {
      try await withDeadline(duration) { try await signal.shot.wait() }
    } catch is DeadlineExceeded {}
  }

  /// Ends a wait, also one that never began.
  func forget(_ signal: Signal) { state.withLock { $0.waiting[signal.number] = nil } }

  /// What one waits for. Take it before looking whether there is news, so that none is missed; and forget it.
  struct Signal: Sendable {
    fileprivate let number: Int
    fileprivate let shot: OneShot<Void>
  }

  func signal() -> Signal {
    state.withLock { state in
      state.next += 1
      let signal = Signal(number: state.next, shot: OneShot())
      state.waiting[signal.number] = signal.shot
      return signal
    }
  }
}
