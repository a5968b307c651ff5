import Concurrency

/// Finds out that a client has gone away while its connection is not in the daemon's hands. Everything belongs to the loop's thread.
final class ClientWatch: @unchecked Sendable {
  /// The other side will send no more: it has closed all, or its sending side only.
  private static let sendingClosed = DescriptorEvents(rawValue: 0x2000)
  /// Most answers come sooner than this; the others pay two system calls for being watched.
  private static let patience = Duration.milliseconds(20)

  private var timer: LoopTimer?
  private var socket: Int32?

  /// Calls `gone` once if the connection breaks, or `grace` after the client has closed its sending side; nil: that means nothing.
  func start(_ loop: EventLoop, socket: Int32, grace: Duration?, gone: @escaping @Sendable () -> Void) {
    guard socket >= 0 else { return }
    timer = loop.schedule(after: Self.patience) { [self] in
      timer = nil
      self.socket = socket
      loop.watch(socket, grace == nil ? [] : Self.sendingClosed) { [self] events in
        look(loop, socket, events, grace ?? .zero, gone)
      }
    }
  }

  private func look(
    _ loop: EventLoop, _ socket: Int32, _ events: DescriptorEvents, _ grace: Duration, _ gone: @escaping @Sendable () -> Void
  ) {
    if events.contains(.hangup) || events.contains(.error) || grace <= .zero {
      stop(loop)
      gone()
      return
    }
    // Told once; a break is still told.
    loop.watch(socket, []) { [self] events in look(loop, socket, events, .zero, gone) }
    timer = loop.schedule(after: grace) { [self] in
      stop(loop)
      gone()
    }
  }

  /// Before the connection goes back, or is closed.
  func stop(_ loop: EventLoop) {
    timer?.cancel()
    timer = nil
    if let socket { loop.unwatch(socket) }
    socket = nil
  }
}
