import HTTPMessages
import CCurl
import Concurrency
import Glibc

/// The multi handle, driven by an event loop. Everything but `init` is for the loop's thread.
final class CurlCore: @unchecked Sendable {
  private let loop: EventLoop
  private let options: HTTPClientOptions
  private let caFile: String?
  private let caFolder: String?
  private var multi: UnsafeMutableRawPointer?
  private var isClosed = false
  private var idle: [EasyHandle] = []
  private var live: [UnsafeMutableRawPointer: Transfer] = [:]
  private var hooks: [Int] = []
  private var largeTransfers = 0

  /// libcurl asked to be called without delay.
  private var mustKick = false
  private var curlDeadline: UInt64 = .max
  private var curlTimer: (deadline: UInt64, timer: LoopTimer)?
  private var patienceTimer: (deadline: UInt64, timer: LoopTimer)?

  init(loop: EventLoop, options: HTTPClientOptions) {
    self.loop = loop
    self.options = options
    caFile = options.caFile ?? Curl.environment("CURL_CA_BUNDLE") ?? Curl.environment("SSL_CERT_FILE")
    caFolder = options.caFile == nil ? Curl.environment("SSL_CERT_DIR") : nil
  }

  // MARK: Life of a transfer

  func makeTransfer(_ request: HTTPRequest, _ sink: HTTPSink, host: String, deadline: UInt64) -> Transfer {
    Transfer(
      request: request, sink: sink, host: host, now: MonotonicClock.systemNanoseconds(), totalDeadline: deadline,
      arm: { [unowned self] in arm($0) },
      resume: { [weak self, loop] transfer, direction in
        loop.execute { [weak self] in self?.resume(transfer, direction) }
      })
  }

  func start(_ transfer: Transfer) {
    guard let multi = open() else {
      return finish(transfer, .failure(transfer.error(.closed, "the HTTP client is closed")))
    }
    let easy = idle.popLast() ?? EasyHandle()
    transfer.easy = easy
    transfer.configure(easy, options: options, caFile: caFile, caFolder: caFolder, largeTransfers: largeTransfers)
    if transfer.hasLargeBuffers { largeTransfers += 1 }
    live[easy.raw] = transfer
    let result = curl_multi_add_handle(multi, easy.raw)
    guard result == CURLM_OK else {
      return finish(transfer, .failure(transfer.error(.other, String(cString: curl_multi_strerror(result)))))
    }
    arm(transfer.deadline)
  }

  func cancel(_ transfer: Transfer) {
    finish(transfer, .failure(transfer.error(.cancelled, "cancelled", cause: CancellationError())))
  }

  /// Ends a transfer, once: its connection goes back to the pool if the answer was complete, and is closed if not.
  private func finish(_ transfer: Transfer, _ result: Result<HTTPResponse, any Error>) {
    guard let continuation = transfer.continuation else { return }
    transfer.continuation = nil
    transfer.phase = .over
    if let easy = transfer.easy {
      transfer.easy = nil
      live[easy.raw] = nil
      if let multi { curl_multi_remove_handle(multi, easy.raw) }
      easy.reset()
      if transfer.hasLargeBuffers {
        largeTransfers -= 1
      } else if idle.count < 64 {
        idle.append(easy)
      }
    }
    transfer.source = nil
    continuation.resume(with: result)
  }

  private func resume(_ transfer: Transfer, _ direction: Transfer.Direction) {
    guard let easy = transfer.easy else { return }
    transfer.lastProgress = MonotonicClock.systemNanoseconds()
    switch direction {
    case .sending: transfer.isSendPaused = false
    case .receiving:
      transfer.isReceivePaused = false
      transfer.setWindow()
    }
    let pause = (transfer.isSendPaused ? CURLPAUSE_SEND : 0) | (transfer.isReceivePaused ? CURLPAUSE_RECV : 0)
    curl_easy_pause(easy.raw, pause)
    mustKick = true
    arm(transfer.deadline)
  }

  // MARK: Opening and closing

  private func open() -> UnsafeMutableRawPointer? {
    if let multi { return multi }
    guard !isClosed, Curl.isReady, let multi = curl_multi_init() else { return nil }
    self.multi = multi
    let context = Unmanaged.passUnretained(self).toOpaque()
    ccurl_multi_long(multi, CURLMOPT_MAXCONNECTS, options.maxIdleConnections)
    ccurl_multi_socket(
      multi,
      { easy, socket, what, context, _ in
        Unmanaged<CurlCore>.fromOpaque(context!).takeUnretainedValue().watch(easy, socket, what)
        return 0
      }, context)
    ccurl_multi_timer(
      multi,
      { _, milliseconds, context in
        Unmanaged<CurlCore>.fromOpaque(context!).takeUnretainedValue().setTimer(milliseconds)
        return 0
      }, context)
    hooks = [loop.afterJobs { [unowned self] in kick() }, loop.atShutdown { [unowned self] in close() }]
    return multi
  }

  func close() {
    isClosed = true
    for transfer in Array(live.values) {
      finish(transfer, .failure(transfer.error(.closed, "the HTTP client was closed")))
    }
    idle = []
    for hook in hooks { loop.removeHook(hook) }
    hooks = []
    if let multi { curl_multi_cleanup(multi) }
    multi = nil
    curlTimer?.timer.cancel()
    curlTimer = nil
    patienceTimer?.timer.cancel()
    patienceTimer = nil
  }

  // MARK: Sockets and timers of libcurl

  private func watch(_ easy: UnsafeMutableRawPointer?, _ socket: Int32, _ what: Int32) {
    if options.smallSegments, let easy { live[easy]?.socket = socket }
    if what == CURL_POLL_REMOVE { return loop.unwatch(socket) }
    var events: DescriptorEvents = []
    if what & CURL_POLL_IN != 0 { events.insert(.read) }
    if what & CURL_POLL_OUT != 0 { events.insert(.write) }
    loop.watch(socket, events) { [unowned self] ready in
      var mask: Int32 = 0
      if ready.contains(.read) || ready.contains(.hangup) { mask |= CURL_CSELECT_IN }
      if ready.contains(.write) { mask |= CURL_CSELECT_OUT }
      if ready.contains(.error) { mask |= CURL_CSELECT_ERR }
      act(socket, mask)
    }
  }

  private func setTimer(_ milliseconds: Int) {
    mustKick = milliseconds == 0
    guard milliseconds > 0 else {
      curlDeadline = .max
      return
    }
    curlDeadline = MonotonicClock.systemNanoseconds() + UInt64(milliseconds) * 1_000_000
    armCurlTimer()
  }

  /// A timer that is armed for an earlier moment stays: it looks again when it fires. Cheaper than a new one per request.
  private func armCurlTimer() {
    if let curlTimer {
      if curlTimer.deadline <= curlDeadline { return }
      curlTimer.timer.cancel()
    }
    let now = MonotonicClock.systemNanoseconds()
    let wait = curlDeadline > now ? curlDeadline - now : 0
    let timer = loop.schedule(after: .nanoseconds(Int64(wait))) { [weak self] in self?.curlTimerFired() }
    curlTimer = (curlDeadline, timer)
  }

  private func curlTimerFired() {
    curlTimer = nil
    guard curlDeadline != .max else { return }
    if curlDeadline <= MonotonicClock.systemNanoseconds() {
      curlDeadline = .max
      act(CURL_SOCKET_TIMEOUT, 0)
    } else {
      armCurlTimer()
    }
  }

  private func kick() {
    for _ in 0..<16 where mustKick {
      mustKick = false
      act(CURL_SOCKET_TIMEOUT, 0)
    }
    // Still not content: let others on the loop have their turn, and come back without waiting.
    if mustKick { loop.execute {} }
  }

  private func act(_ socket: Int32, _ mask: Int32) {
    guard let multi else { return }
    var running: Int32 = 0
    curl_multi_socket_action(multi, socket, mask, &running)
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle, let transfer = live[easy] else { continue }
      finish(transfer, transfer.outcome(ccurl_message_result(message)))
    }
  }

  // MARK: Patience

  private func arm(_ deadline: UInt64) {
    guard deadline != .max, !isClosed else { return }
    if let patienceTimer {
      if patienceTimer.deadline <= deadline { return }
      patienceTimer.timer.cancel()
    }
    let now = MonotonicClock.systemNanoseconds()
    let wait = deadline > now ? deadline - now : 0
    let timer = loop.schedule(after: .nanoseconds(Int64(wait))) { [weak self] in self?.checkPatience() }
    patienceTimer = (deadline, timer)
  }

  /// One timer for all transfers: when it fires, those that are over end, and the nearest of the others is next.
  private func checkPatience() {
    patienceTimer = nil
    let now = MonotonicClock.systemNanoseconds()
    var next = UInt64.max
    for transfer in Array(live.values) {
      if let error = transfer.expiry(at: now) {
        finish(transfer, .failure(error))
      } else {
        next = min(next, transfer.deadline)
      }
    }
    arm(next)
  }
}
