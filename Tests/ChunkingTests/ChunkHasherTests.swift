import Chunking
import Crypto
import Primitives
import Testing

@Suite struct ChunkHasherTests {
  @Test func `each chunk has the SHA-256 of its bytes, however they come`() {
    for seed in 0..<6 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let bytes = randomBytes(300_000, seed: seed)
      let sizes = sizes(700, 3000, 90_000)
      let hasher = ChunkHasher(sizes)
      // The second round begins another stream.
      for _ in 0..<2 {
        var found: [HashedChunk] = []
        var start = 0
        bytes.withUnsafeBytes { all in
          while start < all.count {
            let end = min(start + Int.random(in: 1...200_000, using: &random), all.count)
            hasher.update(UnsafeRawBufferPointer(rebasing: all[start..<end])) { found.append($0) }
            start = end
          }
        }
        if let last = hasher.finish() { found.append(last) }
        #expect(found.map(\.chunk) == chunks(bytes, sizes), "seed \(seed)")
        for hashed in found {
          let range = Int(hashed.chunk.offset)..<Int(hashed.chunk.offset) + hashed.chunk.length
          #expect(hashed.hash.bytes == SHA256.hash(Array(bytes[range])), "seed \(seed)")
        }
      }
    }
  }

  @Test func `an empty stream has no chunk`() { #expect(ChunkHasher(sizes(64, 256, 1024)).finish() == nil) }

  @Test func `a hash has 32 bytes`() {
    #expect(ChunkHash(Array(repeating: 1, count: 31)) == nil)
    let bytes = Array(UInt8(0)..<32)
    #expect(ChunkHash(bytes)?.bytes == bytes)
  }
}
