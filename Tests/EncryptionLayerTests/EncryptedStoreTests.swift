import Age
import Concurrency
import Crypto
import EncryptionLayer
import Files
import Glibc
import LocalStorage
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import Testing

@Suite struct EncryptedStoreTests {
  @Test func `an object is a plain age file, and says nothing beside its length, time and mode`() async throws {
    let memory = MemoryStore()
    let identity = Identity.generate()
    let store = try encrypted(memory, identity)
    let content = ascii("the content")
    let time = Timestamp(seconds: 1_600_000_000)
    let metadata = ObjectMetadata(modified: time, mode: 0o640, contentType: "text/x-secret", user: ["colour": "blue"])
    let receipt = try await store.write(.bytes(content), to: key("a/b.txt"), WriteOptions(metadata: metadata))
    #expect(receipt.size == 11)
    #expect(receipt.hash == ContentHash(.sha256, SHA256.hash(content)))

    let stored = try #require(memory.snapshot()[key("a/b.txt")])
    #expect(try await FileDecryptor.decrypt(stored, [identity]) == content)
    let seen = try await memory.stat(key("a/b.txt"))
    #expect(seen.userMetadata == [:])
    #expect(seen.contentType == "application/octet-stream")
    #expect(seen.entry.modified == time && seen.entry.mode == 0o640)
    #expect(!String(decoding: stored, as: UTF8.self).contains("secret"))

    let info = try await store.stat(key("a/b.txt"))
    #expect(info.entry.size == 11 && info.entry.knowsContentSize && info.entry.hash == receipt.hash)
    #expect(info.hashes == [ContentHash(.sha256, SHA256.hash(content))])
    #expect(info.contentType == "text/x-secret" && info.userMetadata == ["colour": "blue"])
    #expect(info.entry.modified == time && info.entry.mode == 0o640)
  }

  @Test func `the record's length tells nothing of what is in it`() async throws {
    let memory = MemoryStore()
    let store = try encrypted(memory)
    _ = try await store.write(.bytes([1]), to: key("a"), WriteOptions(metadata: ObjectMetadata(contentType: "a/b")))
    _ = try await store.write(.bytes([1]), to: key("b"), WriteOptions(metadata: ObjectMetadata()))
    let sizes = try [key("a"), key("b")].map { memory.snapshot()[$0]?.count }
    #expect(sizes[0] == sizes[1])
  }

  @Test func `age opens what is stored`() async throws {
    guard system("age --version >/dev/null 2>&1") == 0 else { return }
    let path = "/tmp/isobar-encryption-tests-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    defer { _ = system("rm -rf '\(path)'") }
    let identity = Identity.generate()
    let folder = try LocalStore.open(path: Array("\(path)/store".utf8), options: LocalOptions(create: true))
    let store = try encrypted(folder, identity)
    let content = bytes(200_000)
    _ = try await store.write(.bytes(content), to: key("x/photo.jpg"), WriteOptions(metadata: ObjectMetadata(user: ["a": "b"])))
    let keys = try #require(KeyFile.encode(identity, created: nil)).withBytes { Array($0) }
    let plain = try LocalStore.open(path: Array(path.utf8), options: LocalOptions())
    _ = try await plain.write(.bytes(keys), to: key("key"), WriteOptions())
    #expect(
      system("cd \(path) && age -d -i key store/x/photo.jpg > photo && age -d -i key store/.isobar/encryption | grep -q names") == 0
    )
    #expect(try await plain.readBytes(key("photo"), limit: 1 << 20) == content)
    // And what age writes is read.
    #expect(system("cd \(path) && age -r \(try #require(identity.recipient)) -o store/theirs photo") == 0)
    #expect(try await store.readBytes(key("theirs"), limit: 1 << 20) == content)
    let info = try await store.stat(key("theirs"))
    #expect(info.entry.size == 200_000 && info.hashes.isEmpty)
    let sink = MemorySink(limit: 100)
    let range = try #require(ByteRange(start: 131_000, end: 131_100))
    _ = try await store.read(key("theirs"), ReadOptions(range: range), into: sink)
    #expect(sink.bytes == Array(content[131_000..<131_100]))
  }

  @Test func `an object that is not encrypted is an error that says so`() async throws {
    let memory = MemoryStore()
    let store = try encrypted(memory)
    _ = try await memory.write(.bytes(ascii("plain text, which is long enough")), to: key("plain"), WriteOptions())
    _ = try await memory.write(.empty, to: key("empty"), WriteOptions())
    for name in ["plain", "empty"] {
      for attempt in 0..<4 {
        await #expect {
          switch attempt {
          case 0: _ = try await store.stat(key(name))
          case 1: _ = try await store.readBytes(key(name), limit: 100)
          case 2: _ = try await store.readBytes(key(name), limit: 100, ReadOptions(range: ByteRange(start: 1, end: 2)))
          default: _ = try await store.payload(for: key(name), ifMatches: nil)
          }
        } throws: { ($0 as? StorageError)?.code == .corrupted && "\($0)".contains("not encrypted") }
      }
    }
  }

  @Test func `damage is found by every kind of read`() async throws {
    let memory = MemoryStore()
    let identity = Identity.generate()
    let store = try encrypted(memory, identity)
    let content = bytes(150_000)
    _ = try await store.write(.bytes(content), to: key("a"), WriteOptions())
    let stored = try #require(memory.snapshot()[key("a")])
    let chunk = 65552
    let start = stored.count - (150_000 + 3 * 16)
    let damaged: [[UInt8]] = [
      Array(stored.dropLast()), Array(stored[..<(start + 2 * chunk)]), Array(stored[..<(start + chunk)]), stored + [0],
      Array(stored[..<start]), Array(stored[..<40]),
    ]
    for (index, bytes) in damaged.enumerated() {
      _ = try await memory.write(.bytes(bytes), to: key("b"), WriteOptions())
      // The size is in the header, so that even a look notices.
      await #expect(throws: StorageError.self, "\(index)") { try await store.stat(key("b")) }
      await #expect(throws: StorageError.self, "\(index)") { try await store.readBytes(key("b"), limit: 1 << 20) }
      let range = ReadOptions(range: ByteRange(start: 10, end: 20))
      await #expect(throws: StorageError.self, "\(index)") { try await store.readBytes(key("b"), limit: 1 << 20, range) }
    }
    var flipped = stored
    flipped[start + chunk + 100] ^= 1
    _ = try await memory.write(.bytes(flipped), to: key("b"), WriteOptions())
    let first = ReadOptions(range: ByteRange(start: 10, end: 65536))
    #expect(try await store.readBytes(key("b"), limit: 1 << 20, first) == Array(content[10..<65536]))
    let second = ReadOptions(range: ByteRange(start: 65536, end: 65537))
    await #expect { try await store.readBytes(key("b"), limit: 1 << 20, second) } throws: {
      ($0 as? StorageError)?.code == .corrupted && ($0 as? StorageError)?.retry == .never
    }
  }

  @Test func `one write gives the same bytes each time it is asked, another write others`() async throws {
    let spy = PayloadSpy(MemoryStore())
    let store = try encrypted(spy)
    let content = Payload.bytes(bytes(100_000))
    _ = try await store.write(content, to: key("a"), WriteOptions())
    let first = try #require(spy.payload)
    func all(_ payload: Payload, _ ranges: [Range<Int64>]) throws -> [UInt8] {
      try ranges.flatMap { range in try collect(payload.makeSource(range)) }
    }
    let once = try all(first, [0..<first.length])
    #expect(Int64(once.count) == first.length)
    #expect(try all(first, [0..<first.length]) == once)
    #expect(try all(first, [0..<100, 100..<70_000, 70_000..<first.length]) == once)
    _ = try await store.write(content, to: key("a"), WriteOptions())
    let second = try #require(spy.payload)
    #expect(try all(second, [0..<second.length]) != once)
  }

  @Test func `two contents are never sealed with one key`() async throws {
    let spy = PayloadSpy(MemoryStore())
    let store = try encrypted(spy)
    let (before, after) = (bytes(200_000, seed: 1), bytes(200_000, seed: 2))
    let isEdited = Lock(false)
    let file = Payload(
      length: 200_000,
      makeSource: { range in
        MemorySource((isEdited.withLock { $0 } ? after : before)[Int(range.lowerBound)..<Int(range.upperBound)])
      },
      verifyUnchanged: {
        if isEdited.withLock({ $0 }) { throw StorageError(.sourceChanged, store: "test", message: "it was edited") }
      })
    _ = try await store.write(file, to: key("a"), WriteOptions())
    // The store below sends again what it sent before; meanwhile the file is edited, before or while the second source is read.
    let sealed = try #require(spy.payload)
    let first = try collect(sealed.makeSource())
    let second = try sealed.makeSource(0..<100_000)
    var piece = [UInt8](repeating: 0, count: 60_000)
    guard case .bytes(let count) = try piece.withUnsafeMutableBytes({ try second.read(into: $0) }) else { throw NothingRead() }
    #expect(Array(piece[..<count]) == Array(first[..<count]))
    isEdited.withLock { $0 = true }
    for source in [second, try sealed.makeSource(), try sealed.makeSource(150_000..<150_100)] {
      #expect { try collect(source) } throws: { ($0 as? StorageError)?.code == .sourceChanged }
    }
  }

  @Test func `an object for somebody else is one failed object`() async throws {
    let memory = MemoryStore()
    let store = try encrypted(memory)
    _ = try await store.write(.bytes([1]), to: key("a"), WriteOptions())
    let other = try SealedFile.encrypt([1, 2, 3], for: [try #require(Identity.generate().recipient)])
    _ = try await memory.write(.bytes(other), to: key("theirs"), WriteOptions())
    for attempt in 0..<3 {
      // Not `.unauthenticated`, with which a whole run ends.
      await #expect {
        switch attempt {
        case 0: _ = try await store.stat(key("theirs"))
        case 1: _ = try await store.readBytes(key("theirs"), limit: 100)
        default: _ = try await store.payload(for: key("theirs"), ifMatches: nil)
        }
      } throws: { ($0 as? StorageError)?.code == .permissionDenied && "\($0)".contains("none of the identities") }
    }
    #expect(try await store.readBytes(key("a"), limit: 10) == [1])
  }

  @Test func `a look is one read of the beginning`() async throws {
    let meter = RequestMeter(store: "test")
    let memory = MemoryStore()
    let identity = Identity.generate()
    _ = try await encrypted(memory, identity).write(.bytes(bytes(1_000_000)), to: key("a"), WriteOptions())
    let store = try encrypted(MeteredStore(memory, meter: meter), identity)
    _ = try await store.capabilities()
    func count(_ kind: RequestClass) -> Int { meter.snapshot[kind] }
    let before = (count(.get), count(.head))
    _ = try await store.stat(key("a"))
    #expect(count(.get) - before.0 == 1 && count(.head) == before.1)
    _ = try await store.readBytes(key("a"), limit: 1 << 20)
    #expect(count(.get) - before.0 == 2 && count(.head) == before.1)
  }

  @Test func `a copy keeps what is inside, and other metadata are refused`() async throws {
    let store = try encrypted(MemoryStore())
    let metadata = ObjectMetadata(contentType: "text/plain", user: ["a": "b"])
    _ = try await store.write(.bytes([1, 2, 3]), to: key("a"), WriteOptions(metadata: metadata))
    let receipt = try await store.copy(key("a"), to: key("b"), CopyOptions())
    #expect(receipt.size == 3)
    #expect(try await store.stat(key("b")).userMetadata == ["a": "b"])
    var same = metadata
    same.modified = Timestamp(seconds: 5)
    _ = try await store.updateMetadata(same, of: key("b"), ifMatches: nil)
    let info = try await store.stat(key("b"))
    #expect(info.entry.modified == Timestamp(seconds: 5) && info.contentType == "text/plain")
    await #expect { try await store.updateMetadata(ObjectMetadata(user: ["a": "c"]), of: key("b"), ifMatches: nil) } throws: {
      ($0 as? StorageError)?.code == .unsupported
    }
  }

  @Test func `large headers are read in further steps`() async throws {
    let memory = MemoryStore()
    let identities = (0..<60).map { _ in Identity.generate() }
    let access = EncryptionOptions.Access.keys(recipients: identities.compactMap(\.recipient), identities: [identities[59]])
    let store = EncryptedStore(memory, options: try EncryptionOptions(access: access))
    let user = ["long": String(repeating: "x", count: 9000)]
    _ = try await store.write(.bytes([1, 2, 3]), to: key("a"), WriteOptions(metadata: ObjectMetadata(user: user)))
    #expect(try #require(memory.snapshot()[key("a")]).count > 15_000)
    #expect(try await store.stat(key("a")).userMetadata == user)
    #expect(try await store.readBytes(key("a"), limit: 10) == [1, 2, 3])
  }
}

/// Remembers the payload of the latest write, except that of the key object.
private final class PayloadSpy: StoreLayer {
  let base: any ObjectStore
  private let latest = Lock<Payload?>(nil)
  var payload: Payload? { latest.withLock { $0 } }

  init(_ base: any ObjectStore) { self.base = base }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await body()
  }

  func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    latest.withLock { $0 = payload }
    return try await base.write(payload, to: key, options)
  }
}

private struct NothingRead: Error {}

private func collect(_ source: any ByteSource) throws -> [UInt8] {
  var all: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 50_000)
  while case .bytes(let count) = try buffer.withUnsafeMutableBytes({ try source.read(into: $0) }) { all += buffer[..<count] }
  return all
}
