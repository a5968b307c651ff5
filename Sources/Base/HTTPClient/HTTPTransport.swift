public import HTTPMessages
public import Primitives

/// Sends requests. Implemented by `CurlTransport`; tests bring their own.
public protocol HTTPTransport: Sendable {
  /// Sends `request` once and takes the answer, whatever its status: only a failure to get an answer throws.
  /// - Throws: `HTTPError`, also for a cancelled task (`.cancelled`).
  func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse

  /// Ends what is under way with `.closed` and gives the connections back.
  func close() async
}

/// Where the body of an answer goes. That of an answer outside 200...299 always goes to `HTTPResponse.body`, cut off at 64 KiB.
public enum HTTPSink: Sendable {
  /// Nowhere. One that does not end is given up with its connection after 1 MiB, as that of an answer outside 200...299.
  case discard
  /// To `HTTPResponse.body`; a longer one than `limit` bytes fails.
  case memory(limit: Int)
  /// To a sink, from within the client's thread. `onHead` is called before its first byte and refuses the answer by throwing.
  case body(any ByteSink, onHead: (@Sendable (_ status: Int, _ headers: HTTPHeaders) throws -> Void)? = nil)

  /// The most that is kept of the body of an answer outside 200...299.
  public static let errorBodyLimit = 64 * 1024

  /// The most that is read of a body that nobody wants, to keep the connection: one that is longer costs less to give up.
  static let unwantedLimit: Int64 = 1 << 20
}

/// What a server answered.
public struct HTTPResponse: Sendable {
  public var status: Int
  public var headers: HTTPHeaders
  /// The body, if it was asked for in memory or the status is outside 200...299.
  public var body: [UInt8]
  /// The bytes of the body that came, wherever they went.
  public var bodyLength: Int64
  public var timings: HTTPTimings

  public init(
    status: Int, headers: HTTPHeaders = [:], body: [UInt8] = [], bodyLength: Int64? = nil, timings: HTTPTimings = HTTPTimings()
  ) {
    self.status = status
    self.headers = headers
    self.body = body
    self.bodyLength = bodyLength ?? Int64(body.count)
    self.timings = timings
  }

  public var isSuccess: Bool { (200...299).contains(status) }
}

/// When things happened, counted from the beginning of the request.
public struct HTTPTimings: Sendable, Hashable {
  /// The first byte of the answer.
  public var firstByte: Duration
  /// The last byte of the answer.
  public var total: Duration
  /// Whether an open connection was used.
  public var reusedConnection: Bool
  /// The bytes of body that were sent.
  public var bytesSent: Int64
  /// From the last byte of the request to the first of the answer: how long the server took. nil if the answer came before.
  public var wait: Duration?
  /// The bytes of the request's head, of every attempt.
  public var headSent: Int
  /// The bytes of the answer's head, of every answer.
  public var headReceived: Int

  public init(
    firstByte: Duration = .zero, total: Duration = .zero, reusedConnection: Bool = false, bytesSent: Int64 = 0,
    wait: Duration? = nil, headSent: Int = 0, headReceived: Int = 0
  ) {
    self.firstByte = firstByte
    self.total = total
    self.reusedConnection = reusedConnection
    self.bytesSent = bytesSent
    self.wait = wait
    self.headSent = headSent
    self.headReceived = headReceived
  }
}
