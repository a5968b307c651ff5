import Concurrency
public import HTTPClient
import HTTPMessages
import Primitives

/// Answers requests from a script, and keeps what was asked.
public final class FakeTransport: HTTPTransport {
  /// An answer; `breaksAfter` ends the connection after that many bytes of the body.
  public struct Answer: Sendable {
    public var status: Int
    public var headers: [(String, String)]
    public var body: [UInt8]
    public var breaksAfter: Int?

    public init(status: Int = 200, headers: [(String, String)] = [], body: [UInt8] = [], breaksAfter: Int? = nil) {
      (self.status, self.headers, self.body, self.breaksAfter) = (status, headers, body, breaksAfter)
    }

    public static func text(_ text: String, _ status: Int = 200, _ headers: [(String, String)] = []) -> Answer {
      Answer(status: status, headers: headers, body: Array(text.utf8))
    }
  }

  private let script: @Sendable (_ request: HTTPRequest, _ index: Int) throws -> Answer
  private let log = Lock<[(request: HTTPRequest, body: [UInt8])]>([])

  public init(_ script: @escaping @Sendable (_ request: HTTPRequest, _ index: Int) throws -> Answer) { self.script = script }

  /// Always the same answer.
  public convenience init(_ answer: Answer) { self.init { _, _ in answer } }

  public var requests: [HTTPRequest] { log.withLock { $0.map(\.request) } }
  public var bodies: [[UInt8]] { log.withLock { $0.map(\.body) } }
  public var texts: [String] { bodies.map { String(decoding: $0, as: UTF8.self) } }

  public func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
    let body = try Self.read(request.body)
    let index = log.withLock { log in
      log.append((request, body))
      return log.count - 1
    }
    let answer = try script(request, index)
    var headers = HTTPHeaders()
    for (name, value) in answer.headers { try headers.add(name, value) }
    guard (200...299).contains(answer.status), case .body(let body, let onHead) = sink else {
      return HTTPResponse(status: answer.status, headers: headers, body: answer.body)
    }
    do { try onHead?(answer.status, headers) } catch { throw HTTPError(.responseRefused, "refused", cause: error) }
    let sent = answer.body.prefix(answer.breaksAfter ?? answer.body.count)
    do { _ = try sent.withUnsafeBytes { try body.write($0) } } catch { throw HTTPError(.bodySink, "not taken", cause: error) }
    if answer.breaksAfter != nil { throw HTTPError(.connectionReset, "reset by peer", host: "h:1", requestMayHaveBeenSent: true) }
    return HTTPResponse(status: answer.status, headers: headers, bodyLength: Int64(sent.count))
  }

  /// The body of a request, as text.
  public static func text(of request: HTTPRequest) -> String {
    String(decoding: (try? read(request.body)) ?? [], as: UTF8.self)
  }

  private static func read(_ body: HTTPBody?) throws -> [UInt8] {
    guard let body else { return [] }
    let source = try body.makeSource()
    var bytes: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    defer { buffer.deallocate() }
    while case .bytes(let count) = try source.read(into: buffer) {
      bytes += UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }
    return bytes
  }

  public func close() async {}
}
