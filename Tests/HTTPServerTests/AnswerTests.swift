import Concurrency
import Files
import Glibc
import HTTPClient
import HTTPMessages
import HTTPServer
import Primitives
import Testing

@Suite struct AnswerTests {
  @Test func `target and headers reach the handler as they were sent`() async throws {
    try await withServer { request in
      #expect(request.method == .get)
      #expect(request.target == "/a%2Fb%20c/..%2f?x=%41&list-type=2&y")
      #expect(request.path == "/a%2Fb%20c/..%2f")
      #expect(request.query == "x=%41&list-type=2&y")
      #expect(request.headers.values(of: "x-two") == ["a", "b"])
      #expect(request.headers["X-Empty"] == "")
      #expect(request.body.length == 0)
      return HTTPServerResponse(200, body: .bytes(Array("hello".utf8)))
    } _: { (server) async throws in
      let headers: HTTPHeaders = ["X-Two": "a", "x-two": "b", "X-Empty": ""]
      let answer = try await server.send(.get, "/a%2Fb%20c/..%2f?x=%41&list-type=2&y", headers: headers)
      #expect(answer.status == 200)
      #expect(answer.text == "hello")
      #expect(answer.headers["date"] != nil)
    }
  }

  @Test func `any status and header goes out, an empty value and a tab too`() async throws {
    try await withServer { _ in
      HTTPServerResponse(
        418, headers: ["X-Empty": "", "X-Tab": "a\tb", "X-Two": "1", "x-two": "2", "ETag": "\"x\"", "Content-Length": "99"],
        body: .bytes([1, 2, 3]))
    } _: { (server) async throws in
      let answer = try await server.get()
      #expect(answer.status == 418)
      #expect(answer.headers["x-empty"] == "")
      #expect(answer.headers["x-tab"] == "a b")
      #expect(answer.headers.values(of: "x-two") == ["1", "2"])
      #expect(answer.headers["etag"] == "\"x\"")
      #expect(answer.headers.values(of: "content-length") == ["3"])
      #expect(answer.body == [1, 2, 3])
    }
  }

  @Test func `HEAD gets the length and no body, and the connection goes on`() async throws {
    try await withServer { _ in
      HTTPServerResponse(200, body: .source(NeverRead(), length: 123_456_789_012))
    } _: { (server) async throws in
      for round in 0..<3 {
        let answer = try await server.send(.head)
        #expect(answer.headers["content-length"] == "123456789012")
        #expect(answer.bodyLength == 0)
        #expect(answer.timings.reusedConnection == (round > 0))
      }
    }
  }

  @Test(arguments: [204, 304]) func `what has no body by its status sends none`(status: Int) async throws {
    try await withServer { _ in
      HTTPServerResponse(status, body: .bytes([1, 2, 3]))
    } _: { (server) async throws in
      for round in 0..<2 {
        let answer = try await server.get()
        #expect(answer.status == status)
        #expect(answer.bodyLength == 0)
        #expect(answer.timings.reusedConnection == (round > 0))
      }
    }
  }

  @Test func `a part of a file is sent, and an empty one`() async throws {
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let file = try scratchFile(bytes)
    try await withServer { request in
      let range: Range<Int64> = request.target == "/empty" ? 5..<5 : 1000..<299_000
      return HTTPServerResponse(200, body: .file(file, range))
    } _: { (server) async throws in
      #expect(try await server.get("/part").body == Array(bytes[1000..<299_000]))
      #expect(try await server.get("/empty").body == [])
      #expect(try await server.get("/part").timings.reusedConnection)
    }
  }

  @Test func `a file that has become shorter breaks the connection`() async throws {
    let file = try scratchFile([UInt8](repeating: 7, count: 1000))
    try await withServer { _ in
      HTTPServerResponse(200, body: .file(file, 0..<100_000))
    } _: { (server) async throws in
      let error = try await httpError { _ = try await server.get() }
      #expect(error.code == .truncated)
    }
  }

  @Test(arguments: [nil, 200_000] as [Int64?]) func `a source is pulled, with pauses, with and without a length`(length: Int64?)
    async throws
  {
    try await withServer { _ in
      HTTPServerResponse(200, body: .source(PausingSource(200_000), length: length))
    } _: { (server) async throws in
      for _ in 0..<2 {
        let answer = try await server.get()
        #expect(answer.body == PausingSource.bytes(200_000))
        #expect(answer.headers["transfer-encoding"] == (length == nil ? "chunked" : nil))
      }
      #expect(try await server.get().timings.reusedConnection)
    }
  }

  @Test(arguments: [nil, 300_000] as [Int64?]) func `a source that fails, or ends too early, breaks the connection`(length: Int64?)
    async throws
  {
    try await withServer { request in
      HTTPServerResponse(200, body: .source(PausingSource(200_000, fails: request.target == "/fails"), length: length))
    } _: { (server) async throws in
      let error = try await httpError { _ = try await server.get("/fails") }
      #expect(error.code == .truncated)
      guard length != nil else { return }
      let early = try await httpError { _ = try await server.get("/early") }
      #expect(early.code == .truncated)
    }
  }

  @Test func `a handler's error is 500 without a body, and the connection goes on`() async throws {
    try await withServer { _ in
      throw Broken()
    } _: { (server) async throws in
      for round in 0..<2 {
        let answer = try await server.get()
        #expect(answer.status == 500)
        #expect(answer.body == [])
        #expect(answer.timings.reusedConnection == (round > 0))
      }
    }
  }

  @Test func `a handler can close the connection without an answer`() async throws {
    try await withServer { request in
      if request.method == .put { try await request.body.read(into: MemorySink(limit: 100)) }
      throw HTTPDisconnect()
    } _: { (server) async throws in
      #expect(
        try await server.raw { client in
          try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
          return try client.receiveAll()
        } == "")
      let error = try await httpError { _ = try await server.send(.put, "/", .bytes([1, 2, 3])) }
      #expect(error.requestMayHaveBeenSent)
    }
  }

  @Test func `who asks to know hears when the answer has gone out, and when it cannot`() async throws {
    let (sent, lost) = (Lock(0), Lock(0))
    try await withServer { request in
      var answer = HTTPServerResponse(200, body: .bytes([1]))
      if request.target == "/lost" {
        answer.body = .source(PausingSource(1000, fails: true), length: 2000)
        answer.whenDone = { lost.withLock { $0 += 1 } }
      } else {
        answer.whenDone = { sent.withLock { $0 += 1 } }
      }
      return answer
    } _: { (server) async throws in
      _ = try await server.get()
      #expect(try await eventually { sent.withLock { $0 } == 1 })
      _ = try? await server.get("/lost")
      #expect(try await eventually { lost.withLock { $0 } == 1 })
    }
    #expect(sent.withLock { $0 } == 1)
    #expect(lost.withLock { $0 } == 1)
  }

  @Test func `a thousand requests at once are all answered`() async throws {
    try await withServer { request in
      // Half of them come back to the daemon later.
      if request.target.utf8.last! & 1 == 0 { try await Task.sleep(for: .milliseconds(5)) }
      return HTTPServerResponse(200, body: .bytes(Array(request.target.utf8)))
    } _: { (server) async throws in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<1000 {
          group.addTask { try await server.get("/\(number)").text == "/\(number)" }
        }
        for try await isRight in group { #expect(isRight) }
      }
    }
  }
}

/// A file that has no name any more.
func scratchFile(_ bytes: [UInt8]) throws -> SharedDescriptor {
  var template = Array("/tmp/http-server-test-XXXXXX".utf8CString)
  let number = mkstemp(&template)
  guard number >= 0 else { throw Broken() }
  unlink(template)
  let file = SharedDescriptor(Descriptor(owning: number), path: [])
  try bytes.withUnsafeBytes { try file.write($0, at: 0) }
  return file
}
