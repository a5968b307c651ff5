import Concurrency
import HTTPMessages
import HTTPServer
import Primitives
import Testing

/// What goes over the wire, byte for byte.
@Suite struct WireTests {
  private func echo(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
    let body = try await request.body.collect(limit: 1 << 20)
    return HTTPServerResponse(200, body: .bytes(Array("\(request.target) ".utf8) + body))
  }

  @Test(arguments: [
    "GET\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX y: 1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX\u{0}y: 1\r\n\r\n",
    "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /a\u{1}b HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
    "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
    "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc",
    "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc",
    "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\nabc",
    "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "PUT / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n",
    "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
    "garbage garbage garbage garbage\r\n\r\n",
    "\u{16}\u{3}\u{1}\u{0}\u{5}\r\n\r\n",
  ])
  func `what is not HTTP, or can be read in two ways, is refused and its connection closed`(request: String) async throws {
    try await withServer(HTTPListenerOptions(), echo) { (server) async throws in
      let text = try await server.raw { client in
        try client.send(request)
        client.closeSendingSide()
        return (try? client.receiveAll()) ?? ""
      }
      // Some of it is not worth an answer.
      #expect(text.isEmpty || (400...599).contains(text.status ?? 0), "\(text)")
      #expect(!text.contains("abc"))
      #expect(try await server.get("/still").text == "/still ")
    }
  }

  @Test func `a target or headers that are too long are refused`() async throws {
    try await withServer(HTTPListenerOptions(targetLimit: 1000, headerLimit: 4000), echo) { (server) async throws in
      for (length, status) in [(990, 200), (1010, 414), (200_000, 414)] {
        let text = try await server.raw { client in
          try? client.send("GET /\(String(repeating: "a", count: length)) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
          return try client.receiveAll()
        }
        #expect(text.status == status, "\(length)")
      }
      for (length, status) in [(3900, 200), (4010, 431), (200_000, 431)] {
        let text = try await server.raw { client in
          let field = "X-Long: \(String(repeating: "a", count: length - 38))"
          try? client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(field)\r\n\r\n")
          return try client.receiveAll()
        }
        #expect(text.status == status, "\(length)")
      }
    }
  }

  @Test func `requests that come at once are answered in their order`() async throws {
    try await withServer { request in
      if request.target == "/1" { try await Task.sleep(for: .milliseconds(50)) }
      return try await self.echo(request)
    } _: { (server) async throws in
      let answers = try await server.raw { client in
        try client.send(
          "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPUT /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
            + "PUT /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1;x=y\r\nf\r\n0\r\nX-Trailer: 1\r\n\r\n"
            + "GET http://other/4?x HTTP/1.1\r\nHost: a\r\n\r\n")
        return try (1...4).map { _ in String(try #require(try client.receiveAnswer()).split(separator: "\r\n").last ?? "") }
      }
      #expect(answers == ["/1 ", "/2 abc", "/3 def", "/4?x "])
    }
  }

  @Test func `a connection stays open unless the client or its version says otherwise`() async throws {
    try await withServer(HTTPListenerOptions(), echo) { (server) async throws in
      let texts = try await server.raw { client in
        for number in 0..<3 {
          try client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
          _ = try #require(try client.receiveAnswer())
        }
        try client.send("GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return try client.receiveAll()
      }
      #expect(texts.hasSuffix("/last "))
      let old = try await server.raw { client in
        try client.send("GET /old HTTP/1.0\r\n\r\n")
        return try client.receiveAll()
      }
      #expect(old.hasSuffix("/old "))
    }
  }

  @Test func `a body that comes byte by byte arrives`() async throws {
    try await withServer(HTTPListenerOptions(), echo) { (server) async throws in
      let text = try await server.raw { client in
        for character in "PUT /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nabcdefghijklmnopqrst".utf8 {
          try client.send([character])
        }
        return try client.receiveAnswer()
      }
      #expect(text?.hasSuffix("/slow abcdefghijklmnopqrst") == true)
    }
  }

  @Test func `who expects to be told to go on is told when the handler reads, and not if it refuses`() async throws {
    try await withServer { request in
      if request.target == "/refused" { return HTTPServerResponse(403) }
      try await Task.sleep(for: .milliseconds(20))
      return try await self.echo(request)
    } _: { (server) async throws in
      let head = " HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
      let (told, answer) = try await server.raw { client in
        try client.send("PUT /taken\(head)")
        let told = try client.receiveAnswer()
        try client.send("abc")
        return (told, try client.receiveAnswer())
      }
      #expect(told?.status == 100)
      #expect(answer?.hasSuffix("/taken abc") == true)
      let refused = try await server.raw { client in
        try client.send("PUT /refused\(head)")
        return try client.receiveAll()
      }
      #expect(refused.status == 403)
    }
  }
}
