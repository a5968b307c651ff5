import Concurrency

/// One listener's waiting events, thinned out by their retention.
final class EventBuffer<Event: StreamEvent>: Sendable {
  /// A reader that was waiting: resumed outside of all locks, it looks into the buffer again.
  typealias Waiter = CheckedContinuation<Void, Never>

  private struct State {
    /// Kept events from `keptHead` on, with their numbers.
    var kept: [(number: Int, event: Event)?] = []
    var keptHead = 0
    /// Passing events by ascending number, one per key, at most `capacity`: few, so that a search through them is cheap.
    var passing: [(number: Int, key: Int, event: Event)] = []
    var number = 0
    var waiter: Waiter?
    var isFinished = false
    var thinned = 0
  }

  private let state = Lock(State())
  private let capacity: Int

  init(capacity: Int) { self.capacity = capacity }

  var thinned: Int { state.withLock { $0.thinned } }

  /// Adds an event; gives the reader to be resumed, if one waits.
  func append(_ event: Event) -> Waiter? {
    state.withLock { state in
      if state.isFinished { return nil }
      state.number += 1
      switch event.retention {
      case .kept: state.kept.append((state.number, event))
      case .progress(let key):
        if let old = state.passing.firstIndex(where: { $0.key == key }) {
          state.passing.remove(at: old)
          state.thinned += 1
        } else if state.passing.count >= capacity {
          state.passing.removeFirst()
          state.thinned += 1
        }
        state.passing.append((state.number, key, event))
      }
      return state.waiter.take()
    }
  }

  /// Ends the events; gives the reader to be resumed, if one waits.
  func finish() -> Waiter? {
    state.withLock { state in
      state.isFinished = true
      return state.waiter.take()
    }
  }

  private enum Step { case event(Event), end, wait }

  private func take(_ state: inout State) -> Step {
    let kept = state.keptHead < state.kept.count ? state.kept[state.keptHead] : nil
    if let passing = state.passing.first, passing.number < kept?.number ?? Int.max {
      state.passing.removeFirst()
      return .event(passing.event)
    }
    guard let kept else { return state.isFinished ? .end : .wait }
    state.kept[state.keptHead] = nil
    state.keptHead += 1
    if state.keptHead > 64, state.keptHead * 2 > state.kept.count {
      state.kept.removeFirst(state.keptHead)
      state.keptHead = 0
    }
    return .event(kept.event)
  }

  /// The next event, when there is one; nil at the end or when the task is cancelled.
  func next() async -> Event? {
    while true {
      if Task.isCancelled { return nil }
      switch state.withLock({ take(&$0) }) {
      case .event(let event): return event
      case .end: return nil
      case .wait: await waitForEvent()
      }
    }
  }

  private func waitForEvent() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: Waiter) in
        let isReady = state.withLock { state -> Bool in
          precondition(state.waiter == nil, "a listener is read by one task")
          if state.isFinished || !state.passing.isEmpty || state.keptHead < state.kept.count || Task.isCancelled { return true }
          state.waiter = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiter.take() }?.resume()
    }
  }
}
