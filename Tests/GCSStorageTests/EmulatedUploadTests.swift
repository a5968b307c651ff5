import Concurrency
import Crypto
import Emulators
import GCSStorage
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import Testing

/// Large uploads to the emulator: what breaks, what goes on, and what is not sent again.
@Suite struct EmulatedUploadTests {
  private static let unit = 256 << 10
  /// Content no piece of which is like another; quickly made.
  private static func bytes(_ count: Int, _ salt: Int = 0) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 32)
    while bytes.count < count { bytes += SHA256.hash(Array("\(salt) \(bytes.count)".utf8)) + block }
    return Array(bytes[..<count])
  }
  private static let block = [UInt8](repeating: 0x5A, count: 4096)

  private static func chunks(_ configuration: inout GCSConfiguration) {
    configuration.resumableThreshold = 1000
    configuration.chunkSize = Int64(unit)
    configuration.parallelThreshold = nil
  }

  private static func parts(_ configuration: inout GCSConfiguration) {
    configuration.resumableThreshold = Int64(unit)
    configuration.chunkSize = Int64(unit)
    configuration.parallelThreshold = Int64(unit)
    configuration.uploadConcurrency = 1
  }

  private static func named(_ bytes: [UInt8], _ name: String) -> Payload {
    Payload(length: Int64(bytes.count), isAtHand: true, contentID: Array(name.utf8)) { range in
      MemorySource(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
    }
  }

  @Test(
    arguments: [
      ScriptedFault.Effect.resetBefore, .resetAfter, .refusal(status: 503), .refusal(status: 429), .truncation(after: 0),
    ], [1, 2, 4])
  func `a chunk whose answer is lost is not sent again, and one that did not arrive is`(
    _ effect: ScriptedFault.Effect, _ occurrence: Int
  ) async throws {
    let fault = ScriptedFault(.put, "/upload/", occurrence: occurrence, effect)
    let emulated = try EmulatedGCS(script: [fault])
    let store = try await emulated.store(Self.chunks)
    let (key, content) = (try ObjectKey("large"), Self.bytes(3 * Self.unit + 1000))
    let receipt = try await store.write(.bytes(content), to: key, WriteOptions(condition: .ifAbsent))
    #expect(emulated.faults.unfired.isEmpty || effect == .truncation(after: 0))
    #expect(try await store.readBytes(key, limit: content.count) == content)
    #expect(try await store.stat(key).entry.version == receipt.version)
  }

  @Test func `bytes that are damaged on the way make no object, though only the last chunk tells their checksum`() async throws {
    let emulated = try EmulatedGCS()
    let store = try await emulated.store(Self.chunks)
    let damaging = DamagingTransport(emulated.transport)
    let damaged = GCSStore(store.configuration, transport: damaging, tokens: try emulated.tokens())
    let key = try ObjectKey("large")
    let error = try await #require(throws: StorageError.self) {
      try await damaged.write(.bytes(Self.bytes(3 * Self.unit)), to: key, WriteOptions())
    }
    #expect(error.code == .corrupted && error.retry == .later, "\(error)")
    #expect(try await store.find(key) == nil)
  }

  @Test func `a write that was interrupted goes on with what the store has, also in another process`() async throws {
    let emulated = try EmulatedGCS(script: [ScriptedFault(.post, "", containing: "/compose", .refusal(status: 503))])
    let store = try await emulated.store(Self.parts)
    let (key, content) = (try ObjectKey("large"), Self.bytes(9 * Self.unit))
    let first = try await #require(throws: StorageError.self) {
      try await store.write(Self.named(content, "v1"), to: key, WriteOptions())
    }
    #expect(first.retry != .never)
    #expect(try await store.list(.all, ListOptions()).next() == nil, "parts are shown")
    let counting = CountingTransport(emulated.transport)
    let later = GCSStore(store.configuration, transport: counting, tokens: try emulated.tokens())
    let receipt = try await later.write(Self.named(content, "v1"), to: key, WriteOptions(condition: .ifAbsent))
    #expect(receipt.size == Int64(content.count) && counting.sent < 20_000, "\(counting.sent) bytes were sent again")
    #expect(try await store.readBytes(key, limit: content.count) == content)
    #expect(try await store.removeAbandonedUploads(olderThan: .seconds(-60), isDry: true) == 0)
  }

  @Test func `parts of another content are not taken, whatever it is called`() async throws {
    let emulated = try EmulatedGCS(script: [ScriptedFault(.post, "", containing: "/compose", .refusal(status: 503))])
    let store = try await emulated.store(Self.parts)
    let key = try ObjectKey("large")
    await #expect(throws: StorageError.self) {
      try await store.write(Self.named(Self.bytes(9 * Self.unit), "v1"), to: key, WriteOptions())
    }
    let other = Self.bytes(9 * Self.unit, 1)
    _ = try await store.write(Self.named(other, "v1"), to: key, WriteOptions())
    #expect(try await store.readBytes(key, limit: other.count) == other)
    #expect(try await store.removeAbandonedUploads(olderThan: .seconds(-60), isDry: true) == 0)
  }

  @Test func `parts that together are not what their source knows of itself make no object`() async throws {
    let emulated = try EmulatedGCS()
    let store = try await emulated.store(Self.parts)
    let key = try ObjectKey("large")
    let (content, other) = (Self.bytes(3 * Self.unit), Self.bytes(3 * Self.unit, 1))
    func payload(_ known: [UInt8]) -> Payload {
      let crc = CRC.bytes(known.withUnsafeBytes { CRC.crc32c($0) })
      return Payload(length: Int64(content.count), hashes: [ContentHash(.crc32c, crc)]) { range in
        MemorySource(content[Int(range.lowerBound)..<Int(range.upperBound)])
      }
    }
    let error = try await #require(throws: StorageError.self) { try await store.write(payload(other), to: key, WriteOptions()) }
    #expect(error.code == .corrupted && error.retry == .later)
    #expect(try await store.find(key) == nil)
    #expect(try await store.removeAbandonedUploads(olderThan: .seconds(-60), isDry: true) == 0)
    _ = try await store.write(payload(content), to: key, WriteOptions())
    #expect(try await store.readBytes(key, limit: content.count) == content)
  }

  @Test func `parts of a content that nobody went on with for a day go with the next write of the object`() async throws {
    let time = Lock(Timestamp(seconds: 1_800_000_000))
    let clock = WallClock { time.withLock { $0 } }
    let refusals = [1, 2].map { ScriptedFault(.post, "", containing: "/compose", occurrence: $0, .refusal(status: 503)) }
    let emulated = try EmulatedGCS(clock: clock, script: refusals)
    let store = try await emulated.store(Self.parts)
    let key = try ObjectKey("large")
    for (content, hours) in [("v1", 20), ("v2", 5)] {
      await #expect(throws: StorageError.self) {
        try await store.write(Self.named(Self.bytes(3 * Self.unit), content), to: key, WriteOptions())
      }
      time.withLock { $0 = $0 + .seconds(hours * 3600) }
    }
    #expect(try await store.removeAbandonedUploads(olderThan: .zero, isDry: true) == 6)
    _ = try await store.write(Self.named(Self.bytes(3 * Self.unit), "v3"), to: key, WriteOptions())
    // Those of yesterday are gone; somebody may still go on with those of this morning.
    #expect(try await store.removeAbandonedUploads(olderThan: .zero, isDry: true) == 3)
  }

  @Test func `a write that cannot succeed leaves no parts, and what is left is removed by its age`() async throws {
    let emulated = try EmulatedGCS(script: [ScriptedFault(.post, "", containing: "/compose", occurrence: 2, .refusal(status: 503))])
    let store = try await emulated.store(Self.parts)
    let (key, content) = (try ObjectKey("large"), Self.bytes(5 * Self.unit))
    _ = try await store.write(.bytes([1]), to: key, WriteOptions())
    let refused = try await #require(throws: StorageError.self) {
      try await store.write(Self.named(content, "v1"), to: key, WriteOptions(condition: .ifAbsent))
    }
    #expect(refused.code == .alreadyExists)
    #expect(try await store.removeAbandonedUploads(olderThan: .seconds(-60), isDry: true) == 0)
    await #expect(throws: StorageError.self) { try await store.write(Self.named(content, "v1"), to: key, WriteOptions()) }
    #expect(try await store.removeAbandonedUploads(olderThan: .seconds(3600), isDry: false) == 0)
    #expect(try await store.removeAbandonedUploads(olderThan: .seconds(-60), isDry: false) == 5)
    #expect(try await store.removeAbandonedUploads(olderThan: .seconds(-60), isDry: true) == 0)
  }

  @Test(arguments: [GCSMediaMetadata.shown, .missing])
  func `a read tells the object's metadata, whether the answer shows it or not`(_ shown: GCSMediaMetadata) async throws {
    let emulated = try EmulatedGCS(GCSEmulatorSettings(access: .tokens, mediaMetadata: shown))
    let store = try await emulated.store()
    let key = try ObjectKey("a")
    let metadata = ObjectMetadata(modified: Timestamp(seconds: 1_600_000_000, nanoseconds: 5), mode: 0o600, user: ["k": "ü"])
    let receipt = try await store.write(.bytes([1, 2, 3]), to: key, WriteOptions(metadata: metadata))
    let plain = try await store.write(.bytes([]), to: try ObjectKey("plain"), WriteOptions())
    let counting = CountingTransport(emulated.transport)
    let reader = GCSStore(store.configuration, transport: counting, tokens: try emulated.tokens())
    let read = try await reader.read(key, ReadOptions(range: ByteRange(start: 1, end: 2)), into: MemorySink(limit: 10))
    #expect(read.info.entry.modified == metadata.modified && read.info.entry.mode == 0o600 && read.info.userMetadata == ["k": "ü"])
    #expect(read.info.entry.version == receipt.version && read.range == 1..<2)
    #expect(counting.requests == (shown == .shown ? 1 : 2))
    let other = try await reader.read(try ObjectKey("plain"), ReadOptions(), into: MemorySink(limit: 10))
    #expect(other.info.entry.modified == nil && other.info.entry.version == plain.version)
  }

  @Test(arguments: [true, false], [true, false])
  func `a write in parts whose answer was lost is known by its content`(_ isSeen: Bool, _ isAbsent: Bool) async throws {
    var script = [ScriptedFault(.post, "", containing: "/compose", .resetAfter)]
    if !isSeen { script.append(ScriptedFault(.get, "", containing: "/o/lost", occurrence: isAbsent ? 1 : 2, .resetBefore)) }
    let emulated = try EmulatedGCS(script: script)
    let store = try await emulated.store()
    let key = try ObjectKey("lost")
    var condition = WriteCondition.ifAbsent
    if !isAbsent {
      _ = try await store.write(.bytes([0]), to: key, WriteOptions())
      condition = .ifMatches(try await store.stat(key).entry.version)
    }
    let upload = try await store.startMultipart(key, WriteOptions(condition: condition))
    try await upload.write(part: 1, .bytes([1]))
    try await upload.write(part: 2, .bytes([2]))
    if !isSeen {
      let error = try await #require(throws: StorageError.self) { _ = try await upload.complete() }
      #expect(error.mayHaveHappened)
    }
    let receipt = try await upload.complete()
    #expect(try await store.stat(key).entry.version == receipt.version)
    #expect(try await store.readBytes(key, limit: 10) == [1, 2])
    #expect(emulated.faults.unfired.isEmpty)
    #expect(try await store.removeAbandonedUploads(olderThan: .seconds(-60), isDry: true) == 0)
  }

  @Test func `a change of class is a rewrite in as many requests as the service wants`() async throws {
    let emulated = try EmulatedGCS(GCSEmulatorSettings(access: .tokens, rewriteStep: 1 << 20))
    let store = try await emulated.store()
    let (key, content) = (try ObjectKey("a"), Self.bytes(3_500_000))
    let metadata = ObjectMetadata(modified: Timestamp(seconds: 1_600_000_000, nanoseconds: 5), mode: 0o600, user: ["k": "v"])
    _ = try await store.write(.bytes(content), to: key, WriteOptions(metadata: metadata))
    let nearline = try #require(StorageClass("NEARLINE"))
    _ = try await store.copy(key, to: key, CopyOptions(storageClass: nearline))
    let info = try await store.stat(key)
    #expect(info.entry.storageClass == nearline && info.entry.modified == metadata.modified && info.userMetadata == ["k": "v"])
    #expect(try await store.readBytes(key, limit: content.count) == content)
  }
}

/// Changes one byte of the first chunk.
private final class DamagingTransport: HTTPTransport {
  private let base: any HTTPTransport
  private let isDone = Lock(false)

  init(_ base: any HTTPTransport) { self.base = base }

  func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
    guard request.method == .put, let body = request.body, let length = body.length, length > 1000,
      isDone.withLock({ !exchange(&$0, with: true) })
    else { return try await base.send(request, into: sink) }
    var damaged = request
    damaged.body = HTTPBody(length: length) {
      var bytes = [UInt8](repeating: 0, count: Int(length))
      let source = try body.makeSource()
      var at = 0
      while case .bytes(let count) = try bytes[at...].withUnsafeMutableBytes({ try source.read(into: $0) }) {
        at += count
        if at == bytes.count { break }
      }
      bytes[500] ^= 1
      return MemorySource(bytes[...])
    }
    return try await base.send(damaged, into: sink)
  }

  func close() async {}
}

/// Counts the bytes of bodies that are sent.
private final class CountingTransport: HTTPTransport {
  private let base: any HTTPTransport
  private let count = Lock<Int64>(0)
  private let calls = Lock(0)

  init(_ base: any HTTPTransport) { self.base = base }

  var sent: Int64 { count.withLock { $0 } }
  var requests: Int { calls.withLock { $0 } }

  func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
    count.withLock { $0 += request.body?.length ?? 0 }
    calls.withLock { $0 += 1 }
    return try await base.send(request, into: sink)
  }

  func close() async {}
}
