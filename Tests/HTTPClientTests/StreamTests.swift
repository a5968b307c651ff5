import Concurrency
import Glibc
import HTTPClient
import HTTPMessages
import Primitives
import StoreTesting
import Testing

@Suite struct StreamTests {
  @Test func `256 MiB go up from a file and come down to a file unchanged`() async throws {
    let size = 256 << 20
    try await withScratch { folder in
      let original = "\(folder)/original"
      let uploaded = "\(folder)/uploaded"
      let downloaded = "\(folder)/downloaded"
      try writeNoise(to: original, size: size)
      let server = RawServer { connection in
        while let head = connection.readHead() {
          if head.hasPrefix("PUT") {
            if head.header("expect") != nil { connection.send("HTTP/1.1 100 Continue\r\n\r\n") }
            let file = open(uploaded, O_WRONLY | O_CREAT, 0o600)
            defer { close(file) }
            guard connection.readBody(Int(head.header("content-length") ?? "") ?? 0, { _ = write(file, $0.baseAddress, $0.count) })
            else { return }
            connection.answer()
          } else {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            let file = open(uploaded, O_RDONLY)
            defer { close(file) }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
            defer { buffer.deallocate() }
            while true {
              let count = read(file, buffer.baseAddress, buffer.count)
              if count <= 0 { break }
              guard connection.send(UnsafeRawBufferPointer(rebasing: buffer.prefix(count))) else { return }
            }
          }
        }
      }
      defer { server.stop() }
      try await withClient { client in
        let body = HTTPBody(length: Int64(size)) { try FileEnd(original, O_RDONLY) }
        let up = try await client.send(HTTPRequest(method: .put, url: server.url(), body: body), into: .discard)
        #expect(up.status == 200)
        #expect(up.timings.bytesSent == Int64(size))
        let sink = try FileEnd(downloaded, O_WRONLY | O_CREAT)
        var request = HTTPRequest(method: .get, url: server.url())
        request.expectedLength = Int64(size)
        let down = try await client.send(request, into: .body(sink))
        #expect(down.bodyLength == Int64(size))
      }
      #expect(try isSame(original, uploaded))
      #expect(try isSame(original, downloaded))
    }
  }

  @Test func `a sink that pauses gets every byte once, and its pause is no stall`() async throws {
    let text = String(repeating: "0123456789abcdef", count: 20_000)
    let server = RawServer { connection in while connection.readHead() != nil { connection.answer("200 OK", text) } }
    defer { server.stop() }
    try await withClient { client in
      let sink = Hesitant(every: 16) { resume in
        thread {
          usleep(2_500_000)
          resume()
        }
      }
      let response = try await client.get(server.url(), patience: Patience(stall: .seconds(2)), into: .body(sink))
      #expect(response.bodyLength == Int64(text.utf8.count))
      #expect(String(decoding: sink.bytes, as: UTF8.self) == text)
      #expect(sink.pauses > 0)
    }
  }

  @Test func `a source that pauses is asked again when it is ready`() async throws {
    let server = RawServer { connection in
      guard let head = connection.readHead() else { return }
      var body: [UInt8] = []
      guard connection.readBody(Int(head.header("content-length") ?? "") ?? 0, { body += $0 }) else { return }
      connection.answer("200 OK", String(decoding: body, as: UTF8.self))
    }
    defer { server.stop() }
    try await withClient { client in
      let text = "one two three four"
      let body = HTTPBody(length: Int64(text.utf8.count)) { Trickle(Array(text.utf8)) }
      let request = HTTPRequest(method: .put, url: server.url(), body: body, patience: Patience(stall: .seconds(5)))
      let answer = try await client.send(request, into: .memory(limit: 1000)).text
      #expect(answer == text)
    }
  }

  @Test func `a sink that fails ends the transfer with its reason`() async throws {
    let server = RawServer { connection in
      guard connection.readHead() != nil else { return }
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
      while connection.send(String(repeating: "x", count: 10_000)) {}
    }
    defer { server.stop() }
    try await withClient { client in
      let error = try await httpError { _ = try await client.get(server.url(), into: .body(MemorySink(limit: 100_000))) }
      #expect(error.code == .bodySink)
      #expect(error.cause is BodyTooLong)
    }
  }

  @Test func `a transfer that is cancelled while it is paused ends at once`() async throws {
    let server = RawServer { connection in
      while connection.readHead() != nil { connection.answer("200 OK", String(repeating: "x", count: 1000)) }
    }
    defer { server.stop() }
    try await withClient { client in
      let late = Lock<[@Sendable () -> Void]>([])
      let sink = Hesitant(every: 1) { resume in late.withLock { $0.append(resume) } }
      let task = Task { try await httpError { _ = try await client.get(server.url(), into: .body(sink)) } }
      let hasPaused = try await eventually { late.withLock { !$0.isEmpty } }
      #expect(hasPaused)
      // The sink is not ready before the request has ended: only the cancellation can end it.
      task.cancel()
      let code = try await task.value.code
      #expect(code == .cancelled)
      #expect(sink.bytes.isEmpty)
      // The late "ready" of the abandoned sink must hit nothing.
      for resume in late.withLock({ $0 }) { resume() }
      let status = try await client.get(server.url()).status
      #expect(status == 200)
    }
  }
}

/// A file as a source or a sink.
private final class FileEnd: ByteSource, ByteSink, @unchecked Sendable {
  private let descriptor: Int32

  init(_ path: String, _ flags: Int32) throws {
    descriptor = open(path, flags, 0o600)
    if descriptor < 0 { throw Broken() }
  }

  deinit { close(descriptor) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
    if count < 0 { throw Broken() }
    return count == 0 ? .end : .bytes(count)
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    guard Glibc.write(descriptor, bytes.baseAddress, bytes.count) == bytes.count else { throw Broken() }
    return .taken
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
  func restart() throws { throw Broken() }
}

/// A sink that says `.pause` on every so many writes.
private final class Hesitant: ByteSink, @unchecked Sendable {
  private struct State {
    var bytes: [UInt8] = []
    var calls = 0
    var pauses = 0
    var mayPass = false
  }

  private let state = Lock(State())
  private let interval: Int
  private let arrange: @Sendable (_ resume: @escaping @Sendable () -> Void) -> Void

  /// - Parameter arrange: sees to it that `resume` is called, some time, from any thread.
  init(every interval: Int, _ arrange: @escaping @Sendable (_ resume: @escaping @Sendable () -> Void) -> Void) {
    self.interval = interval
    self.arrange = arrange
  }

  var bytes: [UInt8] { state.withLock { $0.bytes } }
  var pauses: Int { state.withLock { $0.pauses } }

  func write(_ chunk: UnsafeRawBufferPointer) -> ByteSinkResult {
    state.withLock { state in
      state.calls += 1
      if !state.mayPass, state.calls % interval == 0 {
        state.pauses += 1
        return .pause
      }
      state.mayPass = false
      state.bytes.append(contentsOf: chunk)
      return .taken
    }
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) {
    arrange { [state] in
      state.withLock { $0.mayPass = true }
      resume()
    }
  }

  func restart() {}
}

/// A source that has one byte at a time, and nothing in between.
private final class Trickle: ByteSource, @unchecked Sendable {
  private let bytes: [UInt8]
  private var position = 0
  private var isReady = false

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> ByteSourceResult {
    if position == bytes.count { return .end }
    isReady.toggle()
    if isReady { return .pause }
    buffer[0] = bytes[position]
    position += 1
    return .bytes(1)
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { thread { resume() } }
}

private func writeNoise(to path: String, size: Int) throws {
  var random = SeededRandom(seed: 42)
  let block = (0..<(1 << 17)).map { _ in random.next() }
  let file = open(path, O_WRONLY | O_CREAT, 0o600)
  defer { close(file) }
  for number in 0..<(size >> 20) {
    var block = block
    block[0] = UInt64(number)
    let written = block.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    guard written == 1 << 20 else { throw Broken() }
  }
}

private func isSame(_ left: String, _ right: String) throws -> Bool {
  let files = [open(left, O_RDONLY), open(right, O_RDONLY)]
  defer { for file in files { close(file) } }
  var buffers = [[UInt8](repeating: 0, count: 1 << 20), [UInt8](repeating: 0, count: 1 << 20)]
  while true {
    let counts = [0, 1].map { read(files[$0], &buffers[$0], 1 << 20) }
    guard counts[0] == counts[1], counts[0] >= 0 else { return false }
    if counts[0] == 0 { return true }
    guard memcmp(buffers[0], buffers[1], counts[0]) == 0 else { return false }
  }
}
