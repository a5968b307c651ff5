import Chunking
import Delta
import Primitives
import Testing

@Suite struct ChunkMapTests {
  @Test func `a map comes back from its record`() throws {
    for length in [0, 1, 255, 256, 5000, 200_000] {
      let map = map(randomBytes(length, seed: UInt64(length)))
      #expect(map.length == Int64(length))
      #expect(try ChunkMap(encoded: map.encoded) == map)
    }
  }

  @Test func `a record is about 35 bytes a chunk`() {
    let map = map(randomBytes(300_000, seed: 5))
    #expect(map.encoded.count < map.chunks.count * 35 + 32)
  }

  @Test func `a builder begins a new file after finish and after restart`() {
    let builder = ChunkMapBuilder(smallSizes)
    builder.update(randomBytes(9000, seed: 1))
    builder.restart()
    let bytes = randomBytes(9000, seed: 2)
    builder.update(bytes)
    #expect(builder.finish() == map(bytes))
    builder.update(bytes)
    #expect(builder.finish() == map(bytes))
  }

  @Test func `chunks that leave a hole, overlap or break the sizes are no map`() {
    let good = map(randomBytes(20_000, seed: 9)).chunks
    #expect(ChunkMap(sizes: smallSizes, chunks: good) != nil)
    #expect(ChunkMap(sizes: smallSizes, chunks: Array(good.dropFirst())) == nil)
    #expect(ChunkMap(sizes: smallSizes, chunks: [good[0], good[2]]) == nil)
    #expect(ChunkMap(sizes: smallSizes, chunks: [good[0], good[0]]) == nil)
    var broken = good
    broken[0].chunk.length = 0
    #expect(ChunkMap(sizes: smallSizes, chunks: broken) == nil)
    broken = [HashedChunk(Chunk(offset: 0, length: 4097), good[0].hash)]
    #expect(ChunkMap(sizes: smallSizes, chunks: broken) == nil)
    broken = [HashedChunk(Chunk(offset: 0, length: 255), good[0].hash), HashedChunk(Chunk(offset: 255, length: 300), good[0].hash)]
    #expect(ChunkMap(sizes: smallSizes, chunks: broken) == nil)
  }

  @Test func `a damaged record is refused, whatever is damaged`() {
    let record = map(randomBytes(20_000, seed: 3)).encoded
    for index in record.indices {
      var damaged = record
      damaged[index] ^= 1 << UInt8(index % 8)
      #expect(throws: ChunkMapError.self) { try ChunkMap(encoded: damaged) }
    }
    for length in 0..<record.count {
      #expect(throws: ChunkMapError.self) { try ChunkMap(encoded: Array(record.prefix(length))) }
    }
    #expect(throws: ChunkMapError.self) { try ChunkMap(encoded: record + [0]) }
  }

  @Test func `a hostile record with a right sum is refused, or is a map that writes the same`() {
    let record = map(randomBytes(12_000, seed: 4)).encoded
    var refused = 0
    for seed in 0..<3000 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      var hostile = Array(record.dropLast(4))
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let index = Int.random(in: 3..<min(hostile.count, 40), using: &random)
        hostile[index] = UInt8.random(in: 0...255, using: &random)
      }
      hostile = sealed(hostile)
      do {
        let map = try ChunkMap(encoded: hostile)
        #expect(map.encoded == hostile, "seed \(seed)")
      } catch { refused += 1 }
    }
    #expect(refused > 1500)
  }

  @Test func `a record of a later version says so`() {
    var record = Array(map(randomBytes(1000, seed: 4)).encoded.dropLast(4))
    record[3] = 2
    let error = #expect(throws: ChunkMapError.self) { try ChunkMap(encoded: sealed(record)) }
    #expect(error?.code == .unknownVersion)
  }

  @Test func `counts and lengths beyond all measure are refused without taking memory`() {
    let head = Array("ICM".utf8) + [1, 0x80, 0x02, 0x80, 0x08, 0x80, 0x20]
    let huge = [UInt8](repeating: 0xFF, count: 9) + [1]
    for tail in [huge, [1] + huge, [0x80, 0], [0x7F], huge + huge] {
      #expect(throws: ChunkMapError.self) { try ChunkMap(encoded: sealed(head + tail)) }
    }
  }
}
