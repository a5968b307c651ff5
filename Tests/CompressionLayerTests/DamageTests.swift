import Compression
import CompressionLayer
import Crypto
import MemoryStorage
import ObjectStorage
import Primitives
import Testing

/// Whatever happens to stored bytes: a whole read gives the content, or an error that names the object.
@Suite struct DamageTests {
  private static let contents = [text(400, seed: 1), text(5000, seed: 2), text(150_000, seed: 3) + randomBytes(70_000, seed: 3)]

  private static func damaged(_ bytes: [UInt8], _ other: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = bytes
    let place = Int.random(in: 0..<bytes.count, using: &random)
    let end = min(bytes.count, place + Int.random(in: 1...200, using: &random))
    switch Int.random(in: 0..<8, using: &random) {
    case 0: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
    case 1: bytes.removeLast(bytes.count - place)
    case 2: bytes += randomBytes(Int.random(in: 1...50, using: &random), seed: random.next())
    case 3: bytes.removeSubrange(place..<end)
    case 4: bytes.replaceSubrange(place..<end, with: randomBytes(end - place, seed: random.next()))
    case 5: bytes.swapAt(place, Int.random(in: 0..<bytes.count, using: &random))
    case 6: bytes = other
    default: bytes += bytes
    }
    return bytes
  }

  @Test func `ten thousand random damages never give wrong bytes`() async throws {
    let seed = UInt64.random(in: 0..<1_000_000)
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    let base = memory()
    let store = CompressedStore(base, options: small)
    var good: [[UInt8]] = []
    var marks: [[String: String]] = []
    for content in Self.contents {
      _ = try await store.write(.bytes(content), to: key, WriteOptions())
      good.append(try base.stored(key))
      marks.append(try await base.stat(key).userMetadata)
    }
    var (errors, unharmed) = (0, 0)
    for round in 0..<10_000 {
      // The long one seldom, since tests run unoptimised.
      let index = round % 50 == 0 ? 2 : round % 2
      let bytes = Self.damaged(good[index], good[(index + 1) % 2], &random)
      _ = try await base.write(.bytes(bytes), to: key, WriteOptions(metadata: ObjectMetadata(user: marks[index])))
      do {
        let read =
          round % 3 == 0 ? try await store.payloadBytes(key) : try await store.bytes(key)
        #expect(read == Self.contents[index], "seed \(seed), round \(round)")
        unharmed += 1
      } catch let error as StorageError {
        #expect(error.code == .corrupted && error.key == key, "seed \(seed), round \(round): \(error)")
        errors += 1
      }
    }
    // Damage to the table of frames, or none at all, harms no whole read.
    #expect(errors > 9000 && errors + unharmed == 10_000, "\(errors) errors, \(unharmed) unharmed")
  }

  @Test func `ranges of damaged objects give errors or right bytes where frames were changed`() async throws {
    let base = memory()
    let store = CompressedStore(base, options: small)
    let content = Self.contents[2]
    _ = try await store.write(.bytes(content), to: key, WriteOptions())
    let good = try base.stored(key)
    let user = try await base.stat(key).userMetadata
    for seed in 0..<300 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      var bytes = good
      bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
      _ = try await base.write(.bytes(bytes), to: key, WriteOptions(metadata: ObjectMetadata(user: user)))
      let start = Int.random(in: 0..<content.count - 1, using: &random)
      do {
        let read = try await store.bytes(key, ByteRange(start: Int64(start), end: Int64(start + 1000)))
        #expect(read == Array(content[start..<min(start + 1000, content.count)]), "seed \(seed)")
      } catch let error as StorageError { #expect(error.code == .corrupted && error.key == key, "seed \(seed): \(error)") }
    }
  }

  @Test func `marks that make no sense are errors, never wrong bytes`() async throws {
    let base = memory()
    let store = CompressedStore(base)
    let content = text(5000, seed: 1)
    _ = try await store.write(.bytes(content), to: key, WriteOptions())
    let stored = try base.stored(key)
    let mark = try await base.stat(key).userMetadata
    for (name, value, code) in [
      ("isobar-compression", "lzma", StorageError.Code.unsupported), ("isobar-size", "-1", .corrupted),
      ("isobar-size", "0", .corrupted),
      ("isobar-size", "4999", .corrupted), ("isobar-size", "5001", .corrupted), ("isobar-size", "99999999999999999999", .corrupted),
      ("isobar-size", "+5000", .corrupted), ("isobar-size", "9223372036854775807", .corrupted),
      ("isobar-sha256", "00", .corrupted), ("isobar-sha256", String(repeating: "0", count: 64), .corrupted),
    ] {
      var wrong = mark
      wrong[name] = value
      _ = try await base.write(.bytes(stored), to: key, WriteOptions(metadata: ObjectMetadata(user: wrong)))
      await expectError(code, "\(name): \(value)") { _ = try await store.bytes(key) }
    }
    for name in ["isobar-size", "isobar-sha256"] {
      var wrong = mark
      wrong[name] = nil
      _ = try await base.write(.bytes(stored), to: key, WriteOptions(metadata: ObjectMetadata(user: wrong)))
      await expectError(.corrupted) { _ = try await store.bytes(key) }
    }
  }

  @Test func `a few bytes that stand for gigabytes are stopped at the length that was written`() async throws {
    let base = memory()
    let store = CompressedStore(base)
    let bomb = try Compressor().frame(of: Array(repeating: 0, count: 40_000_000))
    let user = ["isobar-compression": "zstd", "isobar-size": "1000", "isobar-sha256": String(repeating: "0", count: 64)]
    _ = try await base.write(.bytes(bomb), to: key, WriteOptions(metadata: ObjectMetadata(user: user)))
    let sink = MemorySink(limit: 1 << 30)
    await expectError(.corrupted) { _ = try await store.read(key, ReadOptions(), into: sink) }
    #expect(sink.bytes.count <= 1000)
  }
}
