import Chunking
import Primitives
import Testing

/// What an edit leaves as it was: the chunks' bytes, wherever they lie now.
@Suite struct EditTests {
  private let sizes = ChunkSizes(minimum: 1024, average: 4096, maximum: 16_384)!

  private func contents(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    chunks(bytes, sizes).map { bytes[Int($0.offset)..<Int($0.offset) + $0.length] }
  }

  /// The share of the new bytes that lies in chunks that the old ones have too.
  private func shared(_ old: [UInt8], _ new: [UInt8]) -> Double {
    let known = Set(contents(old))
    return Double(contents(new).filter(known.contains).reduce(0) { $0 + $1.count }) / Double(new.count)
  }

  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func `an insertion, a removal or a change touches only chunks nearby`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let old = randomBytes(400_000, seed: seed)
    let place = [0, old.count / 2, old.count, Int.random(in: 0...old.count, using: &random)][Int(seed % 4)]
    let added = randomBytes(Int.random(in: 1...3000, using: &random), seed: seed &+ 1000)
    let inserted = Array(old[..<place] + added + old[place...])
    // At the most, three chunks of the largest length are others.
    #expect(shared(old, inserted) > 1 - 3 * 16_384.0 / 400_000, "seed \(seed), insertion at \(place)")
    let removed = Array(old[..<min(place, old.count - 100)] + old[min(place + 100, old.count)...])
    #expect(shared(old, removed) > 1 - 3 * 16_384.0 / 400_000, "seed \(seed), removal at \(place)")
    var changed = old
    changed[min(place, old.count - 1)] ^= 1
    #expect(shared(old, changed) > 1 - 3 * 16_384.0 / 400_000, "seed \(seed), change at \(place)")
    #expect(shared(old, changed) < 1, "seed \(seed): the change must show")
  }

  @Test func `on the average an inserted byte costs less than two chunks`() {
    var (lost, edits) = (0.0, 0.0)
    for seed in 200..<230 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let old = randomBytes(100_000, seed: seed)
      let place = Int.random(in: 0...old.count, using: &random)
      lost += (1 - shared(old, Array(old[..<place] + [1] + old[place...]))) * 100_001
      edits += 1
    }
    #expect(lost / edits < 2 * 4700, "\(lost / edits) bytes an edit")
  }
}
