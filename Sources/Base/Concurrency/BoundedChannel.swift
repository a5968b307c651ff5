/// The channel has been finished; what is sent now has no receiver.
public struct ChannelFinished: Error, Sendable, CustomStringConvertible {
  public var description: String { "the channel is finished" }
}

/// A queue of limited length between tasks: a full one suspends its senders, an empty one its receivers.
///
/// Any number of either; first come, first served. About 1 µs per element that has to wait: send batches, not rows.
public final class BoundedChannel<Element: Sendable>: AsyncSequence, Sendable {
  private struct Sender {
    let element: Element
    let shot: OneShot<Void>
  }

  private struct State {
    var buffer = FIFO<Element>()
    var senders = FIFO<Sender>()
    var receivers = FIFO<OneShot<Element?>>()
    var isFinished = false
    var failure: (any Error)?
  }

  private let capacity: Int
  private let state = Lock(State())

  /// A channel that holds up to `capacity` (at least 1) elements.
  public init(capacity: Int) {
    precondition(capacity >= 1, "a channel needs room for one element")
    self.capacity = capacity
  }

  /// How many elements wait in the buffer.
  public var count: Int { state.withLock { $0.buffer.count } }

  /// Hands `element` over, waiting for room.
  /// - Throws: `ChannelFinished`, or `CancellationError`; in both cases no receiver gets the element.
  public func send(_ element: Element) async throws {
    try Task.checkCancellation()
    let shot = OneShot<Void>()
    let mustWait = try state.withLock { state in
      if state.isFinished { throw ChannelFinished() }
      while let receiver = state.receivers.popFirst() {
        // A receiver that was cancelled at this moment does not take it: the next one does.
        if receiver.settle(.success(element)) { return false }
      }
      if state.buffer.count < capacity {
        state.buffer.append(element)
        return false
      }
      state.senders.append(Sender(element: element, shot: shot))
      return true
    }
    guard mustWait else { return }
    try await shot.wait(onCancel: { self.state.withLock { _ = $0.senders.remove { $0.shot === shot } } })
  }

  /// Takes the next element, waiting for one.
  /// - Returns: nil after the last element of a finished channel.
  /// - Throws: the error the channel was finished with, after the last element; `CancellationError` when the task is cancelled.
  public func receive() async throws -> Element? {
    try Task.checkCancellation()
    let shot = OneShot<Element?>()
    let ready: Element?? = try state.withLock { state in
      if let element = state.buffer.popFirst() {
        while let sender = state.senders.popFirst() {
          if sender.shot.settle(.success(())) {
            state.buffer.append(sender.element)
            break
          }
        }
        return .some(element)
      }
      if state.isFinished {
        if let failure = state.failure { throw failure }
        return .some(nil)
      }
      state.receivers.append(shot)
      return nil
    }
    if let ready { return ready }
    return try await shot.wait(onCancel: { self.state.withLock { _ = $0.receivers.remove { $0 === shot } } })
  }

  /// Ends the channel: senders, waiting or later, get `ChannelFinished`; receivers get what is in the buffer, then nil or `error`.
  /// Only the first call counts.
  public func finish(throwing error: (any Error)? = nil) {
    let (senders, receivers) = state.withLock { state -> ([Sender], [OneShot<Element?>]) in
      if state.isFinished { return ([], []) }
      state.isFinished = true
      state.failure = error
      return (state.senders.removeAll(), state.receivers.removeAll())
    }
    for sender in senders { sender.shot.settle(.failure(ChannelFinished())) }
    for receiver in receivers { receiver.settle(error.map { .failure($0) } ?? .success(nil)) }
  }

  public func makeAsyncIterator() -> Iterator { Iterator(channel: self) }

  /// Receives until the channel ends. Several iterators share the elements between them.
  public struct Iterator: AsyncIteratorProtocol {
    let channel: BoundedChannel

    public func next() async throws -> Element? { try await channel.receive() }

    public func next(isolation actor: isolated (any Actor)?) async throws -> Element? { try await channel.receive() }
  }
}
