import Concurrency

/// What may happen to an event that a listener has not read yet.
public enum EventRetention: Sendable, Equatable {
  /// A passing state. A newer event with the same `key` takes its place; beyond the buffer's size the oldest passing events go.
  case progress(key: Int)
  /// A result. It is never dropped and never overtakes or is overtaken by another kept one.
  case kept
}

/// An event that says how it may be thinned out.
public protocol StreamEvent: Sendable {
  /// What may happen to it before it is read.
  var retention: EventRetention { get }
}

/// Carries an engine's events to any number of listeners and observers, none of which can slow the engine down.
///
/// - A **listener** reads at its own pace. Each has a buffer of its own: passing events are replaced and dropped as
///   `EventRetention` says, so it sees the newest state; kept events all arrive, in order. Their number waiting is not bounded by
///   the buffer: a listener that stops reading but is not let go holds the kept events of the rest of the run.
/// - An **observer** is called at once, on the thread that emits, for every event. It must be quick and must not emit.
///
/// Events emitted by one thread arrive in its order; those of different threads arrive in one order that is the same for all
/// listeners.
public final class EventStream<Event: StreamEvent>: Sendable {
  private struct State {
    var listeners: [Int: EventBuffer<Event>] = [:]
    var observers: [Int: @Sendable (Event) -> Void] = [:]
    var nextID = 0
    var isFinished = false
  }

  private let state = Lock(State())

  /// A stream without listeners.
  public init() {}

  /// Sends an event. After `finish` it does nothing. Costs next to nothing without listeners.
  public func emit(_ event: Event) {
    let (observers, woken) = state.withLock { state -> ([@Sendable (Event) -> Void], [EventBuffer<Event>.Waiter]) in
      if state.isFinished || (state.listeners.isEmpty && state.observers.isEmpty) { return ([], []) }
      return (Array(state.observers.values), state.listeners.values.compactMap { $0.append(event) })
    }
    for waiter in woken { waiter.resume() }
    for observer in observers { observer(event) }
  }

  /// Ends the stream: listeners get what they have waiting, then the end.
  public func finish() {
    let woken = state.withLock { state -> [EventBuffer<Event>.Waiter] in
      state.isFinished = true
      state.observers.removeAll()
      return state.listeners.values.compactMap { $0.finish() }
    }
    for waiter in woken { waiter.resume() }
  }

  /// A listener for the events from now on, which keeps at most `buffer` passing events (at least one).
  public func listen(buffer: Int = 256) -> EventListener<Event> {
    let events = EventBuffer<Event>(capacity: max(1, buffer))
    let id = state.withLock { state -> Int in
      if state.isFinished { _ = events.finish() }
      state.nextID += 1
      state.listeners[state.nextID] = events
      return state.nextID
    }
    return EventListener(buffer: events) { [weak self] in
      self?.state.withLock { _ = $0.listeners.removeValue(forKey: id) }
    }
  }

  /// Calls `body` for each event from now on, on the emitting thread, until the value returned is cancelled or goes away.
  public func observe(_ body: @escaping @Sendable (Event) -> Void) -> EventObservation {
    let id = state.withLock { state -> Int in
      state.nextID += 1
      if !state.isFinished { state.observers[state.nextID] = body }
      return state.nextID
    }
    return EventObservation { [weak self] in self?.state.withLock { _ = $0.observers.removeValue(forKey: id) } }
  }
}

/// Keeps an observer in place for as long as it lives.
public final class EventObservation: Sendable {
  private let remove: @Sendable () -> Void
  init(remove: @escaping @Sendable () -> Void) { self.remove = remove }
  deinit { remove() }

  /// Ends the observation. A call that is under way on another thread may still come to its end.
  public func cancel() { remove() }
}

/// The events of one listener: read by one task, once.
///
/// Letting it go ends it. Cancelling the task that waits gives the end at once, without the events that still wait.
public final class EventListener<Event: StreamEvent>: AsyncSequence, Sendable {
  public typealias Element = Event
  public typealias Failure = Never
  private let buffer: EventBuffer<Event>
  private let remove: @Sendable () -> Void

  init(buffer: EventBuffer<Event>, remove: @escaping @Sendable () -> Void) {
    self.buffer = buffer
    self.remove = remove
  }

  deinit { remove() }

  /// How many passing events were replaced or dropped so far.
  public var thinned: Int { buffer.thinned }

  public func makeAsyncIterator() -> Iterator { Iterator(listener: self) }

  /// Reads a listener's events.
  public struct Iterator: AsyncIteratorProtocol {
    let listener: EventListener<Event>

    public mutating func next() async -> Event? { await listener.buffer.next() }

    public mutating func next(isolation actor: isolated (any Actor)?) async -> Event? { await listener.buffer.next() }
  }
}
