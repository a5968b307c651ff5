/// One result that is settled once, by anyone, and awaited by one task.
///
/// The bridge from callbacks to `await` under everything in this module. It may be settled before, while or without anybody waits;
/// the first to settle wins, so a timer, a cancellation and an answer may race for it.
public final class OneShot<Value: Sendable>: Sendable {
  private enum State {
    case empty
    case waiting(UnsafeContinuation<Value, any Error>)
    case settled(Result<Value, any Error>)
    case taken
  }

  private let state = Lock(State.empty)

  public init() {}

  /// Settles it, unless that was done before.
  /// - Returns: whether this call was the one that counts.
  @discardableResult
  public func settle(_ result: Result<Value, any Error>) -> Bool {
    var waiter: UnsafeContinuation<Value, any Error>?
    let won = state.withLock { state in
      switch state {
      case .empty:
        state = .settled(result)
        return true
      case .waiting(let continuation):
        waiter = continuation
        state = .taken
        return true
      case .settled, .taken:
        return false
      }
    }
    waiter?.resume(with: result)
    return won
  }

  /// Whether it was settled; may change right after, from false to true.
  public var isSettled: Bool {
    state.withLock { state in
      switch state {
      case .empty, .waiting: false
      case .settled, .taken: true
      }
    }
  }

  /// Waits for the result. May be called once.
  /// - Parameter onCancel: called, on any thread, if the task was cancelled and that is what settled this; it takes the request back.
  /// - Throws: the error it was settled with, or `CancellationError` as soon as the task is cancelled.
  public func wait(onCancel: @escaping @Sendable () -> Void = {}) async throws -> Value {
    try await withTaskCancellationHandler {
      try await waitUncancellably()
    } onCancel: {
      if settle(.failure(CancellationError())) { onCancel() }
    }
  }

  /// Waits for the result, whatever happens to the task: for work that must not be left behind while it runs.
  public func waitUncancellably() async throws -> Value {
    try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Value, any Error>) in
      let ready: Result<Value, any Error>? = state.withLock { state in
        switch state {
        case .empty:
          state = .waiting(continuation)
          return nil
        case .settled(let result):
          state = .taken
          return result
        case .waiting, .taken:
          preconditionFailure("a OneShot is awaited once")
        }
      }
      if let ready { continuation.resume(with: ready) }
    }
  }
}

/// A first-in-first-out queue on an array: amortised constant time at both ends, memory given back as it drains.
struct FIFO<Element> {
  private var items: [Element?] = []
  private var head = 0

  var count: Int { items.count - head }
  var isEmpty: Bool { count == 0 }
  var first: Element? { isEmpty ? nil : items[head] }

  mutating func append(_ element: Element) { items.append(element) }

  mutating func popFirst() -> Element? {
    guard head < items.count else { return nil }
    let element = items[head]
    items[head] = nil
    head += 1
    if head == items.count {
      items.removeAll(keepingCapacity: items.count <= 64)
      head = 0
    } else if head > 64, head * 2 > items.count {
      items.removeFirst(head)
      head = 0
    }
    return element
  }

  /// Removes the first element that matches. Linear.
  mutating func remove(where matches: (Element) -> Bool) -> Element? {
    for index in head..<items.count {
      if let element = items[index], matches(element) {
        items.remove(at: index)
        return element
      }
    }
    return nil
  }

  mutating func removeAll() -> [Element] {
    let rest = items[head...].compactMap { $0 }
    items = []
    head = 0
    return rest
  }
}
