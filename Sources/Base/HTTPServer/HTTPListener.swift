public import Concurrency

/// An HTTP/1.1 server on an event loop: keep-alive, pipelining, chunks, `Expect: 100-continue`, back-pressure both ways.
///
/// Each request runs in a task of its own that prefers the loop; one that computes or blocks there holds up all others. A request's
/// task is cancelled when its client is known to be gone. What is not HTTP, or says its length in two ways, is answered 400 and its
/// connection closed. Memory: about 80 KiB a connection with a request, whatever the size of bodies.
///
///     let listener = HTTPListener(loop: loop, handler: emulator)
///     let port = try listener.start()
///     …
///     await listener.stop()
public final class HTTPListener: Sendable {
  private let loop: EventLoop
  private let core: ServerCore
  private let options: HTTPListenerOptions
  private let state = Lock(State.new)

  private enum State { case new, running, stopped }

  /// A listener that does not listen yet. Whoever starts it must stop or close it.
  public init(loop: EventLoop, handler: any HTTPHandler, options: HTTPListenerOptions = HTTPListenerOptions()) {
    self.loop = loop
    self.options = options
    core = ServerCore(loop: loop, handler: handler, options: options)
  }

  /// Begins to listen. Once.
  /// - Returns: the port.
  /// - Throws: `HTTPListenerError`.
  public func start() throws -> UInt16 {
    let isFirst = state.withLock { state in
      guard state == .new else { return false }
      state = .running
      return true
    }
    guard isFirst else { throw HTTPListenerError(.wrongState, "a listener is started once") }
    do {
      let socket = try ListeningSocket(options)
      try core.open(socket.descriptor)
      return socket.port
    } catch {
      state.withLock { $0 = .stopped }
      throw error
    }
  }

  /// Refuses new connections, waits for the answers that are under way, and closes all connections. Cancelled, it goes on as `close`.
  /// - Parameter limit: how long it waits before it goes on as `close`; nil: as long as it takes.
  public func stop(within limit: Duration? = nil) async {
    guard end() else { return }
    let timer = limit.map { loop.schedule(after: $0) { [core] in core.abort() } }
    await withTaskCancellationHandler {
      await core.end(.drain)
    } onCancel: {
      core.abort()
    }
    timer?.cancel()
  }

  /// Closes all connections at once, also while `stop` waits for answers. Returns when no handler runs any more; their tasks are
  /// cancelled.
  public func close() async {
    let wasStarted = state.withLock { state in
      defer { state = .stopped }
      return state != .new
    }
    if wasStarted { await core.end(.abort) }
  }

  /// Whether it listened, and no longer does.
  private func end() -> Bool {
    state.withLock { state in
      defer { state = .stopped }
      return state == .running
    }
  }
}
