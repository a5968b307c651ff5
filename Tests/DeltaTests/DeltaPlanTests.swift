import Chunking
import Delta
import Primitives
import Testing

@Suite struct DeltaPlanTests {
  /// A plan as text: `+N` for N chunks that are sent, `A-C` for chunks copied from those places. Lengths are those of the letters.
  private func plan(_ old: String, _ new: String) -> String {
    let oldMap = map(old)
    return DeltaPlan(from: oldMap, to: map(new)).pieces.map { piece in
      guard case .copied(let source) = piece.origin else { return "+\(piece.length)" }
      let first = oldMap.chunks.firstIndex { $0.chunk.offset == source }!
      let last = oldMap.chunks.firstIndex { $0.chunk.offset + Int64($0.chunk.length) == source + piece.length }!
      return "\(first)-\(last)"
    }.joined(separator: " ")
  }

  @Test func `what both have is copied, in ranges as long as they can be`() {
    let b = 256 + 98
    let x = 256 + 120
    #expect(plan("abc", "abc") == "0-2")
    #expect(plan("abc", "xabc") == "+\(x) 0-2")
    #expect(plan("abc", "axc") == "0-0 +\(x) 2-2")
    #expect(plan("abc", "xx") == "+\(2 * x)")
    #expect(plan("", "b") == "+\(b)")
    #expect(plan("abc", "") == "")
    #expect(plan("abcdef", "defabc") == "3-5 0-2")
    #expect(plan("abc", "aabcc") == "0-0 0-2 2-2")
  }

  @Test func `a chunk in many places is taken from where the longest range begins`() {
    #expect(plan("zazbzc", "zc") == "4-5")
    #expect(plan("zazbzc", "xzbx").contains("2-3"))
    // Long past the first few places, but where it lay before: an image with an edit in the middle of zeros.
    let zeros = String(repeating: "z", count: 100)
    #expect(plan(zeros + "abc", zeros + "xbc") == "0-99 +\(256 + 120) 101-102")
    #expect(plan("a" + zeros + "b" + zeros + "c", "x" + zeros + "b" + zeros + "c") == "+\(256 + 120) 1-202")
    #expect(plan("a" + zeros, "yy" + zeros) == "+\(2 * (256 + 121)) 1-100")
  }

  @Test func `the pieces make the new file, and what is sent is little`() {
    for seed in 0..<60 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let old = randomBytes(Int.random(in: 0...60_000, using: &random), seed: seed)
      let new = edited(old, &random)
      let plan = DeltaPlan(from: map(old), to: map(new))
      #expect(assemble(plan.pieces, old: old, new: new) == new, "seed \(seed)")
      #expect(plan.length == Int64(new.count), "seed \(seed)")
      var end: Int64 = 0
      for piece in plan.pieces {
        #expect(piece.offset == end && piece.length > 0, "seed \(seed)")
        end += piece.length
      }
      // Each of up to four edits brings at most 3000 bytes, and spoils a few chunks at two places.
      #expect(plan.bytesToSend <= 4 * (3000 + 6 * 4096), "seed \(seed)")
    }
  }

  @Test func `maps of other sizes make a plan that sends`() {
    let bytes = randomBytes(50_000, seed: 8)
    let builder = ChunkMapBuilder(ChunkSizes(minimum: 2048, average: 8192, maximum: 16_384)!)
    builder.update(bytes)
    let plan = DeltaPlan(from: map(bytes), to: builder.finish())
    #expect(assemble(plan.pieces, old: bytes, new: bytes) == bytes)
  }
}
