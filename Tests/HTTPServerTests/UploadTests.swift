import Concurrency
import HTTPClient
import HTTPMessages
import HTTPServer
import Primitives
import Testing

@Suite struct UploadTests {
  private func echo(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
    let body = try await request.body.collect(limit: 1 << 20)
    return HTTPServerResponse(
      200, headers: try HTTPHeaders(["X-Length": request.body.length.map(String.init) ?? "unknown"]), body: .bytes(body))
  }

  @Test(arguments: [0, 1, 5000, 300_000]) func `a body arrives, with its length`(count: Int) async throws {
    let bytes = PausingSource.bytes(count)
    try await withServer(HTTPListenerOptions(), echo) { (server) async throws in
      for round in 0..<3 {
        let answer = try await server.send(.put, "/", .bytes(bytes))
        #expect(answer.body == bytes)
        #expect(answer.headers["x-length"] == String(count))
        #expect(answer.timings.reusedConnection == (round > 0))
      }
    }
  }

  @Test func `a body in chunks arrives`() async throws {
    try await withServer(HTTPListenerOptions(), echo) { (server) async throws in
      for _ in 0..<2 {
        let body = HTTPBody(length: nil) { PausingSource(200_000) }
        let answer = try await server.send(.put, "/", body)
        #expect(answer.body == PausingSource.bytes(200_000))
        #expect(answer.headers["x-length"] == "unknown")
      }
    }
  }

  @Test func `a sink that pauses holds the client up and loses nothing`() async throws {
    try await withServer { request in
      let sink = PausingSink()
      let count = try await request.body.read(into: sink)
      #expect(count == 300_000)
      #expect(sink.pauses > 1)
      return HTTPServerResponse(200, body: .bytes(sink.bytes))
    } _: { (server) async throws in
      let bytes = PausingSource.bytes(300_000)
      for _ in 0..<2 { #expect(try await server.send(.put, "/", .bytes(bytes)).body == bytes) }
    }
  }

  @Test func `after a sink that fails the rest can still be read, or answered without it`() async throws {
    try await withServer { request in
      await #expect(throws: BodyTooLong.self) { try await request.body.read(into: MemorySink(limit: 100)) }
      if request.target == "/read" {
        let rest = CountingNowhere()
        try await request.body.read(into: rest)
        #expect(try await request.body.read(into: rest) == 0)
        return HTTPServerResponse(200, body: .bytes(Array("\(rest.count)".utf8)))
      }
      return HTTPServerResponse(413)
    } _: { (server) async throws in
      let bytes = [UInt8](repeating: 1, count: 200_000)
      #expect(try await server.send(.put, "/read", .bytes(bytes)).text == "200000")
      let refused = try await server.send(.put, "/refuse", .bytes(bytes))
      #expect(refused.status == 413)
      #expect(refused.timings.reusedConnection)
      #expect(try await server.send(.put, "/read", .bytes(bytes)).timings.reusedConnection)
    }
  }

  @Test func `a body that nobody reads is thrown away, and its connection closed if it is long`() async throws {
    try await withServer(HTTPListenerOptions(unreadBodyLimit: 100_000)) { _ in
      HTTPServerResponse(403)
    } _: { (server) async throws in
      for round in 0..<3 {
        let answer = try await server.send(.put, "/", .bytes([UInt8](repeating: 1, count: 90_000)), headers: ["Expect": ""])
        #expect(answer.status == 403)
        #expect(answer.timings.reusedConnection == (round > 0))
      }
      let text = try await server.raw { client in
        try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc")
        return try client.receiveAll()
      }
      #expect(text.status == 403)
      #expect(text.lowercased().contains("connection: close"))
    }
  }

  /// What is under way between a source and a sink that takes nothing: buffers of the system and of both ends.
  private static let underWay: Int64 = 24 << 20

  @Test func `a quarter of a gibibyte goes up, and waits with the client while nobody takes it`() async throws {
    let length: Int64 = 256 << 20
    let (gate, sink) = (Gate(), CountingNowhere())
    try await withServer { request in
      try await request.body.read(into: GatedSink(sink, gate))
      return HTTPServerResponse(200, body: .bytes(Array("\(sink.count)".utf8)))
    } _: { (server) async throws in
      let source = RepeatedSource(length)
      let answer = Task { try await server.send(.put, "/", HTTPBody(length: length) { source }) }
      try await source.standsStill()
      #expect(source.count < Self.underWay)
      #expect(sink.count == 0)
      gate.open()
      #expect(try await answer.value.text == "\(length)")
    }
  }

  @Test func `a quarter of a gibibyte comes down, and waits with the server while nobody takes it`() async throws {
    let length: Int64 = 256 << 20
    let (gate, sink, source) = (Gate(), CountingNowhere(), RepeatedSource(length))
    try await withServer { _ in
      HTTPServerResponse(200, body: .source(source, length: length))
    } _: { (server) async throws in
      let answer = Task { try await server.get("/", into: .body(GatedSink(sink, gate))) }
      try await source.standsStill()
      #expect(source.count < Self.underWay)
      #expect(sink.count == 0)
      gate.open()
      #expect(try await answer.value.status == 200)
      #expect(sink.count == length)
    }
  }
}

extension HTTPHeaders {
  init(_ fields: [String: String]) throws {
    self.init()
    for (name, value) in fields { try add(name, value) }
  }
}
