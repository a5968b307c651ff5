import Concurrency
import HTTPClient
import HTTPMessages
import Primitives
import StoreTesting
import Testing

@Suite struct RedirectTests {
  private func request(_ url: String, _ method: HTTPMethod = .get, body: HTTPBody? = nil) -> HTTPRequest {
    HTTPRequest(
      method: method, url: url,
      headers: [
        "Authorization": "secret", "X-Amz-Security-Token": "secret", "Cookie": "secret", "X-Api-Key": "secret",
        "Range": "bytes=0-4",
      ], body: body, redirects: .follow(max: 5))
  }

  @Test func `a redirect is the answer unless following is asked for`() async throws {
    let server = RawServer { connection in
      while connection.readHead() != nil { connection.answer("302 Found", "body", headers: "Location: /other\r\n") }
    }
    defer { server.stop() }
    try await withClient { client in
      let response = try await client.get(server.url())
      #expect(response.status == 302)
      #expect(response.text == "body")
    }
  }

  @Test func `the same host gets the headers again, relative addresses are resolved`() async throws {
    let server = RawServer { connection in
      while let head = connection.readHead() {
        if head.hasPrefix("GET /a/b?x ") {
          connection.answer("307 Temporary Redirect", headers: "Location: ../c%20d/./e?y=%2F#part\r\n")
        } else {
          connection.answer("200 OK", head)
        }
      }
    }
    defer { server.stop() }
    try await withClient { client in
      let head = try await client.send(request(server.url("/a/b?x")), into: .memory(limit: 10_000)).text
      #expect(head.hasPrefix("GET /"))
      #expect(head.split(separator: "\r\n")[0].hasSuffix("/c%20d/./e?y=%2F HTTP/1.1") || head.hasPrefix("GET /c%20d/e?y=%2F "))
      #expect(head.header("authorization") == "secret")
      #expect(head.header("range") == "bytes=0-4")
    }
  }

  @Test(arguments: ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"])
  func `another host gets no credentials`(_ status: String) async throws {
    let other = RawServer { connection in while let head = connection.readHead() { connection.answer("200 OK", head) } }
    defer { other.stop() }
    let target = other.url("/x")
    let server = RawServer { connection in
      while connection.readHead() != nil { connection.answer(status, headers: "Location: \(target)\r\n") }
    }
    defer { server.stop() }
    try await withClient { client in
      let sink = MemorySink(limit: 10_000)
      let response = try await client.send(request(server.url()), into: .body(sink))
      let head = String(decoding: sink.bytes, as: UTF8.self)
      #expect(response.status == 200)
      #expect(head.hasPrefix("GET /x "))
      #expect(!head.contains("secret"))
      #expect(head.header("range") == "bytes=0-4")
      #expect(head.header("host") == "127.0.0.1:\(other.port)")
    }
  }

  @Test(arguments: [
    "file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "http://user:pw@127.0.0.1/", "javascript:alert(1)", "http://",
  ])
  func `no redirect leads out of http`(_ location: String) async throws {
    let server = RawServer { connection in
      while connection.readHead() != nil { connection.answer("302 Found", headers: "Location: \(location)\r\n") }
    }
    defer { server.stop() }
    try await withClient { client in
      let error = try await httpError { _ = try await client.send(request(server.url()), into: .discard) }
      #expect(error.code == .redirectRefused)
    }
  }

  @Test func `a circle ends`() async throws {
    let requests = Lock(0)
    let server = RawServer { connection in
      while connection.readHead() != nil {
        requests.withLock { $0 += 1 }
        connection.answer("302 Found", headers: "Location: /again\r\n")
      }
    }
    defer { server.stop() }
    try await withClient { client in
      let error = try await httpError { _ = try await client.send(request(server.url()), into: .discard) }
      #expect(error.code == .tooManyRedirects)
    }
    #expect(requests.withLock { $0 } == 6)
  }

  @Test(arguments: [(307, "PUT", "hello"), (308, "PUT", "hello"), (301, "PUT", "hello"), (303, "GET", ""), (302, "PUT", "hello")])
  func `a body is sent again from its beginning where the status keeps the method`(_ status: Int, _ method: String, _ body: String)
    async throws
  {
    let server = RawServer { connection in
      while let head = connection.readHead() {
        var body: [UInt8] = []
        guard connection.readBody(Int(head.header("content-length") ?? "0") ?? 0, { body += $0 }) else { return }
        if head.contains(" /there ") {
          connection.answer("200 OK", "\(head.prefix(3)) \(String(decoding: body, as: UTF8.self))")
        } else {
          connection.answer("\(status) Elsewhere", headers: "Location: /there\r\n")
        }
      }
    }
    defer { server.stop() }
    try await withClient { client in
      let response = try await client.send(
        request(server.url(), .put, body: .bytes(Array("hello".utf8))), into: .memory(limit: 1000))
      #expect(response.text == "\(method) \(body)")
    }
  }
}
