import Concurrency
import Glibc
import Primitives
import StoreTesting
import Testing

@testable import HTTPClient
import HTTPMessages

@Suite struct ThrottledTransportTests {
  @Test func `what is sent and what is received is held to the rate`() async throws {
    let time = ManualClock()
    let (up, down) = (TokenBucket(rate: 1_048_576, clock: time.clock), TokenBucket(rate: 2_097_152, clock: time.clock))
    let size = 3 << 20
    let server = RawServer { connection in
      while let head = connection.readHead() {
        if head.hasPrefix("PUT") {
          guard connection.readBody(Int(head.header("content-length") ?? "") ?? 0, { _ in }) else { return }
          connection.answer()
        } else {
          connection.answer("200 OK", String(repeating: "x", count: size))
        }
      }
    }
    defer { server.stop() }
    try await withThrottled(upload: [up], download: [down]) { client in
      let start = time.now
      let upload = Task {
        let body = HTTPBody(length: Int64(size)) { Zeros(size) }
        return try await client.send(
          HTTPRequest(method: .put, url: server.url(), headers: ["expect": ""], body: body), into: .discard)
      }
      try await run(time, until: upload)
      // A tenth of a second's worth passes at once.
      #expect((2.85...3.1).contains((time.now - start) / .seconds(1)))
      let between = time.now
      let sink = MemorySink(limit: size)
      let download = Task {
        var request = HTTPRequest(method: .get, url: server.url())
        request.expectedLength = Int64(size)
        return try await client.send(request, into: .body(sink))
      }
      try await run(time, until: download)
      #expect(sink.bytes.count == size)
      #expect((1.35...1.6).contains((time.now - between) / .seconds(1)))
    }
  }

  @Test func `heads and answers in memory are paid for afterwards`() async throws {
    let time = ManualClock()
    let (up, down) = (TokenBucket(rate: 10_000, clock: time.clock), TokenBucket(rate: 10_000, clock: time.clock))
    let server = RawServer { connection in
      while connection.readHead() != nil { connection.answer("200 OK", String(repeating: "x", count: 5000)) }
    }
    defer { server.stop() }
    try await withThrottled(upload: [up], download: [down]) { client in
      var sent = 0
      var received = 0
      for _ in 0..<3 {
        let response = try await client.get(server.url())
        sent += response.timings.headSent
        received += response.timings.headReceived + 5000
      }
      #expect(sent > 100 && sent < 1000)
      // What was owed must have come in before anything passes again; each bucket was full at 1000.
      for (bucket, owed) in [(up, sent), (down, received)] {
        let debt = Duration.seconds(Double(owed) / 10_000)
        #expect(owed < 1000 || bucket.take(1000) {} != nil)
        time.advance(by: debt)
        try #require(bucket.waiting <= 1)
      }
    }
  }

  @Test func `a request that is cancelled while it is held back ends at once and takes nothing along`() async throws {
    let time = ManualClock()
    let bucket = TokenBucket(rate: 1000, clock: time.clock)
    #expect(bucket.take(100) {} == nil)
    let server = RawServer { connection in while connection.readHead() != nil { connection.answer("200 OK", "xxxx") } }
    defer { server.stop() }
    try await withThrottled(upload: [TokenBucket(rate: nil, clock: time.clock), bucket], download: [bucket]) { client in
      let up = Task {
        let body = HTTPBody(length: 2000) { Zeros(2000) }
        return try await httpError {
          _ = try await client.send(HTTPRequest(method: .put, url: server.url(), body: body), into: .discard)
        }
      }
      try #require(await eventually { bucket.waiting == 1 })
      var request = HTTPRequest(method: .get, url: server.url())
      request.expectedLength = 4
      let down = Task { [request] in
        try await httpError { _ = try await client.send(request, into: .body(MemorySink(limit: 100))) }
      }
      try #require(await eventually { bucket.waiting == 2 })
      up.cancel()
      down.cancel()
      let codes = [try await up.value.code, try await down.value.code]
      #expect(codes == [.cancelled, .cancelled])
      #expect(bucket.waiting == 0)
      // All that the time brings is there for others.
      time.advance(by: .milliseconds(100))
      #expect(bucket.take(100) {} == nil)
    }
  }

  @Test func `a limit that begins or ends while a body moves holds for the rest of it`() async throws {
    let time = ManualClock()
    let bucket = TokenBucket(rate: 1, clock: time.clock)
    let server = RawServer { connection in
      while connection.readHead() != nil { connection.answer("200 OK", String(repeating: "x", count: 2 << 20)) }
    }
    defer { server.stop() }
    try await withThrottled(upload: [], download: [bucket]) { client in
      let sink = MemorySink(limit: 2 << 20)
      let task = Task { try await client.send(HTTPRequest(method: .get, url: server.url()), into: .body(sink)) }
      try #require(await eventually { bucket.waiting == 1 })
      bucket.setRate(nil)
      let length = try await task.value.bodyLength
      #expect(length == 2 << 20)
      // And the other way round: a sink that sets the limit itself, with its first bytes.
      let limiting = Limiting(bucket)
      let other = Task { try await client.send(HTTPRequest(method: .get, url: server.url()), into: .body(limiting)) }
      try #require(await eventually { bucket.waiting == 1 })
      #expect(limiting.count < 1 << 20)
      bucket.setRate(nil)
      let rest = try await other.value.bodyLength
      #expect(rest == 2 << 20)
    }
  }

  private func withThrottled<T>(
    upload: [TokenBucket], download: [TokenBucket], _ body: (ThrottledTransport) async throws -> T
  ) async throws -> T {
    try await withClient { free in
      try await withClient(HTTPClientOptions(proxy: .none, smallSegments: true)) { limited in
        try await body(ThrottledTransport(free: free, limited: limited, upload: upload, download: download))
      }
    }
  }

  /// Moves time on whenever somebody waits for it, until `task` has ended.
  private func run<T: Sendable>(_ time: ManualClock, until task: Task<T, any Error>) async throws {
    let done = Lock(false)
    Task {
      _ = await task.result
      done.withLock { $0 = true }
    }
    while !done.withLock({ $0 }) {
      if time.sleeperCount > 0 { time.advance(by: .milliseconds(5)) }
      try await Task.sleep(for: .microseconds(200))
    }
    _ = try await task.value
  }
}

/// Sets a limit as soon as it has got something.
private final class Limiting: ByteSink {
  private let bucket: TokenBucket
  private let taken = Lock(0)

  init(_ bucket: TokenBucket) { self.bucket = bucket }

  var count: Int { taken.withLock { $0 } }

  func write(_ bytes: UnsafeRawBufferPointer) -> ByteSinkResult {
    let isFirst = taken.withLock { taken in
      defer { taken += bytes.count }
      return taken == 0
    }
    if isFirst { bucket.setRate(1) }
    return .taken
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
  func restart() {}
}
