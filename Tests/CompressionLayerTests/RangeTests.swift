import CompressionLayer
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import Testing

@testable import CompressionLayer

@Suite struct RangeTests {
  @Test(arguments: 0..<3 as Range<UInt64>)
  func `any range gives its bytes, by reads and by payloads`(seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    let store = CompressedStore(Way.allCases[Int(seed)].store, options: small)
    let content = text(300_000, seed: seed) + randomBytes(100_000, seed: seed)
    _ = try await store.write(.bytes(content), to: key, WriteOptions())
    for _ in 0..<40 {
      let start = Int.random(in: 0..<content.count, using: &random)
      let end = min(content.count, start + Int.random(in: 1...150_000, using: &random))
      let expected = Array(content[start..<end])
      #expect(try await store.bytes(key, ByteRange(start: Int64(start), end: Int64(end))) == expected, "seed \(seed)")
      #expect(try await store.payloadBytes(key, Int64(start)..<Int64(end)) == expected, "seed \(seed)")
    }
    #expect(try await store.payloadBytes(key, 5..<5) == [])
    await expectError(.invalidArgument) { _ = try await store.bytes(key, ByteRange(start: 400_000)) }
  }

  @Test func `a range reads its frames and no others`() async throws {
    let counted = CountedStore(memory())
    let store = CompressedStore(counted, options: small)
    let content = randomBytes(300_000, seed: 1) + text(1_700_000, seed: 1)
    _ = try await store.write(.bytes(content), to: key, WriteOptions())
    let stored = try counted.inside.stored(key).count
    counted.reset()
    #expect(try await store.bytes(key, ByteRange(start: 100_000, end: 100_010)) == Array(content[100_000..<100_010]))
    // One frame, and the table with what lies before it.
    #expect(counted.read < 90_000 && stored > 500_000, "\(counted.read) of \(stored)")
    counted.reset()
    let read = try await store.payloadBytes(key, 1_900_000..<1_900_010)
    #expect(read == Array(content[1_900_000..<1_900_010]))
    #expect(counted.read < 90_000)
  }

  @Test func `who asked for the size does not ask again to read`() async throws {
    let counted = CountedStore(memory())
    let store = CompressedStore(counted)
    _ = try await store.write(.bytes(text(9000, seed: 1)), to: key, WriteOptions())
    let version = try await store.stat(key).entry.version
    counted.reset()
    _ = try await store.read(key, ReadOptions(ifMatches: version), into: MemorySink(limit: 9000))
    #expect(counted.stats == 0)
    // What was written meanwhile has another version.
    _ = try await counted.write(.bytes(text(500, seed: 2)), to: key, WriteOptions())
    await expectError(.preconditionFailed) {
      _ = try await store.read(key, ReadOptions(ifMatches: version), into: MemorySink(limit: 9000))
    }
    #expect(try await store.bytes(key) == text(500, seed: 2))
  }

  @Test func `tables come back, and none is believed whose lengths do not agree`() throws {
    for seed in 0..<200 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let frames = (0..<Int.random(in: 1...30, using: &random)).map { _ in
        SeekTable.Frame(stored: .random(in: 1...100, using: &random), content: .random(in: 1...1000, using: &random))
      }
      let table = SeekTable(frames)
      let stored = frames.reduce(0) { $0 + Int64($1.stored) } + Int64(table.encoded.count)
      let content = frames.reduce(0) { $0 + Int64($1.content) }
      let tail = randomBytes(20, seed: seed) + table.encoded
      #expect(SeekTable(tail[...], stored: stored, content: content) == table, "seed \(seed)")
      #expect(SeekTable(tail[...], stored: stored + 1, content: content) == nil)
      #expect(SeekTable(tail[...], stored: stored, content: content - 1) == nil)
      var damaged = table.encoded
      damaged[Int.random(in: 0..<damaged.count, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
      #expect(SeekTable(damaged[...], stored: stored, content: content) == nil, "seed \(seed)")
      #expect(SeekTable(table.encoded.dropFirst(), stored: stored, content: content) == nil)
      let start = Int64.random(in: 0..<content, using: &random)
      let range = start..<Int64.random(in: start + 1...content, using: &random)
      let cover = table.cover(range)
      #expect(cover.content.lowerBound <= range.lowerBound && range.upperBound <= cover.content.upperBound, "seed \(seed)")
      #expect(!cover.stored.isEmpty && cover.stored.upperBound <= stored - Int64(table.encoded.count))
    }
  }
}
