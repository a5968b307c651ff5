import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import S3Storage
import SyncTesting
import Testing

/// Uploads in parts that were interrupted, and go on.
@Suite(.serialized) struct ResumeTests {
  private static let size: Int64 = 27_000_001
  private static let content: [UInt8] = {
    var random = SeededRandom(seed: 4)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(size))
    while bytes.count < Int(size) { withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) } }
    return Array(bytes.prefix(Int(size)))
  }()

  private func payload(_ name: String = "content", changing part: Int? = nil) -> Payload {
    var bytes = Self.content
    if let part { bytes[part * (5 << 20)] ^= 1 }
    return Payload(length: Self.size, contentID: Array(name.utf8)) { [bytes] in
      MemorySource(bytes[Int($0.lowerBound)..<Int($0.upperBound)])
    }
  }

  private func store(_ server: TestServer, _ transport: CuttingTransport, _ records: MemoryRecords) async throws -> S3Store {
    var configuration = try await server.configuration(bucket: "test-" + Hex.encode(Random.bytes(6)))
    configuration.partSize = 5 << 20
    configuration.multipartThreshold = 6 << 20
    configuration.uploadConcurrency = 1
    let store = try S3Store(
      configuration, transport: transport, credentials: CredentialsProvider(try await server.credentials()),
      probeCache: SharedProbeCache.shared, uploads: records)
    try await store.createContainer()
    // Found out by trying, which sends parts, too.
    _ = try await store.capabilities()
    return store
  }

  @Test(arguments: TestServer.chosen)
  func `an upload that was cut goes on where it was, and only what is missing is sent`(_ server: TestServer) async throws {
    let transport = CuttingTransport()
    let records = MemoryRecords()
    let store = try await store(server, transport, records)
    let key = try ObjectKey("large é.bin")
    transport.cut(after: 3)
    await #expect(throws: StorageError.self) { _ = try await store.write(payload(), to: key, WriteOptions()) }
    #expect(records.count == 1)
    let (before, bytes) = transport.reset()
    #expect(before == 3)
    #expect(bytes == 3 * 5 << 20)
    let receipt = try await store.write(payload(), to: key, WriteOptions())
    // Six parts in all; some servers do not tell what they have.
    let sent = transport.reset().parts
    #expect(sent == 3 || sent == 6)
    if server == .ceph || server == .moto || server == .rclone { #expect(sent == 3) }
    #expect(receipt.size == Self.size)
    #expect(records.count == 0)
    let sink = MemorySink(limit: Int(Self.size))
    _ = try await store.read(key, ReadOptions(), into: sink)
    #expect(sink.bytes == Self.content)
    #expect(try await store.unfinishedUploads().isEmpty)
  }

  @Test func `another content does not go on with it, and a part that holds something else is sent again`() async throws {
    let transport = CuttingTransport()
    let records = MemoryRecords()
    let store = try await store(.moto, transport, records)
    let key = try ObjectKey("large")
    transport.cut(after: 4)
    await #expect(throws: StorageError.self) { _ = try await store.write(payload(), to: key, WriteOptions()) }
    _ = transport.reset()
    // Under the same name, as if a file had been changed behind its times: the second part differs.
    let changed = payload(changing: 1)
    _ = try await store.write(changed, to: key, WriteOptions())
    #expect(transport.reset().parts == 3)
    let sink = MemorySink(limit: Int(Self.size))
    _ = try await store.read(key, ReadOptions(), into: sink)
    #expect(sink.bytes[5 << 20] == Self.content[5 << 20] ^ 1)
    // Another name: nothing is taken over, and what was begun under this key is thrown away.
    transport.cut(after: 2)
    await #expect(throws: StorageError.self) { _ = try await store.write(payload("one"), to: key, WriteOptions()) }
    _ = transport.reset()
    #expect(records.count == 1)
    _ = try await store.write(payload("another"), to: key, WriteOptions())
    #expect(transport.reset().parts == 6)
    #expect(records.count == 0)
    #expect(try await store.unfinishedUploads().isEmpty)
  }

  @Test func `what another pair of the bucket could go on with is left to it for a time`() async throws {
    let transport = CuttingTransport()
    let records = MemoryRecords()
    let store = try await store(.moto, transport, records)
    transport.cut(after: 2)
    await #expect(throws: StorageError.self) { _ = try await store.write(payload(), to: try ObjectKey("theirs"), WriteOptions()) }
    _ = transport.reset()
    #expect(try await store.abortAbandonedUploads(resumableOlderThan: .seconds(3600)) == 0)
    #expect(try await store.unfinishedUploads().count == 1)
    // It was let go again.
    #expect(try await store.abortAbandonedUploads(resumableOlderThan: .zero) == 1)
    #expect(try await store.unfinishedUploads().isEmpty)
  }

  @Test func `an upload that somebody threw away is begun anew`() async throws {
    let transport = CuttingTransport()
    let records = MemoryRecords()
    let store = try await store(.moto, transport, records)
    let key = try ObjectKey("large")
    transport.cut(after: 4)
    await #expect(throws: StorageError.self) { _ = try await store.write(payload(), to: key, WriteOptions()) }
    #expect(try await store.cleanupUploads(olderThan: .seconds(-60)).count == 1)
    _ = transport.reset()
    _ = try await store.write(payload(), to: key, WriteOptions())
    #expect(transport.reset().parts == 6)
    #expect(records.count == 0)
  }
}

/// Counts the parts that are sent, and cuts the connection at one.
private final class CuttingTransport: HTTPTransport {
  private struct State {
    var parts = 0
    var bytes: Int64 = 0
    var limit = Int.max
  }
  private let state = Lock(State())

  /// Lets so many parts through.
  func cut(after parts: Int) { state.withLock { $0 = State(limit: parts) } }

  /// What was sent since, and no cuts from here on.
  func reset() -> (parts: Int, bytes: Int64) {
    state.withLock { state in
      defer { state = State() }
      return (state.parts, state.bytes)
    }
  }

  func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
    if request.label == "UploadPart" {
      let mayPass = state.withLock { state in
        guard state.parts < state.limit else { return false }
        state.parts += 1
        state.bytes += request.body?.length ?? 0
        return true
      }
      if !mayPass { throw HTTPError(.connectionReset, "cut", host: "h:1", requestMayHaveBeenSent: true) }
    }
    return try await TestServer.transport.send(request, into: sink)
  }

  func close() async {}
}

/// Notes that outlive an upload, not the test.
private final class MemoryRecords: S3UploadRecords {
  private struct Record {
    let key: ObjectKey
    let content: [UInt8]?
    let begun = Timestamp.now()
    var isHeld = true
  }

  private final class Note: S3UploadNote {
    let records: MemoryRecords
    let id: String
    init(_ records: MemoryRecords, _ id: String) { (self.records, self.id) = (records, id) }
    func remove() { records.all.withLock { _ = $0.removeValue(forKey: id) } }
    func letGo() { records.all.withLock { $0[id]?.isHeld = false } }
  }

  private let all = Lock<[String: Record]>([:])
  var count: Int { all.withLock { $0.count } }

  func note(_ key: ObjectKey, uploadID: String, content: [UInt8]?, at place: String) -> (any S3UploadNote)? {
    all.withLock { $0[uploadID] = Record(key: key, content: content) }
    return Note(self, uploadID)
  }

  func unfinished(_ key: ObjectKey, content: [UInt8], at place: String) -> (uploadID: String, note: any S3UploadNote)? {
    let id = all.withLock { all -> String? in
      let id = all.first { !$0.value.isHeld && $0.value.key == key && $0.value.content == content }?.key
      if let id { all[id]?.isHeld = true }
      return id
    }
    return id.map { ($0, Note(self, $0)) }
  }

  func abandoned(at place: String, of key: ObjectKey?) -> [S3AbandonedUpload] {
    all.withLock { all in
      let free = all.filter { !$0.value.isHeld && (key == nil || $0.value.key == key) }
      return free.map { id, record in
        all[id]?.isHeld = true
        let upload = UnfinishedUpload(key: record.key, uploadID: id, begun: record.begun)
        return S3AbandonedUpload(upload, canGoOn: record.content != nil, note: Note(self, id))
      }
    }
  }
}
