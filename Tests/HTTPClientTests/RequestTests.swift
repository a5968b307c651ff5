import Concurrency
import HTTPClient
import HTTPMessages
import Primitives
import StoreTesting
import Testing

@Suite struct RequestTests {
  @Test func `a small answer comes with status, headers and body`() async throws {
    let server = RawServer { connection in
      while connection.readHead() != nil {
        connection.answer("200 OK", "hello", headers: "ETag: \"x\"\r\nX-Two: a\r\nX-Two: b\r\n")
      }
    }
    defer { server.stop() }
    try await withClient { client in
      let response = try await client.get(server.url("/a"))
      #expect(response.status == 200)
      #expect(response.text == "hello")
      #expect(response.bodyLength == 5)
      #expect(response.headers["etag"] == "\"x\"")
      #expect(response.headers.values(of: "x-two") == ["a", "b"])
    }
  }

  @Test func `the connection is used again`() async throws {
    let server = RawServer { connection in while connection.readHead() != nil { connection.answer() } }
    defer { server.stop() }
    try await withClient { client in
      var reused: [Bool] = []
      for _ in 0..<20 { reused.append(try await client.get(server.url()).timings.reusedConnection) }
      #expect(reused == [false] + Array(repeating: true, count: 19))
    }
    #expect(server.connections == 1)
  }

  @Test func `path and query are sent byte for byte`() async throws {
    let server = RawServer { connection in
      while let head = connection.readHead() { connection.answer("200 OK", String(head.split(separator: "\r\n")[0])) }
    }
    defer { server.stop() }
    try await withClient { client in
      for path in ["/a/../b/./c", "/%2e%2E/x%20y%2F", "//double//", "/a?x=%20&y=a+b&z=../..", "/a%00b", "/~!$&'()*+,;=:@"] {
        let line = try await client.get(server.url(path)).text
        #expect(line == "GET \(path) HTTP/1.1")
      }
    }
  }

  @Test func `headers go out as given, an empty value too`() async throws {
    let server = RawServer { connection in while let head = connection.readHead() { connection.answer("200 OK", head) } }
    defer { server.stop() }
    try await withClient { client in
      var request = HTTPRequest(method: .get, url: server.url())
      try request.headers.add("X-Amz-Date", "20261120T000000Z")
      try request.headers.add("X-Empty", "")
      let head = try await client.send(request, into: .memory(limit: 10_000)).text
      #expect(head.header("x-amz-date") == "20261120T000000Z")
      #expect(head.header("x-empty") == "")
      #expect(head.header("accept-encoding") == nil)
      #expect(head.header("user-agent") == "isobar")
    }
  }

  @Test func `put and post without a body say that it is empty`() async throws {
    let server = RawServer { connection in while let head = connection.readHead() { connection.answer("200 OK", head) } }
    defer { server.stop() }
    try await withClient { client in
      for method in [HTTPMethod.put, .post] {
        let head = try await client.send(HTTPRequest(method: method, url: server.url()), into: .memory(limit: 10_000)).text
        #expect(head.hasPrefix("\(method) / HTTP/1.1"))
        #expect(head.header("content-length") == "0")
        #expect(head.header("expect") == nil)
      }
      let head = try await client.send(HTTPRequest(method: .delete, url: server.url()), into: .memory(limit: 10_000)).text
      #expect(head.hasPrefix("DELETE / HTTP/1.1"))
    }
  }

  @Test func `head gives the headers and waits for no body`() async throws {
    let server = RawServer { connection in
      while connection.readHead() != nil { connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n") }
    }
    defer { server.stop() }
    try await withClient { client in
      for _ in 0..<3 {
        let response = try await client.send(HTTPRequest(method: .head, url: server.url()), into: .discard)
        #expect(response.headers["Content-Length"] == "1000000")
        #expect(response.bodyLength == 0)
      }
    }
    #expect(server.connections == 1)
  }

  @Test func `a body of known length arrives as it is`() async throws {
    let server = RawServer { connection in
      while let head = connection.readHead() {
        var body: [UInt8] = []
        guard connection.readBody(Int(head.header("content-length") ?? "") ?? 0, { body += $0 }) else { return }
        connection.answer("200 OK", String(decoding: body, as: UTF8.self), headers: "X-Method: \(head.prefix(4))\r\n")
      }
    }
    defer { server.stop() }
    try await withClient { client in
      for method in [HTTPMethod.put, .post, .delete] {
        for text in ["", "x", String(repeating: "abc", count: 50_000)] {
          let request = HTTPRequest(method: method, url: server.url(), body: .bytes(Array(text.utf8)))
          let response = try await client.send(request, into: .memory(limit: 1 << 20))
          #expect(response.text == text)
          #expect(response.timings.bytesSent == Int64(text.utf8.count))
          #expect(response.headers["x-method"]?.hasPrefix(method.name.prefix(3)) == true)
        }
      }
    }
  }

  @Test func `a body from memory arrives whole whatever its size, and is not called a form`() async throws {
    let server = RawServer { connection in
      while let head = connection.readHead() {
        let length = Int(head.header("content-length") ?? "") ?? 0
        var body: [UInt8] = []
        guard connection.readBody(length, { body += $0 }) else { return }
        let isWhole = body == [UInt8]((0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        connection.answer("200 OK", "\(length) \(isWhole) \(head.header("content-type") ?? "none")")
      }
    }
    defer { server.stop() }
    try await withClient { client in
      for length in [1, 4096, 65_535, 65_536, 70_000] {
        for type in ["none", "text/plain"] {
          let body = HTTPBody.bytes((0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) })
          var request = HTTPRequest(method: .put, url: server.url(), body: body)
          if type != "none" { try request.headers.add("content-type", type) }
          let response = try await client.send(request, into: .memory(limit: 1000))
          #expect(response.text == "\(length) true \(type)")
          #expect(response.timings.bytesSent == Int64(length))
        }
      }
    }
    #expect(server.connections == 1)
  }

  @Test func `a body of unknown length is sent in chunks`() async throws {
    let server = RawServer { connection in
      guard let head = connection.readHead() else { return }
      var body: [UInt8] = []
      while !body.suffix(5).elementsEqual(Array("0\r\n\r\n".utf8)) {
        guard let more = connection.receive() else { return }
        body += more
      }
      connection.answer("200 OK", "\(head.header("transfer-encoding") ?? "") \(String(decoding: body, as: UTF8.self))")
    }
    defer { server.stop() }
    try await withClient { client in
      let body = HTTPBody(length: nil) { MemorySource(Array("hello".utf8)[...]) }
      let response = try await client.send(HTTPRequest(method: .put, url: server.url(), body: body), into: .memory(limit: 1000))
      #expect(response.text == "chunked 5\r\nhello\r\n0\r\n\r\n")
    }
  }

  @Test func `an answer in chunks is put together and its trailers are ignored`() async throws {
    let server = RawServer { connection in
      while connection.readHead() != nil {
        connection.send(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Trailer: HTTP/1.1 500\r\n\r\n"
        )
      }
    }
    defer { server.stop() }
    try await withClient { client in
      for _ in 0..<2 {
        let response = try await client.get(server.url())
        #expect(response.text == "hello world")
        #expect(response.status == 200)
        #expect(response.headers["x-trailer"] == nil)
      }
    }
  }

  @Test func `a big body waits for the server to want it`() async throws {
    let server = RawServer { connection in
      guard let head = connection.readHead() else { return }
      if head.header("expect") == "100-continue" { connection.send("HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n") }
      let length = Int(head.header("content-length") ?? "") ?? 0
      guard connection.readBody(length) else { return }
      connection.answer("200 OK", head.header("expect") ?? "none")
    }
    defer { server.stop() }
    try await withClient { client in
      for (size, expected) in [(3 << 20, "100-continue"), ((1 << 20) - 1, "none")] {
        let request = HTTPRequest(method: .put, url: server.url(), body: .bytes([UInt8](repeating: 7, count: size)))
        let response = try await client.send(request, into: .memory(limit: 1000))
        #expect(response.status == 200)
        #expect(response.text == expected)
        #expect(response.headers["x-interim"] == nil)
      }
    }
  }

  @Test func `a refusal before a big body saves sending it`() async throws {
    let server = RawServer { connection in
      guard connection.readHead() != nil else { return }
      connection.answer("403 Forbidden", "no", headers: "Connection: close\r\n")
    }
    defer { server.stop() }
    try await withClient { client in
      let request = HTTPRequest(method: .put, url: server.url(), body: .bytes([UInt8](repeating: 7, count: 8 << 20)))
      let response = try await client.send(request, into: .discard)
      #expect(response.status == 403)
      #expect(response.text == "no")
      #expect(response.timings.bytesSent < 8 << 20)
    }
  }

  @Test func `a server that does not answer the expectation gets the body soon`() async throws {
    let server = RawServer { connection in
      guard let head = connection.readHead() else { return }
      guard connection.readBody(Int(head.header("content-length") ?? "") ?? 0) else { return }
      connection.answer()
    }
    defer { server.stop() }
    try await withClient { client in
      let request = HTTPRequest(method: .put, url: server.url(), body: .bytes([UInt8](repeating: 7, count: 2 << 20)))
      var status = 0
      // The best of many: on a busy machine any one of them may be late, and the usual second is what it must not be.
      var best = Duration.seconds(60)
      for _ in 0..<30 where best >= .milliseconds(900) {
        best = min(best, try await elapsed { status = try await client.send(request, into: .discard).status })
        #expect(status == 200)
      }
      #expect(best < .milliseconds(900))
    }
  }

  @Test func `a dead kept connection is replaced and the body sent again from its beginning`() async throws {
    let server = RawServer { connection in
      guard let head = connection.readHead() else { return }
      var body: [UInt8] = []
      guard connection.readBody(Int(head.header("content-length") ?? "") ?? 0, { body += $0 }) else { return }
      connection.answer("200 OK", String(decoding: body, as: UTF8.self))
      // Reads the next request and dies without an answer.
      if connection.number == 1 { _ = connection.readHead() }
    }
    defer { server.stop() }
    let made = Lock(0)
    try await withClient { client in
      let body = HTTPBody(length: 5) {
        made.withLock { $0 += 1 }
        return MemorySource(Array("hello".utf8)[...])
      }
      let request = HTTPRequest(method: .put, url: server.url(), body: body)
      let first = try await client.send(request, into: .memory(limit: 100)).text
      let second = try await client.send(request, into: .memory(limit: 100)).text
      #expect([first, second] == ["hello", "hello"])
    }
    #expect(made.withLock { $0 } == 3)
    #expect(server.connections == 2)
  }

  @Test func `a call from a task that runs on the loop stays there`() async throws {
    let server = RawServer { connection in while connection.readHead() != nil { connection.answer("200 OK", "x") } }
    defer { server.stop() }
    let loop = EventLoop(name: "http-test")
    defer { loop.shutdown() }
    let client = CurlTransport(loop: loop, options: HTTPClientOptions(proxy: .none))
    let url = server.url()
    let stayed = try await loop.run {
      for _ in 0..<10 {
        guard try await client.get(url).text == "x", loop.isCurrent else { return false }
      }
      return true
    }
    #expect(stayed)
    await client.close()
  }

  @Test func `many requests at once are all answered`() async throws {
    let server = RawServer { connection in
      while let head = connection.readHead() { connection.answer("200 OK", String(head.split(separator: " ")[1])) }
    }
    defer { server.stop() }
    try await withClient { client in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for worker in 0..<32 {
          group.addTask {
            for number in 0..<20 {
              let path = "/\(worker)/\(number)"
              guard try await client.get(server.url(path)).text == path else { return false }
            }
            return true
          }
        }
        for try await isRight in group { #expect(isRight) }
      }
    }
    #expect(server.connections <= 32)
  }
}
