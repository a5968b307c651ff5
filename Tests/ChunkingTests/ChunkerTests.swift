import Chunking
import Primitives
import Testing

@Suite struct ChunkerTests {
  @Test func `chunks lie one behind the other, cover the stream, and keep to their sizes`() {
    for seed in 0..<40 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let minimum = Int.random(in: 64...600, using: &random)
      let average = max(256, minimum + Int.random(in: 0...2000, using: &random))
      let sizes = sizes(minimum, average, average + Int.random(in: 0...5000, using: &random))
      let length = Int.random(in: 0...60_000, using: &random)
      let bytes = seed % 2 == 0 ? randomBytes(length, seed: seed) : dullBytes(length, seed: seed)
      let found = chunks(bytes, sizes)
      var end: Int64 = 0
      for (index, chunk) in found.enumerated() {
        #expect(chunk.offset == end, "seed \(seed)")
        #expect(chunk.length <= sizes.maximum && chunk.length > 0, "seed \(seed)")
        if index < found.count - 1 { #expect(chunk.length >= sizes.minimum, "seed \(seed)") }
        end += Int64(chunk.length)
      }
      #expect(end == Int64(length), "seed \(seed)")
    }
  }

  @Test func `borders do not depend on how the bytes come`() {
    for seed in 100..<112 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let sizes = sizes(Int.random(in: 64...300, using: &random), 400, Int.random(in: 400...3000, using: &random))
      let bytes = seed % 2 == 0 ? randomBytes(20_000, seed: seed) : dullBytes(20_000, seed: seed)
      let whole = chunks(bytes, sizes)
      let pieces = (0..<50).map { _ in Int.random(in: 1...900, using: &random) }
      #expect(chunks(bytes, sizes, pieces: pieces) == whole, "seed \(seed)")
      #expect(chunks(bytes, sizes, pieces: [1]) == whole, "seed \(seed)")
      #expect(chunks(bytes, sizes, pieces: [63, 64, 65]) == whole, "seed \(seed)")
    }
  }

  @Test func `two bytes a step find what one byte at a time finds`() {
    // The same rule, written the slow way: the numbers of the gear once more, and at each place the sum over the bytes before it.
    var random = SeededRandom(seed: 0x6973_6F62_6172_3031)
    let gear = (0..<256).map { _ in random.next() }
    func isBorder(_ bytes: [UInt8], _ end: Int, _ ones: Int) -> Bool {
      var sum: UInt64 = 0
      for (age, byte) in bytes[max(0, end - 64)..<end].reversed().enumerated() { sum &+= gear[Int(byte)] << UInt64(age) }
      return (sum << 1) >> UInt64(64 - ones) == 0
    }
    for (minimum, average, maximum) in [(64, 256, 1024), (100, 300, 2000), (65, 257, 777), (256, 256, 256), (512, 1024, 1024)] {
      let ones = 63 - average.leadingZeroBitCount
      for seed in 1..<9 as Range<UInt64> {
        let bytes = seed % 2 == 0 ? dullBytes(12_000, seed: seed) : randomBytes(12_000, seed: seed)
        var expected: [Chunk] = []
        var start = 0
        for end in 1...bytes.count {
          let length = end - start
          // Four times as strict before the average, four times less behind it.
          let cut = length >= minimum && isBorder(bytes, end, length <= average ? ones + 2 : ones - 2)
          guard cut || length == maximum || end == bytes.count else { continue }
          expected.append(Chunk(offset: Int64(start), length: length))
          start = end
        }
        #expect(chunks(bytes, sizes(minimum, average, maximum)) == expected, "seed \(seed), sizes \(minimum) \(average) \(maximum)")
      }
    }
  }

  @Test func `every length around the limits is cut within them`() {
    let sizes = sizes(64, 256, 512)
    for seed in 0..<3 as Range<UInt64> {
      let bytes = randomBytes(1100, seed: seed)
      for length in 0...1100 {
        let found = chunks(Array(bytes.prefix(length)), sizes)
        #expect(found.reduce(0) { $0 + $1.length } == length, "seed \(seed), length \(length)")
        #expect(found.allSatisfy { $0.length <= 512 } && found.dropLast().allSatisfy { $0.length >= 64 }, "seed \(seed)")
        // What is behind decides nothing: a shorter stream has the same borders but for its last.
        #expect(
          found.dropLast().elementsEqual(chunks(bytes, sizes).prefix(max(found.count - 1, 0))), "seed \(seed), length \(length)")
      }
    }
  }

  @Test func `one byte repeated is cut at the largest length`() {
    for byte in [UInt8(0), 32, 255] {
      let found = chunks(Array(repeating: byte, count: 10_000), sizes(256, 1024, 4096))
      #expect(found.map(\.length) == [4096, 4096, 1808], "byte \(byte)")
    }
  }

  @Test func `most chunks are about as long as the average`() {
    let found = chunks(randomBytes(3 << 20, seed: 7), sizes(1024, 4096, 16_384))
    let mean = (3 << 20) / found.count
    #expect((3500...5500).contains(mean), "the mean is \(mean)")
    #expect(found.count { (2048...8192).contains($0.length) } * 10 > found.count * 7)
    #expect(found.count { $0.length == 16_384 } * 50 < found.count)
  }

  @Test func `a finished chunker begins another stream`() {
    var chunker = Chunker(sizes(64, 256, 1024))
    let bytes = randomBytes(5000, seed: 3)
    for _ in 0..<2 {
      var found: [Chunk] = []
      bytes.withUnsafeBytes { chunker.update($0) { found.append($0) } }
      #expect(chunker.position == 5000)
      if let last = chunker.finish() { found.append(last) }
      #expect(found == chunks(bytes, chunker.sizes))
      #expect(chunker.finish() == nil)
    }
  }

  @Test func `impossible sizes are refused`() {
    #expect(ChunkSizes(minimum: 63, average: 256, maximum: 1024) == nil)
    #expect(ChunkSizes(minimum: 64, average: 255, maximum: 1024) == nil)
    #expect(ChunkSizes(minimum: 512, average: 256, maximum: 1024) == nil)
    #expect(ChunkSizes(minimum: 64, average: 2048, maximum: 1024) == nil)
    #expect(ChunkSizes(minimum: 64, average: 256, maximum: 64 << 20 + 1) == nil)
    for length in [0, 1 << 20, 4 << 30, 64 << 30, Int64.max] {
      let sizes = ChunkSizes.suited(to: length)
      #expect(ChunkSizes(minimum: sizes.minimum, average: sizes.average, maximum: sizes.maximum) == sizes)
    }
  }
}
