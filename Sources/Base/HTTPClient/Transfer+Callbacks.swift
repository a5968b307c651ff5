import HTTPMessages
import CCurl
import Concurrency
import Glibc
import Primitives

/// What libcurl calls while it moves a transfer's bytes. The context pointer is the transfer, kept alive by the transport's table.
extension Transfer {
  var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  private static func from(_ context: UnsafeMutableRawPointer?) -> Transfer {
    Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
  }

  func installCallbacks(on easy: EasyHandle) {
    ccurl_set_header(
      easy.raw,
      { bytes, size, count, context in
        let length = size * count
        return Transfer.from(context).take(headerLine: UnsafeRawBufferPointer(start: bytes, count: length)) ? length : 0
      }, context)
    ccurl_set_write(
      easy.raw,
      { bytes, size, count, context in
        Transfer.from(context).take(body: UnsafeRawBufferPointer(start: bytes, count: size * count))
      }, context)
    ccurl_set_prerequest(
      easy.raw,
      { context, _, _, _, _ in
        Transfer.from(context).requestBegins()
        return CURL_PREREQFUNC_OK
      }, context)
    guard request.body != nil, !sendsWholeBody else { return }
    ccurl_set_read(
      easy.raw,
      { bytes, size, count, context in
        Transfer.from(context).give(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
      }, context)
    ccurl_set_seek(
      easy.raw,
      { context, offset, origin in
        guard offset == 0, origin == SEEK_SET else { return CURL_SEEKFUNC_FAIL }
        return Transfer.from(context).rewind() ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
      }, context)
  }

  /// The connection stands; the request goes out now, for the first time or again.
  private func requestBegins() {
    let now = MonotonicClock.systemNanoseconds()
    lastProgress = now
    setWindow()
    if sendsWholeBody { sent = request.body?.length ?? 0 }
    if sendsWholeBody || (request.body.map { $0.length == 0 } ?? true) {
      requestIsOut(now)
    } else {
      phase = .sending
      arm(deadline)
    }
  }

  func setWindow() {
    if let socket, let window = request.window?() { ccurl_set_window(socket, Int32(clamping: window)) }
  }

  private func requestIsOut(_ now: UInt64) {
    // An early answer to a request that is still being sent leaves it in `receiving`.
    guard phase == .sending || phase == .connecting else { return }
    phase = .waiting
    requestSent = now
    answered = 0
    arm(deadline)
  }

  private func give(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard failure == nil else { return Int(CURL_READFUNC_ABORT) }
    let now = MonotonicClock.systemNanoseconds()
    lastProgress = now
    var buffer = buffer
    if let length = request.body?.length {
      if sent == length {
        requestIsOut(now)
        return 0
      }
      buffer = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Int(clamping: length - sent)))
    }
    do {
      if source == nil { source = try request.body?.makeSource() }
      guard let source else { return 0 }
      switch try source.read(into: buffer) {
      case .bytes(let count):
        guard count > 0, count <= buffer.count else {
          failure = error(.bodySource, "the request's body gave \(count) bytes where 1 to \(buffer.count) were asked for")
          return Int(CURL_READFUNC_ABORT)
        }
        sent += Int64(count)
        if sent == request.body?.length { requestIsOut(now) }
        return count
      case .end:
        if let length = request.body?.length {
          failure = error(.bodySource, "the request's body ended after \(sent) of \(length) bytes")
          return Int(CURL_READFUNC_ABORT)
        }
        requestIsOut(now)
        return 0
      case .pause:
        isSendPaused = true
        source.whenReady { [resume] in resume(self, .sending) }
        return Int(CURL_READFUNC_PAUSE)
      }
    } catch {
      failure = self.error(.bodySource, "the request's body cannot be read", cause: error)
      return Int(CURL_READFUNC_ABORT)
    }
  }

  /// libcurl found that a kept connection was dead and sends the request again over a new one.
  private func rewind() -> Bool {
    do {
      source = try request.body?.makeSource()
      sent = 0
      return true
    } catch {
      failure = self.error(.bodySource, "the request's body cannot be read again", cause: error)
      return false
    }
  }

  private func noteReceived() {
    let now = MonotonicClock.systemNanoseconds()
    lastProgress = now
    if firstByte == 0 { firstByte = now }
    if answered == 0, requestSent != 0 { answered = now }
  }

  private func take(headerLine line: UnsafeRawBufferPointer) -> Bool {
    noteReceived()
    switch head.add(line) {
    case .more:
      return true
    case .tooLarge:
      failure = error(.headersTooLarge, "the answer's headers are longer than \(ResponseHead.limit) bytes")
      return false
    case .complete:
      phase = .receiving
      setWindow()
      arm(deadline)
      body.removeAll()
      received = 0
      guard isSuccess, case .body(_, let onHead?) = sink else { return true }
      do {
        try onHead(head.status, head.headers)
        return true
      } catch {
        failure = self.error(.responseRefused, "the answer was refused", cause: error)
        return false
      }
    }
  }

  var isSuccess: Bool { (200...299).contains(head.status) }

  /// Takes bytes that nobody wants, until there have been too many of them.
  private func passOver(_ bytes: UnsafeRawBufferPointer) -> Int {
    received += Int64(bytes.count)
    isGivenUp = received > HTTPSink.unwantedLimit
    return isGivenUp ? (bytes.isEmpty ? 1 : 0) : bytes.count
  }

  /// - Returns: what libcurl wants to hear: the count, or something else to stop or pause.
  private func take(body bytes: UnsafeRawBufferPointer) -> Int {
    guard failure == nil else { return bytes.isEmpty ? 1 : 0 }
    noteReceived()
    do {
      guard isSuccess else {
        body.append(contentsOf: bytes.prefix(HTTPSink.errorBodyLimit - body.count))
        return passOver(bytes)
      }
      switch sink {
      case .discard:
        return passOver(bytes)
      case .memory(let limit):
        guard body.count + bytes.count <= limit else { throw BodyTooLong(limit: limit) }
        if body.isEmpty, let length = head.headers["content-length"].flatMap({ Int($0) }), length > 0 {
          body.reserveCapacity(min(length, limit, 16 << 20))
        }
        body.append(contentsOf: bytes)
      case .body(let sink, _):
        guard !bytes.isEmpty else { return 0 }
        if try sink.write(bytes) == .pause {
          isReceivePaused = true
          sink.whenReady { [resume] in resume(self, .receiving) }
          return Int(CURL_WRITEFUNC_PAUSE)
        }
      }
      received += Int64(bytes.count)
      return bytes.count
    } catch {
      failure = self.error(.bodySink, "the answer's body cannot be taken", cause: error)
      return bytes.isEmpty ? 1 : 0
    }
  }
}
