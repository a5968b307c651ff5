import Compression
import CompressionLayer
import Crypto
import Files
import Glibc
import MemoryStorage
import ObjectStorage
import Primitives
import Testing

/// What lies in the store inside.
@Suite struct StoredFormTests {
  @Test(arguments: Way.allCases)
  func `frames stored in every way give the content, also by the zstd program`(way: Way) async throws {
    for length in [1000, 65_536, 65_537, 700_000] {
      let base = way.store
      let content = text(length, seed: UInt64(length))
      // The large one is written in several parts: half of it does not shrink.
      let mixed = length > 500_000 ? content + randomBytes(length, seed: 1) : content
      let receipt = try await CompressedStore(base, options: small).write(.bytes(mixed), to: key, WriteOptions())
      let stored = try base.stored(key)
      #expect(stored.count < mixed.count)
      #expect(try Decompressor.decompress(stored, DecompressionLimits(outputLength: Int64(mixed.count))) == mixed)
      #expect(receipt.size == Int64(mixed.count))
      #expect(receipt.hash == ContentHash(.sha256, SHA256.hash(mixed)))
      #expect(base.openUploads == 0)
      if Self.hasProgram { #expect(try Self.decompress(stored) == mixed) }
    }
  }

  @Test func `the mark says what the object holds, and is seen only below`() async throws {
    let base = memory()
    let store = CompressedStore(base)
    let content = text(10_000, seed: 1)
    let modified = Timestamp(seconds: 1_700_000_000)
    let metadata = ObjectMetadata(modified: modified, contentType: "text/plain", user: ["colour": "blue"])
    _ = try await store.write(.bytes(content), to: key, WriteOptions(metadata: metadata))
    let inside = try await base.stat(key)
    #expect(
      inside.userMetadata == [
        "colour": "blue", "isobar-compression": "zstd", "isobar-size": "10000", "isobar-sha256": Hex.encode(SHA256.hash(content)),
      ])
    let outside = try await store.stat(key)
    #expect(outside.userMetadata == ["colour": "blue"])
    #expect(outside.entry.size == 10_000 && outside.entry.knowsContentSize && outside.entry.hash == outside.hashes.first)
    #expect(outside.hashes == [ContentHash(.sha256, SHA256.hash(content))])
    #expect(outside.contentType == "text/plain" && outside.entry.modified == modified)
    let read = try await store.read(key, ReadOptions(), into: MemorySink(limit: 10_000))
    #expect(read.info == outside)
    let listed = try #require(try await store.list(.all, ListOptions()).next()?.entries.first)
    #expect(!listed.knowsContentSize && listed.hash == nil && listed.size == inside.entry.size)
    #expect(try await store.sized(listed).size == 10_000)
    #expect(!store.identity.listsSizes && store.identity.stableID != base.identity.stableID)
  }

  @Test func `what does not shrink, and what is empty, is stored as it is`() async throws {
    let base = memory()
    let store = CompressedStore(base)
    for content in [[], [1], text(20, seed: 1), randomBytes(100_000, seed: 2), randomBytes(3_000_000, seed: 3)] {
      _ = try await store.write(.bytes(content), to: key, WriteOptions())
      #expect(try base.stored(key) == content)
      #expect(try await base.stat(key).userMetadata == [:])
      #expect(try await store.bytes(key) == content)
      #expect(try await store.stat(key).entry.size == Int64(content.count))
    }
  }

  @Test func `large content is judged by samples, and a name alone judges nothing`() async throws {
    let base = memory()
    let store = CompressedStore(base)
    let noise = randomBytes(1_500_000, seed: 4)
    let words = text(1_500_000, seed: 5)
    let picture = try ObjectKey("a/picture.JPG")
    for (name, content, shrinks) in [
      (key, noise + words, true), (key, words + noise, true), (key, noise + noise, false), (picture, noise + words, false),
      (picture, words + noise, true),
    ] {
      _ = try await store.write(.bytes(content), to: name, WriteOptions())
      #expect((try base.stored(name).count < content.count) == shrinks, "\(name)")
      #expect(try await store.bytes(name) == content)
    }
  }

  @Test func `objects that were there are read as they are, and frames of somebody else's too`() async throws {
    let base = memory()
    let store = CompressedStore(base)
    for content in [text(5000, seed: 1), try Compressor().frame(of: text(5000, seed: 2)), [0x28, 0xB5]] {
      _ = try await base.write(.bytes(content), to: key, WriteOptions(metadata: ObjectMetadata(user: ["a": "b"])))
      #expect(try await store.bytes(key) == content)
      #expect(try await store.payloadBytes(key) == content)
      #expect(try await store.bytes(key, ByteRange(start: 1, end: 2)) == [content[1]])
      #expect(try await store.stat(key).userMetadata == ["a": "b"])
    }
  }

  @Test func `a mark that comes from elsewhere does not make content compressed`() async throws {
    let base = memory()
    let store = CompressedStore(base)
    let foreign = ["isobar-compression": "zstd", "isobar-size": "7", "isobar-sha256": "00", "kept": "yes"]
    _ = try await store.write(.bytes([1, 2, 3]), to: key, WriteOptions(metadata: ObjectMetadata(user: foreign)))
    #expect(try await base.stat(key).userMetadata == ["kept": "yes"])
    #expect(try await store.bytes(key) == [1, 2, 3])
    _ = try await store.updateMetadata(ObjectMetadata(user: foreign), of: key, ifMatches: nil)
    #expect(try await base.stat(key).userMetadata == ["kept": "yes"])
  }

  @Test func `copies, moves and new metadata keep the stored bytes and the mark`() async throws {
    let base = memory()
    let store = CompressedStore(base)
    let content = text(50_000, seed: 1)
    _ = try await store.write(.bytes(content), to: key, WriteOptions())
    let stored = try base.stored(key)
    let other = try ObjectKey("other")
    for metadata in [nil, ObjectMetadata(user: ["new": "1"])] {
      let copied = try await store.copy(key, to: other, CopyOptions(metadata: metadata))
      #expect(copied.size == 50_000 && copied.hash == ContentHash(.sha256, SHA256.hash(content)))
      #expect(try base.stored(other) == stored)
      #expect(try await store.bytes(other) == content)
      let third = try ObjectKey("third")
      #expect(try await store.move(other, to: third, CopyOptions(metadata: metadata)).size == 50_000)
      #expect(try await store.bytes(third) == content)
      #expect(try await store.stat(third).userMetadata == metadata?.user ?? [:])
    }
    let updated = try await store.updateMetadata(ObjectMetadata(user: ["x": "y"]), of: key, ifMatches: nil)
    #expect(updated.size == 50_000)
    #expect(try base.stored(key) == stored)
    #expect(try await store.bytes(key) == content)
    #expect(try await store.stat(key).userMetadata == ["x": "y"])
  }

  @Test func `a store without user metadata is refused with the reason`() async throws {
    let store = CompressedStore(MemoryStore(MemoryStoreOptions(capabilities: MemoryStoreOptions.likeFolder)))
    for action in [
      { _ = try await store.capabilities() }, { _ = try await store.write(.bytes([1]), to: key, WriteOptions()) },
    ] as [() async throws -> Void] {
      do {
        try await action()
        Issue.record("nothing was thrown")
      } catch let error as StorageError {
        #expect(error.code == .unsupported && error.message.contains("metadata"), "\(error)")
      }
    }
  }

  private static let hasProgram =
    (try? Subprocess.run(.program("zstd", arguments: ["--version"]), timeout: .seconds(10)))?.status == 0

  private static func decompress(_ stored: [UInt8]) throws -> [UInt8] {
    let path = "/tmp/isobar-compressed-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).zst"
    let file = try #require(fopen(path, "w"))
    _ = stored.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
    fclose(file)
    defer { unlink(path) }
    let result = try Subprocess.run(
      .program("zstd", arguments: ["-d", "-c", "-q", path]), timeout: .seconds(30), outputLimit: 16 << 20)
    #expect(result.status == 0, "\(String(decoding: result.errorText, as: UTF8.self))")
    return result.output
  }
}
