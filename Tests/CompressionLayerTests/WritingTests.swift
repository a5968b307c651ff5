import Compression
import CompressionLayer
import Concurrency
import MemoryStorage
import ObjectStorage
import Primitives
import StoreTesting
import Testing

@Suite struct WritingTests {
  private let content = text(200_000, seed: 1) + randomBytes(400_000, seed: 1)

  @Test(arguments: Way.allCases)
  func `nothing becomes visible that the source changed under`(way: Way) async throws {
    let base = way.store
    let store = CompressedStore(base, options: small)
    _ = try await store.write(.bytes([7]), to: key, WriteOptions())
    for length in [1000, content.count] {
      let bytes = Array(content.prefix(length))
      let changed = StorageError(.sourceChanged, store: "source", key: key, message: "edited")
      let payload = Payload(
        length: Int64(length), makeSource: { MemorySource(bytes[Int($0.lowerBound)..<Int($0.upperBound)]) },
        verifyUnchanged: { throw changed })
      await expectError(.sourceChanged) { _ = try await store.write(payload, to: key, WriteOptions()) }
      #expect(try await store.bytes(key) == [7])
    }
    #expect(base.openUploads == 0 && base.objectCount == 1)
  }

  @Test func `a source that gives other bytes when it is read again is noticed`() async throws {
    let base = Way.inParts.store
    let store = CompressedStore(base, options: small)
    let reads = Lock(0)
    let content = content
    let payload = Payload(
      length: Int64(content.count),
      makeSource: { range in
        var bytes = content
        // The sizes agree; only one byte at the end is another, in every read of the whole.
        if range.count == content.count {
          bytes[content.count - 1] = reads.withLock {
            $0 += 1; return UInt8($0)
          }
        }
        return MemorySource(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
      })
    await expectError(.sourceChanged) { _ = try await store.write(payload, to: key, WriteOptions()) }
    #expect(base.openUploads == 0 && base.objectCount == 0)
  }

  @Test(arguments: Way.allCases)
  func `conditions pass through, whatever the way`(way: Way) async throws {
    let store = CompressedStore(way.store, options: small)
    for length in [1000, content.count] {
      let payload = Payload.bytes(Array(content.prefix(length)))
      let first = try await store.write(payload, to: key, WriteOptions())
      await expectError(.alreadyExists) { _ = try await store.write(payload, to: key, WriteOptions(condition: .ifAbsent)) }
      let second = try await store.write(payload, to: key, WriteOptions(condition: .ifMatches(first.version)))
      await expectError(.preconditionFailed) {
        _ = try await store.write(payload, to: key, WriteOptions(condition: .ifMatches(first.version)))
      }
      #expect(try await store.stat(key).entry.version == second.version)
    }
  }

  @Test func `pushed bytes are compressed or left, and restarted bytes begin anew`() async throws {
    let base = memory()
    let store = CompressedStore(base, options: small)
    let bodies: [(bytes: [UInt8], shrinks: Bool)] = [
      ([], false), ([1], false), (text(1000, seed: 1), true), (text(900_000, seed: 2), true),
      (randomBytes(900_000, seed: 3), false),
    ]
    for (bytes, shrinks) in bodies {
      for length in [nil, Int64(bytes.count)] {
        let write = try await store.openWrite(key, length: length, WriteOptions(metadata: ObjectMetadata(user: ["a": "b"])))
        let slow = HostileSink(write.sink, .slow)
        try await push(text(400_000, seed: 9), into: slow)
        try slow.restart()
        try await push(bytes, into: slow)
        let receipt = try await write.commit(metadata: nil)
        #expect(receipt.size == Int64(bytes.count))
        #expect(try await store.bytes(key) == bytes)
        #expect(try await store.stat(key).userMetadata == ["a": "b"])
        let stored = try base.stored(key)
        #expect((stored.count < bytes.count) == shrinks)
      }
    }
    let hard = CompressedStore(base, options: CompressionOptions(level: .init(19)!))
    #expect(try await hard.capabilities().directWrite == false)
  }

  @Test func `a sink that pauses gets everything once, and little is held for it`() async throws {
    let store = CompressedStore(memory(), options: small)
    let content = Array(repeating: UInt8(0), count: 3_000_000) + text(300_000, seed: 4)
    _ = try await store.write(.bytes(content), to: key, WriteOptions())
    let sink = MemorySink(limit: content.count)
    _ = try await store.read(key, ReadOptions(), into: HostileSink(sink, .slow))
    #expect(sink.bytes == content)
  }

  @Test func `readers beside writers of compressed and plain content see one or the other`() async throws {
    let store = CompressedStore(memory(), options: small)
    let contents = [text(100_000, seed: 1), randomBytes(100_000, seed: 2), text(250_000, seed: 3), [1]]
    _ = try await store.write(.bytes(contents[0]), to: key, WriteOptions())
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for round in 0..<40 { _ = try await store.write(.bytes(contents[round % 4]), to: key, WriteOptions()) }
      }
      for _ in 0..<2 {
        group.addTask {
          for _ in 0..<30 {
            let bytes = try await store.bytes(key)
            #expect(contents.contains(bytes))
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private func push(_ bytes: [UInt8], into sink: any ByteSink) async throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(70_000)
      if try piece.withUnsafeBytes({ try sink.write($0) }) == .taken {
        rest = rest.dropFirst(piece.count)
      } else {
        let ready = OneShot<Void>()
        sink.whenReady { ready.settle(.success(())) }
        try await ready.wait()
      }
    }
  }
}
