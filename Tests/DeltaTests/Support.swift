import Chunking
import Crypto
import Delta
import Primitives

func randomBytes(_ count: Int, seed: UInt64) -> [UInt8] {
  var random = SeededRandom(seed: seed)
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + 8)
  while bytes.count < count { withUnsafeBytes(of: random.next().littleEndian) { bytes.append(contentsOf: $0) } }
  return Array(bytes.prefix(count))
}

let smallSizes = ChunkSizes(minimum: 256, average: 1024, maximum: 4096)!

func map(_ bytes: [UInt8]) -> ChunkMap {
  let builder = ChunkMapBuilder(smallSizes)
  builder.update(bytes)
  return builder.finish()
}

/// A map of a made-up file: one letter a chunk, whose hash and length follow from the letter.
func map(_ letters: String) -> ChunkMap {
  var offset: Int64 = 0
  let chunks = letters.utf8.map { letter in
    let length = 256 + Int(letter)
    defer { offset += Int64(length) }
    return HashedChunk(Chunk(offset: offset, length: length), ChunkHash(SHA256.hash([letter]))!)
  }
  return ChunkMap(sizes: smallSizes, chunks: chunks)!
}

/// The new file as a plan's pieces make it.
func assemble(_ pieces: [DeltaPlan.Piece], old: [UInt8], new: [UInt8]) -> [UInt8] {
  pieces.flatMap { piece in
    switch piece.origin {
    case .sent: new[Int(piece.offset)..<Int(piece.offset + piece.length)]
    case .copied(let source): old[Int(source)..<Int(source + piece.length)]
    }
  }
}

/// An edit or a few, at random places.
func edited(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
  var bytes = bytes
  for _ in 0..<Int.random(in: 1...4, using: &random) {
    let place = Int.random(in: 0...bytes.count, using: &random)
    let end = min(place + Int.random(in: 0...3000, using: &random), bytes.count)
    switch Int.random(in: 0..<4, using: &random) {
    case 0: bytes.insert(contentsOf: randomBytes(Int.random(in: 1...3000, using: &random), seed: random.next()), at: place)
    case 1: bytes.removeSubrange(place..<end)
    case 2: bytes.replaceSubrange(place..<end, with: randomBytes(end - place, seed: random.next()))
    default:
      let moved = Array(bytes[place..<end])
      bytes.removeSubrange(place..<end)
      bytes.insert(contentsOf: moved, at: Int.random(in: 0...bytes.count, using: &random))
    }
  }
  return bytes
}
