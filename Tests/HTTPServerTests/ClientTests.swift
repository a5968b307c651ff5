import Concurrency
import HTTPClient
import HTTPMessages
import HTTPServer
import Primitives
import Testing

/// Clients that go away, and servers that do.
@Suite struct ClientTests {
  /// Waits until its task is cancelled.
  private static func wait(_ seen: Lock<[String]>) async throws -> HTTPServerResponse {
    seen.withLock { $0.append("began") }
    do {
      try await Task.sleep(for: .seconds(100))
    } catch {
      seen.withLock { $0.append("cancelled") }
      throw error
    }
    return HTTPServerResponse(200)
  }

  @Test func `a client that has closed its sending side is answered`() async throws {
    try await withServer(HTTPListenerOptions(halfCloseGrace: .seconds(600))) { _ in
      try await Task.sleep(for: .milliseconds(100))
      return HTTPServerResponse(200, body: .bytes(Array("late".utf8)))
    } _: { (server) async throws in
      let text = try await server.raw { client in
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        client.closeSendingSide()
        return try client.receiveAll()
      }
      #expect(text.hasSuffix("late"))
    }
  }

  @Test(arguments: [true, false]) func `the handler's task is cancelled when its client goes away`(byReset: Bool) async throws {
    let seen = Lock<[String]>([])
    // A reset is certain; for a close there is a grace, which is long here only where it must not count.
    let options = HTTPListenerOptions(halfCloseGrace: byReset ? .seconds(1000) : .milliseconds(10))
    try await withServer(options) { _ in
      try await Self.wait(seen)
    } _: { (server) async throws in
      try await server.raw { client in
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        while seen.withLock({ $0.isEmpty }) {}
        if byReset { client.reset() } else { client.disconnect() }
      }
      #expect(try await eventually { seen.withLock { $0 == ["began", "cancelled"] } })
    }
  }

  @Test func `a cancelled request of the client cancels its handler`() async throws {
    let seen = Lock<[String]>([])
    try await withServer(HTTPListenerOptions(halfCloseGrace: .milliseconds(10))) { _ in
      try await Self.wait(seen)
    } _: { (server) async throws in
      let task = Task { try await server.get() }
      #expect(try await eventually { !seen.withLock { $0.isEmpty } })
      task.cancel()
      let error = try await httpError { _ = try await task.value }
      #expect(error.code == .cancelled)
      #expect(try await eventually { seen.withLock { $0 == ["began", "cancelled"] } })
    }
  }

  @Test(arguments: ["Content-Length: 1000\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"])
  func `a body that breaks off is an error, not an end`(rest: String) async throws {
    let (began, error) = (Lock(false), Lock<HTTPError?>(nil))
    try await withServer { request in
      began.withLock { $0 = true }
      do { try await request.body.read(into: MemorySink(limit: 1000)) } catch let caught as HTTPError {
        error.withLock { $0 = caught }
        throw caught
      }
      return HTTPServerResponse(200)
    } _: { (server) async throws in
      for how in 0..<3 {
        began.withLock { $0 = false }
        error.withLock { $0 = nil }
        try await server.raw { client in
          try client.send("PUT / HTTP/1.1\r\nHost: a\r\n\(rest)")
          // A reset would overtake the request.
          while !began.withLock({ $0 }) {}
          if how == 0 { client.reset() }
          if how == 1 { client.disconnect() }
          if how == 2 {
            client.closeSendingSide()
            _ = try? client.receiveAll()
          }
        }
        #expect(try await eventually { error.withLock { $0?.code == .truncated } }, "\(how)")
      }
    }
  }

  @Test func `a handler that stops reading can go on`() async throws {
    let stopped = Lock(false)
    try await withServer { request in
      if request.target == "/second" { return HTTPServerResponse(200) }
      let sink = CountingNowhere()
      let reading = Task { try await request.body.read(into: sink) }
      while sink.count < 3 { try await Task.sleep(for: .milliseconds(1)) }
      reading.cancel()
      await #expect(throws: CancellationError.self) { try await reading.value }
      stopped.withLock { $0 = true }
      return HTTPServerResponse(408)
    } _: { (server) async throws in
      let answer = try await server.raw { client in
        try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
        while !stopped.withLock({ $0 }) {}
        // The rest of the body is thrown away, and the connection goes on.
        try client.send("defGET /second HTTP/1.1\r\nHost: a\r\n\r\n")
        return (try client.receiveAnswer(), try client.receiveAnswer())
      }
      #expect(answer.0?.status == 408)
      #expect(answer.1?.status == 200)
    }
  }

  @Test func `a handler can close the connection while the client owes the rest of a body`() async throws {
    try await withServer { request in
      let sink = CountingNowhere()
      let reading = Task { try await request.body.read(into: sink) }
      while sink.count < 3 { try await Task.sleep(for: .milliseconds(1)) }
      reading.cancel()
      throw HTTPDisconnect()
    } _: { (server) async throws in
      let rest = try await server.raw { client in
        try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
        return try client.receiveAll()
      }
      #expect(rest == "")
    }
  }

  @Test func `a connection that lies idle is closed`() async throws {
    try await withServer(HTTPListenerOptions(idleTimeout: .seconds(1))) { _ in
      HTTPServerResponse(200)
    } _: { (server) async throws in
      let rest = try await server.raw { client in
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try client.receiveAnswer()
        return try client.receiveAll()
      }
      #expect(rest == "")
    }
  }

  @Test func `connections beyond the limit wait until one is closed`() async throws {
    try await withServer(HTTPListenerOptions(connectionLimit: 2)) { _ in
      HTTPServerResponse(200)
    } _: { (server) async throws in
      let port = server.port
      let status = try await BlockingPool.shared.run {
        let clients = try (0..<3).map { _ in try RawClient(port: port) }
        for client in clients { try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
        for client in clients[..<2] { #expect(try client.receiveAnswer()?.status == 200) }
        clients[2].setTimeout(seconds: 0, microseconds: 100_000)
        #expect(throws: RawFailure.self) { try clients[2].receive() }
        clients[2].setTimeout(seconds: 20)
        clients[0].disconnect()
        return try clients[2].receiveAnswer()?.status
      }
      #expect(status == 200)
    }
  }

  @Test func `stopping waits for answers under way, and nobody new gets in`() async throws {
    let (began, goOn) = (Lock(false), OneShot<Void>())
    try await withServer { _ in
      began.withLock { $0 = true }
      try await goOn.wait()
      return HTTPServerResponse(200, body: .bytes(Array("done".utf8)))
    } _: { (server) async throws in
      let answer = Task { try await server.get() }
      #expect(try await eventually { began.withLock { $0 } })
      let stopping = Task { await server.listener.stop() }
      // Refused as soon as the listener has heard of it.
      while (try? await server.raw { _ in }) != nil {}
      goOn.settle(.success(()))
      #expect(try await answer.value.text == "done")
      await stopping.value
    }
  }

  @Test func `closing while answers are waited for waits no more`() async throws {
    let seen = Lock<[String]>([])
    try await withServer { _ in
      try await Self.wait(seen)
    } _: { (server) async throws in
      let answer = Task { try await server.get() }
      #expect(try await eventually { seen.withLock { $0 == ["began"] } })
      let stopping = Task { await server.listener.stop() }
      // Refused as soon as the listener has heard of it.
      while (try? await server.raw { _ in }) != nil {}
      await server.listener.close()
      #expect(seen.withLock { $0 } == ["began", "cancelled"])
      await stopping.value
      _ = await answer.result
      await server.listener.close()
    }
  }

  @Test func `closing cancels handlers and returns when they have ended`() async throws {
    let seen = Lock<[String]>([])
    try await withServer { request in
      if request.method == .put { try await request.body.read(into: MemorySink(limit: 1000)) }
      return try await Self.wait(seen)
    } _: { (server) async throws in
      let answer = Task { try await server.get() }
      let stuck = try await BlockingPool.shared.run { [port = server.port] in
        let client = try RawClient(port: port)
        try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc")
        return client
      }
      #expect(try await eventually { seen.withLock { $0 == ["began"] } })
      await server.listener.close()
      #expect(seen.withLock { $0 } == ["began", "cancelled"])
      await #expect(throws: HTTPError.self) { _ = try await answer.value }
      _ = stuck
    }
  }

  @Test func `a place that cannot be listened on says why`() async throws {
    try await withServer { _ in
      HTTPServerResponse(200)
    } _: { (server) async throws in
      let loop = EventLoop(name: "second")
      defer { loop.shutdown() }
      func code(_ options: HTTPListenerOptions) throws -> HTTPListenerError.Code? {
        do {
          _ = try HTTPListener(loop: loop, handler: Answering { _ in HTTPServerResponse(200) }, options: options).start()
        } catch let error as HTTPListenerError { return error.code }
        return nil
      }
      #expect(try code(HTTPListenerOptions(port: server.port)) == .addressInUse)
      #expect(try code(HTTPListenerOptions(address: "nowhere")) == .badAddress)
      #expect(try code(HTTPListenerOptions(address: "192.0.2.1")) == .addressNotAvailable)
      #expect(throws: HTTPListenerError.self) { try server.listener.start() }
    }
  }
}
