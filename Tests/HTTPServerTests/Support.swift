import Concurrency
import Glibc
import HTTPClient
import HTTPMessages
import HTTPServer
import Primitives
import Testing

/// A handler made of a closure.
struct Answering: HTTPHandler {
  let body: @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse

  func respond(to request: HTTPServerRequest) async throws -> HTTPServerResponse { try await body(request) }
}

/// A server that listens, and a client for it on another loop.
struct RunningServer {
  let listener: HTTPListener
  let port: UInt16
  let client: CurlTransport

  func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

  func get(_ path: String = "/", into sink: HTTPSink = .memory(limit: 1 << 20)) async throws -> HTTPResponse {
    try await client.send(HTTPRequest(method: .get, url: url(path), label: "test"), into: sink)
  }

  func send(_ method: HTTPMethod, _ path: String = "/", _ body: HTTPBody? = nil, headers: HTTPHeaders = [:]) async throws
    -> HTTPResponse
  {
    try await client.send(
      HTTPRequest(method: method, url: url(path), headers: headers, body: body, label: "test"), into: .memory(limit: 1 << 20))
  }

  /// Runs what blocks on a socket of its own, off the test's threads.
  func raw<T: Sendable>(_ body: @escaping @Sendable (RawClient) throws -> T) async throws -> T {
    let port = port
    return try await BlockingPool.shared.run { try body(RawClient(port: port)) }
  }
}

func withServer<T>(
  _ options: HTTPListenerOptions = HTTPListenerOptions(),
  _ handler: @escaping @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse,
  _ body: (RunningServer) async throws -> T
) async throws -> T {
  let (serving, asking) = (EventLoop(name: "server-test"), EventLoop(name: "client-test"))
  defer {
    serving.shutdown()
    asking.shutdown()
  }
  let listener = HTTPListener(loop: serving, handler: Answering(body: handler), options: options)
  let client = CurlTransport(loop: asking, options: HTTPClientOptions(proxy: .none))
  let result: Result<T, any Error>
  do {
    result = .success(try await body(RunningServer(listener: listener, port: listener.start(), client: client)))
  } catch { result = .failure(error) }
  await client.close()
  await listener.close()
  return try result.get()
}

/// A client that sends what a test wants, right or wrong.
final class RawClient: @unchecked Sendable {
  private var descriptor: Int32
  private var buffer: [UInt8] = []

  init(port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw RawFailure(errno: errno) }
    setTimeout(seconds: 20)
  }

  deinit { disconnect() }

  func setTimeout(seconds: Int, microseconds: Int = 0) {
    var patience = timeval(tv_sec: seconds, tv_usec: microseconds)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) throws {
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { throw RawFailure(errno: errno) }
      done += count
    }
  }

  /// What comes, once; empty at the end.
  func receive() throws -> [UInt8] {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    guard count >= 0 else { throw RawFailure(errno: errno) }
    return Array(chunk[..<count])
  }

  /// All that comes until the other side closes.
  func receiveAll() throws -> String {
    while true {
      let chunk = try receive()
      if chunk.isEmpty { break }
      buffer += chunk
    }
    defer { buffer = [] }
    return String(decoding: buffer, as: UTF8.self)
  }

  /// The next answer, with as much body as its length says; nil if the other side closes first.
  func receiveAnswer() throws -> String? {
    while true {
      let text = String(decoding: buffer, as: UTF8.self)
      if let end = text.range(of: "\r\n\r\n") {
        let head = String(text[..<end])
        let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
        let length = line.flatMap { Int($0.split(separator: ":")[1].trimmingSpaces()) } ?? 0
        let whole = head.utf8.count + 4 + length
        if buffer.count >= whole {
          defer { buffer.removeFirst(whole) }
          return String(decoding: buffer[..<whole], as: UTF8.self)
        }
      }
      let chunk = try receive()
      if chunk.isEmpty { return nil }
      buffer += chunk
    }
  }

  /// Says that no more is sent.
  func closeSendingSide() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Breaks the connection, as a crash of the machine would show.
  func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    disconnect()
  }

  func disconnect() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }
}

struct RawFailure: Error { let errno: Int32 }

extension String {
  /// The end of `text`'s first occurrence.
  fileprivate func range(of text: String) -> String.Index? {
    let (bytes, wanted) = (Array(utf8), Array(text.utf8))
    guard bytes.count >= wanted.count else { return nil }
    for start in 0...(bytes.count - wanted.count) where bytes[start..<start + wanted.count].elementsEqual(wanted) {
      return utf8.index(utf8.startIndex, offsetBy: start)
    }
    return nil
  }

  /// The status of an answer.
  var status: Int? { split(separator: " ").dropFirst().first.flatMap { Int($0) } }
}

extension Substring {
  fileprivate func trimmingSpaces() -> String { String(filter { $0 != " " }) }
}

/// Waits, in real time, for what other threads bring about; gives up after a minute.
func eventually(_ condition: () -> Bool) async throws -> Bool {
  for _ in 0..<60_000 {
    if condition() { return true }
    try await Task.sleep(for: .milliseconds(1))
  }
  return condition()
}

/// The error that `body` throws, which must be one of the client's.
func httpError(_ body: () async throws -> Void) async throws -> HTTPError {
  do {
    try await body()
  } catch let error as HTTPError {
    return error
  }
  throw NoError()
}

struct NoError: Error {}
struct Broken: Error, Equatable {}

extension HTTPResponse {
  var text: String { String(decoding: body, as: UTF8.self) }
}
