import Concurrency
import Glibc
import HTTPClient
import HTTPMessages
import Primitives
import StoreTesting
import Testing

@Suite struct FaultTests {
  private func failure(
    _ patience: Patience = Patience(), sink: HTTPSink = .memory(limit: 1 << 20), _ answer: @escaping @Sendable (Connection) -> Void
  ) async throws -> HTTPError {
    let server = RawServer { connection in
      guard connection.readHead() != nil else { return }
      answer(connection)
    }
    defer { server.stop() }
    let error = try await withClient { client in
      try await httpError { _ = try await client.get(server.url("/secret?X-Amz-Signature=abc"), patience: patience, into: sink) }
    }
    #expect(error.host == "127.0.0.1:\(server.port)")
    #expect(!error.description.contains("Signature"))
    #expect(!error.description.contains("secret"))
    #expect(error.requestMayHaveBeenSent)
    return error
  }

  @Test func `a short body is an error`() async throws {
    let error = try await failure { $0.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this") }
    #expect(error.code == .truncated)
  }

  @Test func `a body in chunks that breaks off is an error`() async throws {
    let error = try await failure { $0.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n") }
    #expect([.truncated, .connectionReset].contains(error.code))
  }

  @Test func `bytes behind the announced length are not part of the body nor of the next answer`() async throws {
    let server = RawServer { connection in
      guard connection.readHead() != nil else { return }
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
      connection.awaitEnd()
    }
    defer { server.stop() }
    try await withClient { client in
      for _ in 0..<3 {
        let text = try await client.get(server.url()).text
        #expect(text == "hello")
      }
    }
    #expect(server.connections == 3)
  }

  @Test func `a reset in the middle is an error`() async throws {
    let error = try await failure { connection in
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
      usleep(30_000)
      connection.reset()
    }
    #expect([.connectionReset, .truncated].contains(error.code))
  }

  @Test func `no answer at all is a reset`() async throws {
    let error = try await failure { $0.close() }
    #expect(error.code == .connectionReset)
  }

  @Test func `headers without end are cut off`() async throws {
    let error = try await failure { connection in
      connection.send("HTTP/1.1 200 OK\r\n")
      while connection.send("X-Filler: \(String(repeating: "a", count: 4000))\r\n") {}
    }
    #expect(error.code == .headersTooLarge)
  }

  @Test func `a header line without end is cut off`() async throws {
    let error = try await failure { connection in
      connection.send("HTTP/1.1 200 OK\r\nX-Filler: ")
      while connection.send(String(repeating: "a", count: 4000)) {}
    }
    #expect(error.code == .headersTooLarge)
  }

  @Test func `interim answers without end are cut off`() async throws {
    let error = try await failure { connection in
      while connection.send("HTTP/1.1 100 Continue\r\nX-Filler: \(String(repeating: "a", count: 4000))\r\n\r\n") {}
    }
    #expect(error.code == .headersTooLarge)
  }

  @Test func `what is not HTTP is refused`() async throws {
    let error = try await failure { $0.send("SSH-2.0-OpenSSH_9.2\r\n") }
    #expect(error.code == .badResponse)
  }

  @Test func `a body beyond the memory limit is an error`() async throws {
    let error = try await failure(sink: .memory(limit: 10)) { $0.answer("200 OK", "eleven byte") }
    #expect(error.code == .bodySink)
    #expect(error.cause is BodyTooLong)
  }

  @Test func `the body of an error answer is kept up to a limit and never reaches the sink`() async throws {
    let server = RawServer { connection in
      while connection.readHead() != nil { connection.answer("500 Oops", String(repeating: "e", count: 200_000)) }
    }
    defer { server.stop() }
    try await withClient { client in
      let sink = MemorySink(limit: 10)
      let response = try await client.get(server.url(), into: .body(sink, onHead: { _, _ in throw Broken() }))
      #expect(response.status == 500)
      #expect(response.body.count == HTTPSink.errorBodyLimit)
      #expect(response.bodyLength == 200_000)
      #expect(sink.bytes.isEmpty)
    }
  }

  @Test(.timeLimit(.minutes(2)), arguments: ["500 Oops", "200 OK"])
  func `a body that nobody wants is given up when it does not end`(_ status: String) async throws {
    let server = RawServer { connection in
      guard let head = connection.readHead() else { return }
      if head.contains("/again") { return connection.answer("200 OK", "fine") }
      connection.send("HTTP/1.1 \(status)\r\nTransfer-Encoding: chunked\r\n\r\n")
      while connection.send("1000\r\n" + String(repeating: "e", count: 0x1000) + "\r\n") {}
    }
    defer { server.stop() }
    try await withClient { client in
      let response = try await client.get(server.url(), into: .discard)
      #expect(response.status == Int(status.prefix(3)))
      #expect(response.body.count == (status.hasPrefix("5") ? HTTPSink.errorBodyLimit : 0))
      let again = try await client.get(server.url("/again"))
      #expect(again.text == "fine")
    }
  }

  @Test func `a caller may refuse an answer by its head`() async throws {
    let server = RawServer { connection in
      guard connection.readHead() != nil else { return }
      connection.answer("200 OK", "whole", headers: "X-Range: no\r\n")
    }
    defer { server.stop() }
    try await withClient { client in
      let sink = MemorySink(limit: 100)
      let error = try await httpError {
        _ = try await client.get(
          server.url(), into: .body(sink, onHead: { _, headers in if headers["x-range"] == "no" { throw Broken() } }))
      }
      #expect(error.code == .responseRefused)
      #expect(error.cause is Broken)
      #expect(sink.bytes.isEmpty)
    }
  }

  @Test func `a source that fails, or has less than it said, fails the request`() async throws {
    let server = RawServer { connection in
      guard connection.readHead() != nil else { return }
      connection.awaitEnd()
    }
    defer { server.stop() }
    try await withClient { client in
      let failing = HTTPBody(length: 10) { throw Broken() }
      let first = try await httpError {
        _ = try await client.send(HTTPRequest(method: .put, url: server.url(), body: failing), into: .discard)
      }
      #expect(first.code == .bodySource)
      #expect(first.cause is Broken)
      let short = HTTPBody(length: 10) { MemorySource([1, 2, 3]) }
      let second = try await httpError {
        _ = try await client.send(HTTPRequest(method: .put, url: server.url(), body: short), into: .discard)
      }
      #expect(second.code == .bodySource)
      #expect(second.message.contains("3 of 10"))
    }
  }

  @Test func `nobody listens there`() async throws {
    let server = RawServer { _ in }
    server.stop()
    try await withClient { client in
      let error = try await httpError { _ = try await client.get(server.url()) }
      #expect(error.code == .connectFailed)
      #expect(!error.requestMayHaveBeenSent)
    }
  }

  @Test func `a name that does not exist`() async throws {
    try await withClient { client in
      let error = try await httpError {
        _ = try await client.get("http://no-such-host.invalid/", patience: Patience(connect: .seconds(3)))
      }
      #expect([.dnsFailed, .connectTimeout].contains(error.code))
      #expect(!error.requestMayHaveBeenSent)
    }
  }

  @Test(arguments: [
    "", "ftp://host/", "http://", "http://user:pw@host/", "http://host/a b", "http://host/é", "http://host/#x", "host/path",
    "file:///etc/passwd",
  ])
  func `an unusable address is refused`(_ url: String) async throws {
    try await withClient { client in
      let error = try await httpError { _ = try await client.get(url) }
      #expect(error.code == .invalidURL)
      #expect(!error.requestMayHaveBeenSent)
    }
  }
}
