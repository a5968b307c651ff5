public import Concurrency
import Primitives

/// Holds what requests send and receive to the rates of token buckets, which may be shared with other transports.
///
/// Bodies move in small steps, for each of which a request stands in line anew: each request gets the same share, and a big body does
/// not starve small ones. A body that is held back is a pause of the caller's own: no patience ends meanwhile, and cancelling works.
/// What is known only afterwards (heads, answers kept in memory) is paid for afterwards, by whoever comes next.
public final class ThrottledTransport: HTTPTransport {
  private let free: any HTTPTransport
  private let limited: any HTTPTransport
  private let upload: [TokenBucket]
  private let download: [TokenBucket]
  /// Answers whose bodies are on their way within a limit.
  private let bodies = Lock(0)

  /// Bodies below this that begin while there is no limit need not notice that one begins. Answers kept in memory notice it at their end.
  private static let small: Int64 = 1 << 20
  /// What a server may send before anybody has taken it is paid late; large buffers here would add to it.
  private static let largestExpected: Int64 = 32 << 10

  /// - Parameters:
  ///   - free: for requests that begin while there is no limit.
  ///   - limited: for the others; best one whose sockets send small segments, see `HTTPClientOptions.smallSegments`.
  ///   - upload: the buckets of what is sent; each byte is paid for to all of them.
  ///   - download: the buckets of what is received.
  public init(free: any HTTPTransport, limited: any HTTPTransport, upload: [TokenBucket], download: [TokenBucket]) {
    (self.free, self.limited, self.upload, self.download) = (free, limited, upload, download)
  }

  private var isLimited: Bool { upload.contains { $0.rate != nil } || download.contains { $0.rate != nil } }

  public func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
    let isLimited = isLimited
    let isHeldBack: Bool
    if case .body = sink { isHeldBack = true } else { isHeldBack = false }
    let sent = request.body.map { $0.length ?? .max } ?? 0
    if !isLimited, sent < Self.small, !isHeldBack || request.expectedLength ?? .max < Self.small {
      let response = try await free.send(request, into: sink)
      // An answer that is kept in memory may be long, and a limit have begun meanwhile.
      if self.isLimited {
        for bucket in download { bucket.owe(response.timings.headReceived + Int(clamping: response.bodyLength)) }
      }
      return response
    }
    let up = Toll(upload, length: request.body?.length)
    let down = Toll(download, length: request.expectedLength, bodies: isLimited ? bodies : nil)
    if isHeldBack { bodies.withLock { $0 += 1 } }
    defer {
      if isHeldBack { bodies.withLock { $0 -= 1 } }
      up.end()
      down.end()
    }
    var (request, sink) = (request, sink)
    if let body = request.body, body.length != 0 {
      request.body = HTTPBody(length: body.length) { TolledSource(try body.makeSource(), up) }
    }
    if case .body(let base, let onHead) = sink {
      sink = .body(TolledSink(base, down), onHead: onHead)
      if isLimited {
        request.window = { down.window }
        // A body whose length nobody knows is short as a rule.
        if request.expectedLength != nil { try await down.prepay(label: request.label) }
        request.expectedLength = min(request.expectedLength ?? Self.largestExpected, Self.largestExpected)
      }
    }
    let response = try await (isLimited ? limited : free).send(request, into: sink)
    up.owe(response.timings.headSent)
    let unpaid = isHeldBack && response.isSuccess ? 0 : Int(clamping: response.bodyLength)
    down.owe(response.timings.headReceived + unpaid)
    return response
  }

  public func close() async {
    await free.close()
    await limited.close()
  }
}
