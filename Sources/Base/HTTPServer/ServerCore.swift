import CMicroHTTPD
import Concurrency
import Glibc

/// libmicrohttpd's daemon, driven by an event loop. Everything but `open`, `end` and `abort` is for the loop's thread.
final class ServerCore: @unchecked Sendable {
  enum Ending { case drain, abort }

  let loop: EventLoop
  let handler: any HTTPHandler
  let options: HTTPListenerOptions
  private var daemon: OpaquePointer?
  private var epoll: Int32 = -1
  private var hooks: [Int] = []
  private var timer: (deadline: UInt64, timer: LoopTimer)?
  private var mustRun = false
  private var hasRoom = true

  /// Requests whose handler runs or whose answer has not gone out.
  private var exchanges: [ObjectIdentifier: Exchange] = [:]
  /// Handlers that run; some have lost their client.
  private var handlers = 0
  private var ending: Ending?
  private var waiters: [OneShot<Void>] = []

  init(loop: EventLoop, handler: any HTTPHandler, options: HTTPListenerOptions) {
    self.loop = loop
    self.handler = handler
    self.options = options
  }

  /// Whether answers say that the connection ends.
  var isStopping: Bool { ending != nil }

  // MARK: Opening and closing

  /// Takes over a socket that listens. From any thread, once.
  func open(_ socket: Int32) throws {
    let seconds = max(1, options.idleTimeout.components.seconds)
    var settings = cmhd_options(
      socket: socket, connection_memory: options.headerLimit + options.targetLimit + (24 << 10),
      connection_limit: UInt32(clamping: options.connectionLimit), idle_seconds: UInt32(clamping: seconds),
      context: Unmanaged.passUnretained(self).toOpaque(), access: Exchange.access, begin: Exchange.begin,
      completed: Exchange.completed)
    guard let daemon = cmhd_start(&settings) else {
      Glibc.close(socket)
      throw HTTPListenerError(.other, "the HTTP server cannot start: out of memory or descriptors")
    }
    self.daemon = daemon
    // The daemon knows this object by its address alone: it lives until `shut`.
    let kept = Unmanaged.passRetained(self)
    let isRunning = loop.execute { self.attach() }
    guard isRunning else {
      MHD_stop_daemon(daemon)
      self.daemon = nil
      kept.release()
      throw HTTPListenerError(.wrongState, "the event loop has shut down")
    }
  }

  private func attach() {
    guard let daemon else { return }
    epoll = cmhd_epoll_descriptor(daemon)
    loop.watch(epoll, .read) { [unowned self] _ in mustRun = true }
    hooks = [loop.afterJobs { [unowned self] in run() }, loop.atShutdown { [unowned self] in loopEnds() }]
    mustRun = true
  }

  /// Ends it, and waits until nothing of it is left.
  func end(_ how: Ending) async {
    let shot = OneShot<Void>()
    let isRunning = loop.execute {
      self.waiters.append(shot)
      self.finish(how)
    }
    guard isRunning else { return }
    try? await shot.waitUncancellably()
  }

  /// Turns a drain into an abort.
  func abort() { loop.execute { self.finish(.abort) } }

  private func finish(_ how: Ending) {
    if ending != .abort { ending = how }
    if let daemon, how == .drain {
      let socket = MHD_quiesce_daemon(daemon)
      if socket >= 0 { Glibc.close(socket) }
    }
    if how == .abort {
      for exchange in exchanges.values { exchange.breakOff() }
      shut()
    }
    settle()
  }

  /// Handlers that go on run elsewhere, and nobody is told of their end.
  private func loopEnds() {
    finish(.abort)
    release()
  }

  private func release() {
    for waiter in waiters { waiter.settle(.success(())) }
    waiters = []
  }

  /// Closes every connection. Not from inside a callback of the daemon.
  private func shut() {
    guard let daemon else { return }
    self.daemon = nil
    loop.unwatch(epoll)
    for hook in hooks { loop.removeHook(hook) }
    hooks = []
    timer?.timer.cancel()
    timer = nil
    // Calls `completed` for each request that is still there.
    MHD_stop_daemon(daemon)
    Unmanaged.passUnretained(self).release()
  }

  private func settle() {
    guard ending != nil, exchanges.isEmpty, handlers == 0 else { return }
    shut()
    release()
  }

  // MARK: Requests

  func began(_ exchange: Exchange) {
    exchanges[ObjectIdentifier(exchange)] = exchange
    handlers += 1
  }

  func handlerEnded() {
    handlers -= 1
    if ending != nil { loop.execute { self.settle() } }
  }

  func ended(_ exchange: Exchange) {
    exchanges[ObjectIdentifier(exchange)] = nil
    if ending != nil { loop.execute { self.settle() } }
  }

  // MARK: Running

  /// Something changed that the daemon must look at before the loop waits.
  func kick() { mustRun = true }

  private func run() {
    guard mustRun, let daemon else { return }
    mustRun = false
    MHD_run(daemon)
    let wait = cmhd_timeout(daemon)
    let hadRoom = hasRoom
    hasRoom = cmhd_connections(daemon) < options.connectionLimit
    // Where there is room again the daemon sees those who wait for it in its next round only.
    if wait == 0 || (hasRoom && !hadRoom) {
      mustRun = true
      // Lets others on the loop have their turn, and comes back without waiting.
      loop.execute {}
    } else if wait > 0 {
      arm(MonotonicClock.systemNanoseconds() + UInt64(wait) * 1_000_000)
    }
  }

  /// A timer that is armed for an earlier moment stays: the daemon looks again then, and says when next.
  private func arm(_ deadline: UInt64) {
    if let timer {
      if timer.deadline <= deadline { return }
      timer.timer.cancel()
    }
    let now = MonotonicClock.systemNanoseconds()
    let wait = deadline > now ? deadline - now : 0
    let next = loop.schedule(after: .nanoseconds(Int64(wait))) { [weak self] in
      self?.timer = nil
      self?.mustRun = true
    }
    timer = (deadline, next)
  }
}
