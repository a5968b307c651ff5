import HTTPMessages
import CCurl
import Primitives

/// One request on its way. Everything belongs to the loop's thread.
final class Transfer: @unchecked Sendable {
  enum Phase {
    case connecting
    case sending
    /// The request is out; nothing has come back.
    case waiting
    case receiving
    case over
  }

  let request: HTTPRequest
  let sink: HTTPSink
  let host: String
  var continuation: UnsafeContinuation<HTTPResponse, any Error>?
  var easy: EasyHandle?
  var headerList: UnsafeMutablePointer<curl_slist>?
  var phase = Phase.connecting
  /// The connection's, where somebody wants to know and it is known.
  var socket: Int32?
  /// Its handle holds buffers too large to keep.
  var hasLargeBuffers = false

  // Times in nanoseconds of the monotonic clock.
  let started: UInt64
  let totalDeadline: UInt64
  let firstBytePatience: UInt64
  let stallPatience: UInt64
  var requestSent: UInt64 = 0
  var firstByte: UInt64 = 0
  /// The first byte that came after the whole request had gone out.
  var answered: UInt64 = 0
  var lastProgress: UInt64

  // The request's body.
  var source: (any ByteSource)?
  var sent: Int64 = 0
  /// libcurl has all of the body, and sends it together with the head.
  var sendsWholeBody = false
  var isSendPaused = false

  // The answer.
  var head = ResponseHead()
  var body: [UInt8] = []
  var received: Int64 = 0
  var isReceivePaused = false
  /// A body that nobody wants was too long.
  var isGivenUp = false

  /// Why a callback stopped the transfer.
  var failure: HTTPError?
  /// Tells the owner that a deadline may be nearer than it thinks.
  let arm: (UInt64) -> Void
  /// Takes note that a paused direction may go on; called on any thread.
  let resume: @Sendable (Transfer, Direction) -> Void

  enum Direction: Sendable { case sending, receiving }

  init(
    request: HTTPRequest, sink: HTTPSink, host: String, now: UInt64, totalDeadline: UInt64,
    arm: @escaping (UInt64) -> Void, resume: @escaping @Sendable (Transfer, Direction) -> Void
  ) {
    self.request = request
    self.sink = sink
    self.host = host
    self.arm = arm
    self.resume = resume
    started = now
    lastProgress = now
    self.totalDeadline = totalDeadline
    firstBytePatience = request.patience.firstByte.wholeNanoseconds
    stallPatience = request.patience.stall.wholeNanoseconds
  }

  deinit { curl_slist_free_all(headerList) }

  /// The next moment at which patience may end; never, if `UInt64.max`.
  var deadline: UInt64 {
    switch phase {
    case .waiting: min(totalDeadline, requestSent &+ firstBytePatience)
    case .sending where !isSendPaused, .receiving where !isReceivePaused: min(totalDeadline, lastProgress &+ stallPatience)
    default: totalDeadline
    }
  }

  /// The error if patience has ended at `now`.
  func expiry(at now: UInt64) -> HTTPError? {
    guard deadline <= now else { return nil }
    if totalDeadline <= now {
      return error(.deadlineExceeded, "not done within \(request.patience.total ?? .zero)")
    }
    switch phase {
    case .waiting: return error(.firstByteTimeout, "no answer within \(request.patience.firstByte)")
    case .sending: return error(.stalled, "nothing could be sent for \(request.patience.stall)")
    default: return error(.stalled, "nothing came for \(request.patience.stall)")
    }
  }

  func error(_ code: HTTPError.Code, _ message: String, cause: (any Error)? = nil) -> HTTPError {
    HTTPError(
      code, message, host: host, label: request.label, requestMayHaveBeenSent: phase != .connecting || sent > 0, cause: cause)
  }
}

extension Duration {
  /// Whole nanoseconds, not below zero and at most a century.
  var wholeNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    if seconds < 0 || attoseconds < 0 { return 0 }
    if seconds > 3_155_760_000 { return 3_155_760_000_000_000_000 }
    return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
  }
}
