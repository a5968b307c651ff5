import Chunking
import Primitives

func sizes(_ minimum: Int, _ average: Int, _ maximum: Int) -> ChunkSizes {
  ChunkSizes(minimum: minimum, average: average, maximum: maximum)!
}

func randomBytes(_ count: Int, seed: UInt64) -> [UInt8] {
  var random = SeededRandom(seed: seed)
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + 8)
  while bytes.count < count { withUnsafeBytes(of: random.next().littleEndian) { bytes.append(contentsOf: $0) } }
  return Array(bytes.prefix(count))
}

/// Few different bytes, in long repetitions: what random bytes never show.
func dullBytes(_ count: Int, seed: UInt64) -> [UInt8] {
  var random = SeededRandom(seed: seed)
  var bytes: [UInt8] = []
  while bytes.count < count {
    let word = (0..<Int.random(in: 1...12, using: &random)).map { _ in UInt8.random(in: 97...104, using: &random) }
    for _ in 0..<Int.random(in: 1...30, using: &random) { bytes += word }
  }
  return Array(bytes.prefix(count))
}

/// The chunks of bytes that come in one piece.
func chunks(_ bytes: [UInt8], _ sizes: ChunkSizes) -> [Chunk] { chunks(bytes, sizes, pieces: [bytes.count]) }

/// The chunks of bytes that come in pieces of these lengths, over and over.
func chunks(_ bytes: [UInt8], _ sizes: ChunkSizes, pieces: [Int]) -> [Chunk] {
  var chunker = Chunker(sizes)
  var found: [Chunk] = []
  var (start, turn) = (0, 0)
  bytes.withUnsafeBytes { all in
    while start < all.count {
      let end = min(start + pieces[turn % pieces.count], all.count)
      chunker.update(UnsafeRawBufferPointer(rebasing: all[start..<end])) { found.append($0) }
      (start, turn) = (end, turn + 1)
    }
  }
  if let last = chunker.finish() { found.append(last) }
  return found
}
