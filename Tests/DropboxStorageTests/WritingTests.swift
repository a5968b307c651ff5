import Concurrency
import Crypto
import DropboxStorage
import Emulators
import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives
import StoreLayers
import StoreTesting
import Testing

/// Writes: alone, together, and in pieces.
@Suite struct WritingTests {
  private static func argument(_ request: HTTPRequest) throws -> JSONValue {
    try JSONValue.parse(Array((request.headers["dropbox-api-arg"] ?? "").utf8))
  }

  @Test func `a small file alone is one request, with its hash and its condition`() async throws {
    let bytes = ContentHashTests.content(1)
    let hash = ContentHashTests.vectors[1].hash
    let transport = FakeTransport(.text(fileBody("/a ü/b", hash: hash, tag: nil)))
    let receipt = try await fakeStore(transport).write(
      .bytes(bytes), to: try ObjectKey("a ü/b"),
      WriteOptions(condition: .ifAbsent, metadata: ObjectMetadata(modified: Timestamp(seconds: 1_431_445_838, nanoseconds: 999))))
    #expect(receipt.hash == ContentHash(.sha256OfParts(partSize: 4 << 20), try #require(Hex.decode(hash))))
    #expect(receipt.version == ObjectVersion("0123456789a"))
    let request = try #require(transport.requests.first)
    #expect(transport.requests.count == 1)
    #expect(request.url == "https://content.dropboxapi.com/2/files/upload")
    #expect(request.headers["authorization"] == "Bearer token-1")
    let header = try #require(request.headers["dropbox-api-arg"])
    #expect(header.utf8.allSatisfy { (0x20..<0x7F).contains($0) } && header.contains(#"a \u00fc"#))
    #expect(
      try Self.argument(request) == [
        "path": "/a ü/b", "mode": [".tag": "add"], "autorename": false, "strict_conflict": true,
        "client_modified": "2015-05-12T15:50:38Z", "content_hash": .string(hash),
      ])
  }

  @Test func `names outside the first plane are escaped as the service reads them`() async throws {
    let server = try DropboxServer()
    let store = server.store()
    for name in ["😀.txt", "日本", "\u{10FFFF}", "a\"b", "tab\there", "n\nl"] {
      let key = try ObjectKey(name)
      _ = try await store.write(.bytes([1]), to: key, WriteOptions())
      #expect(try await store.readBytes(key, limit: 10) == [1])
    }
    #expect(try await keys(store.list(.all, ListOptions())).count == 6)
  }

  @Test func `what the service cannot keep is refused before it is sent, and is not there`() async throws {
    let transport = FakeTransport { request, _ in
      if request.label == "files/upload" { Issue.record("a name was sent") }
      let tag = request.label == "files/get_metadata" ? "path" : "path_lookup"
      return .text(#"{"error": {".tag": "\#(tag)", "\#(tag)": {".tag": "malformed_path"}}}"#, 409)
    }
    let store = fakeStore(transport)
    let long = String(repeating: "é", count: 256)
    for name in [
      Array("a\\b".utf8), [0x61, 0x7F], Array("dir /x".utf8), Array("x ".utf8), Array("e\u{301}".utf8), [0xFF], Array(long.utf8),
    ] {
      let key = try ObjectKey(name)
      let error = try await #require(throws: StorageError.self) { try await store.write(.bytes([1]), to: key, WriteOptions()) }
      #expect(error.code == .invalidArgument)
      #expect(try await store.find(key) == nil)
      #expect(try await store.delete([DeleteTarget(key)]).first?.error == nil)
    }
  }

  @Test func `what the service finds under another name is not what was asked for`() async throws {
    let transport = FakeTransport(.text(fileBody("/\u{e9}")))
    #expect(try await fakeStore(transport).find(try ObjectKey("\u{e9}")) != nil)
    #expect(try await fakeStore(transport).find(try ObjectKey("\u{c9}")) != nil)
    #expect(try await fakeStore(transport).find(try ObjectKey("e\u{301}")) == nil)
    #expect(try await fakeStore(transport).find(try ObjectKey("\u{e9} ")) == nil)
  }

  @Test func `the account's lock is waited for a little`() async throws {
    let busy = FakeTransport.Answer.text(
      #"{"error_summary": "too_many_write_operations/", "error": {"reason": {".tag": "too_many_write_operations"}, "retry_after": 1}}"#,
      429, [("Retry-After", "1")])
    let passing = FakeTransport { _, index in index < 3 ? busy : .text(fileBody("/a", tag: nil)) }
    _ = try await fakeStore(passing).write(.bytes([1]), to: try ObjectKey("a"), WriteOptions())
    #expect(passing.requests.count == 4)
    let lasting = FakeTransport(busy)
    let error = try await #require(throws: StorageError.self) {
      try await fakeStore(lasting).write(.bytes([1]), to: try ObjectKey("a"), WriteOptions())
    }
    #expect(error.code == .throttled && error.retry == .after(.seconds(1)))
    #expect(lasting.requests.count == 6)
  }

  @Test func `a wrong hash, length or name in the answer is no success`() async throws {
    for body in [
      fileBody("/a", size: 2, tag: nil), fileBody("/a", hash: String(repeating: "0", count: 64), tag: nil), "{}", "[]", "",
      fileBody("/a", rev: "xyz", tag: nil), fileBody("/other", tag: nil),
    ] {
      let transport = FakeTransport { request, _ in
        request.label == "files/upload" ? .text(body) : .text("{}")
      }
      await #expect(throws: StorageError.self) {
        try await fakeStore(transport).write(.bytes([1]), to: try ObjectKey("a"), WriteOptions(condition: .ifAbsent))
      }
    }
  }

  @Test(arguments: [WriteCondition.always, .ifMatches(ObjectVersion("123456789"))])
  func `what is kept under another name than the asked one is no success, whatever the case`(
    _ condition: WriteCondition
  ) async throws {
    let key = try ObjectKey("a")
    _ = try await fakeStore(FakeTransport(.text(fileBody("/A", tag: nil)))).write(
      .bytes([1]), to: key, WriteOptions(condition: condition))
    let error = try await #require(throws: StorageError.self) {
      try await fakeStore(FakeTransport(.text(fileBody("/a (1)", tag: nil)))).write(
        .bytes([1]), to: key, WriteOptions(condition: condition))
    }
    #expect(error.code == .invalidArgument && error.message.contains("a (1)"), "\(error)")
  }

  @Test func `a file of somebody else is not taken for one whose answer was lost, though length and time are the same`()
    async throws
  {
    let server = try DropboxServer()
    let (key, metadata) = (try ObjectKey("a"), ObjectMetadata(modified: Timestamp(seconds: 1_700_000_000)))
    let options = WriteOptions(condition: .ifAbsent, metadata: metadata)
    _ = try await server.store().write(.bytes(Array("one".utf8)), to: key, options)
    func retrying() -> RetryingStore {
      let lost = (1...4).map { Fault(.write, occurrence: $0, .failAfter(.unavailable)) }
      return RetryingStore(
        FaultyStore(server.store(), lost),
        options: RetryOptions(attempts: 4, backoff: Backoff(base: .microseconds(50), cap: .milliseconds(1)), seed: 7))
    }
    let error = try await #require(throws: StorageError.self) {
      try await retrying().write(.bytes(Array("two".utf8)), to: key, options)
    }
    #expect(error.code == .alreadyExists, "\(error)")
    // Of ours the hash says so, without a time as well.
    let own = try ObjectKey("b")
    let receipt = try await retrying().write(.bytes(Array("two".utf8)), to: own, WriteOptions(condition: .ifAbsent))
    #expect(try await server.store().stat(own).entry.version == receipt.version)
  }

  // MARK: Large files

  private static let large = ContentHashTests.content(9_711_423)

  @Test func `a large file goes in pieces, whatever breaks on the way`() async throws {
    var faults = EmulatorFaults()
    faults.script = [
      ScriptedFault(.post, "/2/files/upload_session/append_v2", occurrence: 1, .resetAfter),
      ScriptedFault(.post, "/2/files/upload_session/append_v2", occurrence: 3, .refusal(status: 503)),
      ScriptedFault(.post, "/2/files/upload_session/append_v2", occurrence: 4, .resetBefore),
    ]
    let server = try DropboxServer(faults: faults)
    let store = server.store {
      $0.chunkSize = 4 << 20
      $0.sessionThreshold = 1 << 20
    }
    let key = try ObjectKey("folder/large")
    let receipt = try await store.write(.bytes(Self.large), to: key, WriteOptions(condition: .ifAbsent))
    #expect(receipt.hash?.bytes == Hex.decode(ContentHashTests.vectors[5].hash))
    #expect(try await store.readBytes(key, limit: Self.large.count) == Self.large)
    #expect(server.requests.count("files/upload_session/append_v2") >= 6)
    #expect(server.requests.count("files/upload_session/start") == 1)
  }

  @Test func `the last answer of an upload may be lost`() async throws {
    var faults = EmulatorFaults()
    faults.script = [ScriptedFault(.post, "/2/files/upload_session/append_v2", occurrence: 3, .resetAfter)]
    let server = try DropboxServer(faults: faults)
    let store = server.store {
      $0.chunkSize = 4 << 20
      $0.sessionThreshold = 1 << 20
      $0.uploadConcurrency = 1
    }
    let key = try ObjectKey("large")
    _ = try await store.write(.bytes(Self.large), to: key, WriteOptions())
    #expect(try await store.readBytes(key, limit: Self.large.count) == Self.large)
  }

  @Test func `an upload goes on from the offset that the service names`() async throws {
    let appends = Lock<[(offset: Int64, count: Int, isLast: Bool)]>([])
    let transport = FakeTransport { request, _ in
      switch request.label {
      case "files/upload_session/start": return .text(#"{"session_id": "s"}"#)
      case "files/upload_session/append_v2":
        let argument = try Self.argument(request)
        let offset = try #require(argument["cursor"]?["offset"]?.integerValue)
        let count = Int(request.body?.length ?? 0)
        let number = appends.withLock { appends in
          appends.append((offset, count, argument["close"]?.boolValue ?? false))
          return appends.count
        }
        // Of the first piece the service has half, of which nobody was told.
        return number == 1
          ? .text(#"{"error_summary": "incorrect_offset/", "error": {".tag": "incorrect_offset", "correct_offset": 4194304}}"#, 409)
          : .text("null")
      default:
        let file = fileBody("/large", size: Self.large.count, hash: ContentHashTests.vectors[5].hash, tag: "success")
        return .text(#"{"entries": [\#(file)]}"#)
      }
    }
    let store = fakeStore(transport) {
      $0.chunkSize = 8 << 20
      $0.sessionThreshold = 1 << 20
      $0.uploadConcurrency = 1
    }
    _ = try await store.write(.bytes(Self.large), to: try ObjectKey("large"), WriteOptions())
    let seen = appends.withLock { $0 }
    #expect(seen.map(\.offset) == [0, 4_194_304, 8_388_608])
    #expect(seen.map(\.count) == [8_388_608, 4_194_304, Self.large.count - 8_388_608])
    #expect(seen.map(\.isLast) == [false, false, true])
  }

  @Test func `a session that the service forgot fails the write, to be begun anew`() async throws {
    for failure in ["not_found", "closed"] {
      let transport = FakeTransport { request, _ in
        request.label == "files/upload_session/start"
          ? .text(#"{"session_id": "s"}"#)
          : .text(#"{"error_summary": "\#(failure)/", "error": {".tag": "\#(failure)"}}"#, 409)
      }
      let store = fakeStore(transport) { $0.sessionThreshold = 1 << 20 }
      let error = try await #require(throws: StorageError.self) {
        try await store.write(.bytes(Self.large), to: try ObjectKey("large"), WriteOptions())
      }
      #expect(error.code == .unavailable && error.retry == .later, "\(error)")
    }
  }
}
