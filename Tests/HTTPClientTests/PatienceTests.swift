import Concurrency
import Glibc
import HTTPClient
import HTTPMessages
import Primitives
import StoreTesting
import Testing

@Suite struct PatienceTests {
  @Test func `a server that does not answer ends the first patience`() async throws {
    let server = RawServer { $0.awaitEnd() }
    defer { server.stop() }
    try await withClient { client in
      for body in [nil, HTTPBody.bytes([1, 2, 3])] {
        var error: HTTPError?
        let time = try await elapsed {
          error = try await httpError {
            let request = HTTPRequest(
              method: .put, url: server.url(), body: body, patience: Patience(firstByte: .milliseconds(80), stall: .seconds(60)))
            _ = try await client.send(request, into: .discard)
          }
        }
        #expect(error?.code == .firstByteTimeout)
        #expect(time >= .milliseconds(80))
      }
    }
  }

  @Test func `a body that stops coming has stalled`() async throws {
    let server = RawServer { connection in
      guard connection.readHead() != nil else { return }
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
      connection.awaitEnd()
    }
    defer { server.stop() }
    try await withClient { client in
      let error = try await httpError { _ = try await client.get(server.url(), patience: Patience(stall: .milliseconds(80))) }
      #expect(error.code == .stalled)
    }
  }

  @Test func `a slow body that keeps coming has not stalled`() async throws {
    let server = RawServer { connection in
      guard connection.readHead() != nil else { return }
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
      for _ in 0..<10 {
        usleep(400_000)
        connection.send("x")
      }
    }
    defer { server.stop() }
    try await withClient { client in
      let response = try await client.get(server.url(), patience: Patience(stall: .seconds(3)))
      #expect(response.text == "xxxxxxxxxx")
    }
  }

  @Test func `a server that does not take the body has stalled`() async throws {
    let done = Lock(false)
    let server = RawServer { _ in while !done.withLock({ $0 }) { usleep(5_000) } }
    defer {
      done.withLock { $0 = true }
      server.stop()
    }
    try await withClient { client in
      let body = HTTPBody(length: 64 << 20) { Zeros(64 << 20) }
      let request = HTTPRequest(method: .put, url: server.url(), body: body, patience: Patience(stall: .milliseconds(150)))
      let error = try await httpError { _ = try await client.send(request, into: .discard) }
      #expect(error.code == .stalled)
      #expect(error.requestMayHaveBeenSent)
    }
  }

  @Test func `the total patience covers everything`() async throws {
    let server = RawServer { connection in
      guard connection.readHead() != nil else { return }
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
      while connection.send("x") { usleep(5_000) }
    }
    defer { server.stop() }
    try await withClient { client in
      let error = try await httpError { _ = try await client.get(server.url(), patience: Patience(total: .milliseconds(100))) }
      #expect(error.code == .deadlineExceeded)
    }
  }

  @Test func `cancelling ends a request at once and closes its connection`() async throws {
    let closed = Lock(0)
    let started = Lock(false)
    let server = RawServer { connection in
      guard connection.readHead() != nil else { return }
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc")
      started.withLock { $0 = true }
      connection.awaitEnd()
      closed.withLock { $0 += 1 }
    }
    defer { server.stop() }
    try await withClient { client in
      let task = Task { try await httpError { _ = try await client.get(server.url(), patience: Patience(stall: .seconds(600))) } }
      let hasStarted = try await eventually { started.withLock { $0 } }
      #expect(hasStarted)
      // Without the cancellation nothing would end this.
      task.cancel()
      let code = try await task.value.code
      #expect(code == .cancelled)
      let isClosed = try await eventually { closed.withLock { $0 } == 1 }
      #expect(isClosed)
    }
  }

  @Test func `a task that is cancelled already sends nothing`() async throws {
    let server = RawServer { $0.awaitEnd() }
    defer { server.stop() }
    try await withClient { client in
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await httpError { _ = try await client.get(server.url()) }
      }
      let error = try await task.value
      #expect(error.code == .cancelled)
      #expect(!error.requestMayHaveBeenSent)
    }
    #expect(server.connections == 0)
  }

  @Test func `cancelling at any moment leaves a client that works`() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    let server = RawServer { connection in
      while connection.readHead() != nil { connection.answer("200 OK", String(repeating: "x", count: 1000)) }
    }
    defer { server.stop() }
    try await withClient { client in
      for _ in 0..<100 {
        let task = Task { try await client.get(server.url()).bodyLength }
        let wait = Int.random(in: 0...600, using: &random)
        try await Task.sleep(for: .microseconds(wait))
        task.cancel()
        switch await task.result {
        case .success(let length): #expect(length == 1000)
        case .failure(let error): #expect((error as? HTTPError)?.code == .cancelled)
        }
      }
      #expect(try await client.get(server.url()).bodyLength == 1000)
    }
  }

  @Test func `closing the client ends what is under way`() async throws {
    let server = RawServer { $0.awaitEnd() }
    defer { server.stop() }
    try await withClient { client in
      let task = Task { try await httpError { _ = try await client.get(server.url()) } }
      let isConnected = try await eventually { server.connections == 1 }
      #expect(isConnected)
      await client.close()
      let codes = [try await task.value.code, try await httpError { _ = try await client.get(server.url()) }.code]
      #expect(codes == [.closed, .closed])
    }
  }

  @Test func `shutting the loop down ends what is under way`() async throws {
    let server = RawServer { $0.awaitEnd() }
    defer { server.stop() }
    let loop = EventLoop(name: "http-test")
    let client = CurlTransport(loop: loop, options: HTTPClientOptions(proxy: .none))
    let url = server.url()
    let task = Task { try await httpError { _ = try await client.get(url) } }
    #expect(try await eventually { server.connections == 1 })
    loop.shutdown()
    #expect(try await task.value.code == .closed)
    #expect(try await httpError { _ = try await client.get(url) }.code == .closed)
  }
}

/// So many zero bytes.
final class Zeros: ByteSource, @unchecked Sendable {
  private var left: Int
  init(_ count: Int) { left = count }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> ByteSourceResult {
    let count = min(left, buffer.count)
    if count == 0 { return .end }
    buffer.baseAddress!.initializeMemory(as: UInt8.self, repeating: 0, count: count)
    left -= count
    return .bytes(count)
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
}
