public import HTTPMessages
public import Primitives

/// A request as a server sees it: nothing decoded, nothing normalised, so that signatures can be checked.
public struct HTTPServerRequest: Sendable {
  public var method: HTTPMethod
  /// Path and query exactly as they came, visible ASCII, beginning with `/`.
  public var target: String
  public var headers: HTTPHeaders
  public var body: any HTTPRequestBody

  /// A request.
  public init(method: HTTPMethod, target: String, headers: HTTPHeaders = [:], body: any HTTPRequestBody) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
  }

  /// What precedes the question mark, still percent-encoded.
  public var path: Substring { target.prefix { $0 != "?" } }

  /// What follows the question mark, still percent-encoded; nil without one.
  public var query: Substring? {
    guard let mark = target.firstIndex(of: "?") else { return nil }
    return target[target.index(after: mark)...]
  }
}

/// The body of a request, read once.
public protocol HTTPRequestBody: AnyObject, Sendable {
  /// Bytes that will come; nil where the client does not say (chunked).
  var length: Int64? { get }

  /// Sends what is left of the body to `sink` as it arrives, without a copy in between.
  /// - Returns: how many bytes came.
  /// - Throws: `HTTPError` if the connection breaks before the end (`.truncated`), what `sink` threw, `CancellationError`.
  @discardableResult
  func read(into sink: any ByteSink) async throws -> Int64
}

extension HTTPRequestBody {
  /// The whole body in memory.
  /// - Throws: `BodyTooLong` beyond `limit`, and as `read`.
  public func collect(limit: Int) async throws -> [UInt8] {
    let sink = MemorySink(limit: limit)
    try await read(into: sink)
    return sink.bytes
  }
}
