import Concurrency
import Crypto
import GCSStorage
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreTesting
import Testing

/// Answers that are wrong, hostile or late.
@Suite struct HostileServerTests {
  @Test(arguments: [
    ("conditionNotMet", 412, StorageError.Code.preconditionFailed, false), ("notFound", 404, .notFound, false),
    ("required", 401, .unauthenticated, false), ("forbidden", 403, .permissionDenied, false),
    ("rateLimitExceeded", 429, .throttled, true), ("userRateLimitExceeded", 403, .throttled, true),
    ("backendError", 503, .unavailable, true), ("internalError", 500, .unavailable, true), ("", 503, .throttled, true),
    ("", 408, .timeout, true), ("", 429, .throttled, true), ("userProjectMissing", 400, .invalidArgument, false),
    ("retentionPolicyNotMet", 403, .permissionDenied, false), ("", 418, .invalidArgument, false),
  ])
  func `each reason has its meaning`(_ reason: String, _ status: Int, _ code: StorageError.Code, _ isTransient: Bool) async throws {
    let transport = FakeTransport { _, _ in .text(errorBody(reason), status) }
    let error = try await #require(throws: StorageError.self) { try await fakeStore(transport).stat(try ObjectKey("a")) }
    #expect(error.code == code, "\(error)")
    #expect((error.retry != .never) == isTransient, "\(error)")
  }

  @Test func `Retry-After is kept, and a missing bucket is told from a missing object`() async throws {
    let busy = FakeTransport { _, _ in .text("", 503, [("Retry-After", "17")]) }
    let error = try await #require(throws: StorageError.self) { try await fakeStore(busy).stat(try ObjectKey("a")) }
    #expect(error.retry == .after(.seconds(17)))
    let gone = FakeTransport { _, _ in .text(errorBody("notFound", "The specified bucket does not exist."), 404) }
    let missing = try await #require(throws: StorageError.self) { try await fakeStore(gone).stat(try ObjectKey("a")) }
    #expect(missing.code == .storeNotFound)
    let listed = try await #require(throws: StorageError.self) {
      try await fakeStore(FakeTransport { _, _ in .text("", 404) }).list(.all, ListOptions()).next()
    }
    #expect(listed.code == .storeNotFound)
  }

  @Test(arguments: [
    "", "[]", "nonsense", #"{"items": [{"name": "a"}]}"#, #"{"items": [{"name": "a", "size": "-1", "generation": "1"}]}"#,
    #"{"items": [{"name": "a", "size": "1", "generation": "0"}]}"#,
    #"{"items": [{"name": "b", "size": "1", "generation": "1"}, {"name": "a", "size": "1", "generation": "1"}]}"#,
    #"{"items": [{"name": "a", "size": "1", "generation": "1"}], "nextPageToken": "x"}"#, #"{"prefixes": ["a"]}"#,
  ])
  func `a listing that cannot be trusted is no listing`(_ body: String) async throws {
    let transport = FakeTransport { _, _ in .text(body) }
    await #expect(throws: StorageError.self) {
      let listing = fakeStore(transport).list(.all, ListOptions(depth: .oneLevel))
      for _ in 0..<10 { if try await listing.next() == nil { break } }
    }
  }

  @Test func `an answer about another object is refused`() async throws {
    let transport = FakeTransport { _, _ in .text(objectBody("b", size: 1)) }
    let error = try await #require(throws: StorageError.self) { try await fakeStore(transport).stat(try ObjectKey("a")) }
    #expect(error.code == .corrupted)
  }

  @Test(arguments: [(true, StorageError.Code.alreadyExists), (false, .preconditionFailed)])
  func `a copy whose source changed is not told that its destination is there`(
    _ isThere: Bool, _ code: StorageError.Code
  ) async throws {
    let transport = FakeTransport { request, _ in
      if request.method == .post { return .text(errorBody("conditionNotMet"), 412) }
      if !request.url.contains("/o/b") { return .text(objectBody("a", size: 1)) }
      return isThere ? .text(objectBody("b", size: 1)) : .text(errorBody("notFound"), 404)
    }
    let error = try await #require(throws: StorageError.self) {
      try await fakeStore(transport).copy(try ObjectKey("a"), to: try ObjectKey("b"), CopyOptions(condition: .ifAbsent))
    }
    #expect(error.code == code, "\(error)")
  }

  private static func media(_ body: String, crc: [UInt8]? = nil, generation: String = "7") -> FakeTransport.Answer {
    let sum = crc ?? CRC.bytes(Array(body.utf8).withUnsafeBytes { CRC.crc32c($0) })
    return FakeTransport.Answer(
      headers: [
        ("Content-Length", "\(body.utf8.count)"), ("x-goog-generation", generation), ("x-goog-meta-mtime", "2026-01-01T00:00:00Z"),
        ("x-goog-hash", "crc32c=" + Base64.encode(sum)), ("x-goog-hash", "md5=" + Base64.encode([UInt8](repeating: 0, count: 16))),
      ], body: Array(body.utf8))
  }

  @Test func `damage is seen, and so is another generation`() async throws {
    let key = try ObjectKey("a")
    let good = FakeTransport { _, _ in Self.media("hello") }
    #expect(try await fakeStore(good).readBytes(key, limit: 10) == Array("hello".utf8))
    let damaged = FakeTransport { _, _ in Self.media("hello", crc: [0, 0, 0, 1]) }
    let error = try await #require(throws: StorageError.self) { try await fakeStore(damaged).readBytes(key, limit: 10) }
    #expect(error.code == .corrupted && error.retry == .later)
    let changed = try await #require(throws: StorageError.self) {
      try await fakeStore(good).readBytes(key, limit: 10, ReadOptions(ifMatches: ObjectVersion("8")))
    }
    #expect(changed.code == .preconditionFailed)
    #expect(good.requests.last?.url.contains("ifGenerationMatch=8") == true)
  }

  @Test func `a read that breaks off goes on in the middle, of the same generation`() async throws {
    let transport = FakeTransport { request, index in
      var answer = Self.media("hello world")
      if index == 0 {
        answer.breaksAfter = 5
      } else {
        #expect(request.headers["range"] == "bytes=5-10")
        #expect(request.url.contains("ifGenerationMatch=7"))
        answer.status = 206
        answer.body = Array(" world".utf8)
        answer.headers[0] = ("Content-Length", "6")
        answer.headers.append(("Content-Range", "bytes 5-10/11"))
      }
      return answer
    }
    #expect(try await fakeStore(transport).readBytes(try ObjectKey("a"), limit: 20) == Array("hello world".utf8))
    #expect(transport.requests.count == 2)
  }

  private static let content = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 5) }

  private static func large(_ transport: FakeTransport) -> GCSStore {
    fakeStore(transport) {
      $0.resumableThreshold = 1000
      $0.chunkSize = 256 << 10
    }
  }

  private static func range(_ request: HTTPRequest) -> String { request.headers["content-range"] ?? "" }

  @Test func `an upload goes on from what the service holds`() async throws {
    let held = Lock<[UInt8]>([])
    let failures = Lock(0)
    let session = "https://storage.googleapis.com/upload/storage/v1/b/photos/o?upload_id=u"
    let crc = Base64.encode(CRC.bytes(Self.content.withUnsafeBytes { CRC.crc32c($0) }))
    let transport = FakeTransport { request, index in
      if request.method == .post { return .text("", 200, [("Location", session)]) }
      let range = Self.range(request)
      if range.hasPrefix("bytes */") {
        let count = held.withLock { $0.count }
        return .text("", 308, count == 0 ? [] : [("Range", "bytes=0-\(count - 1)")])
      }
      let start = try #require(Int(range.dropFirst(6).prefix { $0 != "-" }))
      let source = try #require(request.body).makeSource()
      var bytes: [UInt8] = []
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
      defer { buffer.deallocate() }
      while case .bytes(let count) = try source.read(into: buffer) { bytes += UnsafeRawBufferPointer(rebasing: buffer[..<count]) }
      let failure = failures.withLock { count in
        count += 1
        return count
      }
      held.withLock { held in
        #expect(held.count == start)
        // Of the second chunk only some arrives, and the connection breaks; the third is answered as taken in part.
        held += failure == 2 ? bytes.prefix(100_000) : failure == 4 ? bytes.prefix(50_000) : bytes[...]
      }
      if failure == 2 { throw HTTPError(.connectionReset, "reset by peer", host: "h:1", requestMayHaveBeenSent: true) }
      let count = held.withLock { $0.count }
      if count < Self.content.count { return .text("", 308, [("Range", "bytes=0-\(count - 1)")]) }
      return .text(objectBody("a", size: count, crc32c: crc))
    }
    let receipt = try await Self.large(transport).write(
      .bytes(Self.content), to: try ObjectKey("a"), WriteOptions(condition: .ifAbsent))
    #expect(receipt.version == ObjectVersion("7"))
    // Of chunks the service computes it, and this one tells none.
    #expect(receipt.hash == nil)
    #expect(held.withLock { $0 } == Self.content)
    #expect(transport.requests[0].url.contains("ifGenerationMatch=0"))
    #expect(transport.requests.last?.headers["x-goog-hash"] == "crc32c=\(crc)")
  }

  @Test(arguments: [
    "https://evil.example/upload?id=1", "http://storage.googleapis.com/x", "nonsense", "https://googleapis.com.evil.example/x",
  ])
  func `an upload is not led elsewhere`(_ location: String) async throws {
    let transport = FakeTransport { _, _ in .text("", 200, [("Location", location)]) }
    await #expect(throws: StorageError.self) {
      try await Self.large(transport).write(.bytes(Self.content), to: try ObjectKey("a"), WriteOptions())
    }
    #expect(transport.requests.count == 1)
  }

  @Test(arguments: ["bytes=0-99999999", "bytes=5-10", "nonsense", "bytes=0--4", "bytes=0-9223372036854775807"])
  func `a service that miscounts ends the upload`(_ range: String) async throws {
    let transport = FakeTransport { request, _ in
      request.method == .post
        ? .text("", 200, [("Location", "https://storage.googleapis.com/u")]) : .text("", 308, [("Range", range)])
    }
    await #expect(throws: StorageError.self) {
      try await Self.large(transport).write(.bytes(Self.content), to: try ObjectKey("a"), WriteOptions())
    }
    #expect(transport.requests.last?.method == .delete)
  }

  @Test func `a stored object that is not what was sent is an error`() async throws {
    let transport = FakeTransport { _, _ in .text(objectBody("a", size: 5, crc32c: "AAAAAA==")) }
    let error = try await #require(throws: StorageError.self) {
      try await fakeStore(transport).write(.bytes(Array("hello".utf8)), to: try ObjectKey("a"), WriteOptions())
    }
    #expect(error.code == .corrupted && error.mayHaveHappened)
  }

  @Test(arguments: ["text/plain", "multipart/mixed; boundary=x", "multipart/mixed; boundary="])
  func `a batch that is not understood is asked for one by one`(_ type: String) async throws {
    let transport = FakeTransport { request, _ in
      request.method == .delete ? .text("", 204) : .text("--x\r\n\r\nHTTP/1.1 204\r\n\r\n--x--", 200, [("Content-Type", type)])
    }
    let store = fakeStore(transport)
    let outcomes = try await store.delete([DeleteTarget(try ObjectKey("a")), DeleteTarget(try ObjectKey("b"))])
    #expect(outcomes.allSatisfy { $0.error == nil })
    #expect(transport.requests.map(\.method.name) == ["POST", "DELETE", "DELETE"])
  }

  @Test func `each answer of a batch is that of its request`() async throws {
    let answer = """
      --b1\r\nContent-Type: application/http\r\nContent-ID: <response-1>\r\n\r\nHTTP/1.1 412 Precondition Failed\r\nX: y\r\n\r\n\
      \(errorBody("conditionNotMet"))\r\n--b1\r\nContent-Type: application/http\r\nContent-ID: <response-0>\r\n\r\nHTTP/1.1 204 No \
      Content\r\n\r\n\r\n--b1\r\nContent-ID: <response-2>\r\n\r\nHTTP/1.1 404 Not Found\r\n\r\n\r\n--b1--
      """
    let transport = FakeTransport { _, _ in .text(answer, 200, [("Content-Type", "multipart/mixed; boundary=\"b1\"")]) }
    let outcomes = try await fakeStore(transport).delete([
      DeleteTarget(try ObjectKey("a b")), DeleteTarget(try ObjectKey("b"), ifMatches: ObjectVersion("5")),
      DeleteTarget(try ObjectKey("c")),
    ])
    #expect(outcomes.map { $0.error?.code } == [nil, .preconditionFailed, nil])
    #expect(transport.requests.count == 1)
    #expect(transport.texts[0].contains("DELETE /storage/v1/b/photos/o/a%20b HTTP/1.1"))
    #expect(transport.texts[0].contains("DELETE /storage/v1/b/photos/o/b?ifGenerationMatch=5 HTTP/1.1"))
  }

  @Test func `names that the service cannot have are refused without a request`() async throws {
    let transport = FakeTransport { _, _ in .text("{}") }
    let store = fakeStore(transport) { $0.enter(Array("root".utf8)) }
    for bytes in [[0xFF], Array("a\nb".utf8), Array("a\rb".utf8), [UInt8](repeating: 0x61, count: 1020)] {
      let error = try await #require(throws: StorageError.self) {
        try await store.write(.empty, to: try ObjectKey(bytes), WriteOptions())
      }
      #expect(error.code == .invalidArgument)
    }
    #expect(transport.requests.isEmpty)
  }
}
