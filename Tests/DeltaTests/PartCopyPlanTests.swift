import Primitives
import Testing

@testable import Delta

@Suite struct PartCopyPlanTests {
  private typealias Piece = DeltaPlan.Piece

  /// A made-up plan: positive lengths are copied, each from another place; negative ones are sent.
  private func delta(_ lengths: [Int64]) -> DeltaPlan {
    var offset: Int64 = 0
    return DeltaPlan(
      lengths.enumerated().map { index, length in
        defer { offset += abs(length) }
        // Two neighbours never lie one behind the other in the old file.
        let source = offset + Int64(index % 2) * (1 << 50)
        return Piece(offset: offset, length: abs(length), origin: length < 0 ? .sent : .copied(from: source))
      })
  }

  /// What every plan of parts keeps.
  private func check(_ plan: PartCopyPlan, _ delta: DeltaPlan, _ limits: PartLimits, _ note: String) {
    var end: Int64 = 0
    var place = 0
    #expect(plan.parts.count <= limits.count, "\(note)")
    for (index, part) in plan.parts.enumerated() {
      #expect(part.offset == end, "\(note)")
      end += part.length
      #expect(part.length <= limits.maximum && part.length > 0, "\(note)")
      if index < plan.parts.count - 1 || part.origin != .sent { #expect(part.length >= limits.minimum, "\(note)") }
      guard case .copied(let source) = part.origin else { continue }
      // Copied from inside one range that both have.
      while delta.pieces[place].offset + delta.pieces[place].length <= part.offset { place += 1 }
      let piece = delta.pieces[place]
      guard case .copied(let from) = piece.origin else {
        Issue.record("\(note): what only the new file has is copied")
        continue
      }
      #expect(part.offset + part.length <= piece.offset + piece.length, "\(note)")
      #expect(source - from == part.offset - piece.offset, "\(note)")
    }
    #expect(end == delta.length, "\(note)")
    #expect(plan.bytesSent + plan.bytesCopied == delta.length, "\(note)")
    #expect(plan.bytesSent >= delta.bytesToSend, "\(note)")
  }

  /// The fewest bytes that parts within the limits can send, found by trying every part at every place.
  private func least(_ delta: DeltaPlan, _ limits: PartLimits) -> Int64 {
    let length = Int(delta.length)
    var fewest = [Int64?](repeating: nil, count: length + 1)
    fewest[0] = 0
    for start in 0..<max(length, 0) {
      guard let before = fewest[start] else { continue }
      for end in start + 1...min(length, start + Int(limits.maximum)) {
        let size = Int64(end - start)
        var costs: [Int64] = []
        if size >= limits.minimum || end == length { costs.append(size) }
        let isInside = delta.pieces.contains {
          $0.origin != .sent && $0.offset <= Int64(start) && Int64(end) <= $0.offset + $0.length
        }
        if size >= limits.minimum, isInside { costs.append(0) }
        for cost in costs { fewest[end] = min(fewest[end] ?? .max, before + cost) }
      }
    }
    return fewest[length] ?? .max
  }

  @Test func `no way sends fewer bytes: every small file`() throws {
    let limits = try #require(PartLimits(minimum: 2, maximum: 5, count: 1000))
    var plans = 0
    // Each file of up to six pieces of up to five bytes, and what the pieces are.
    func extend(_ lengths: [Int64], _ total: Int64) {
      if !lengths.isEmpty {
        let delta = delta(lengths)
        guard let plan = PartCopyPlan(delta, limits: limits, wishes: PartWishes(sent: 3, copied: 4)) else {
          Issue.record("no plan for \(lengths)")
          return
        }
        check(plan, delta, limits, "\(lengths)")
        #expect(plan.bytesSent == least(delta, limits), "\(lengths)")
        plans += 1
      }
      guard lengths.count < 6 else { return }
      for length in [1, 2, 3, 4] as [Int64] where total + length <= 11 {
        extend(lengths + [length], total + length)
        // Two that are sent would be one.
        if lengths.last ?? 1 > 0 { extend(lengths + [-length], total + length) }
      }
    }
    extend([], 0)
    #expect(plans > 5000)
  }

  @Test(arguments: 0..<300 as Range<UInt64>)
  func `no way sends fewer bytes: random files`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let minimum = Int64.random(in: 1...8, using: &random)
    let limits = try #require(
      PartLimits(minimum: minimum, maximum: minimum * 2 + Int64.random(in: 0...20, using: &random), count: 1000))
    let lengths = (0..<Int.random(in: 0...14, using: &random)).map { _ in
      Int64.random(in: 1...(minimum * 3 + 2), using: &random) * (Bool.random(using: &random) ? 1 : -1)
    }
    let delta = delta(lengths)
    let wishes = PartWishes(sent: .random(in: 1...30, using: &random), copied: .random(in: 1...30, using: &random))
    let plan = try #require(PartCopyPlan(delta, limits: limits, wishes: wishes))
    check(plan, delta, limits, "seed \(seed)")
    #expect(plan.bytesSent == least(delta, limits), "seed \(seed)")
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `with few parts allowed they still tile the file within the limits`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let minimum = Int64.random(in: 1...8, using: &random)
    let lengths = (0..<Int.random(in: 1...40, using: &random)).map { _ in
      Int64.random(in: 1...(minimum * 6), using: &random) * (Bool.random(using: &random) ? 1 : -1)
    }
    let delta = delta(lengths)
    let maximum = minimum * 2 + Int64.random(in: 0...100, using: &random)
    let possible = Int((delta.length - 1) / maximum + 1)
    let count = possible + Int.random(in: 0...5, using: &random)
    let limits = try #require(PartLimits(minimum: minimum, maximum: maximum, count: count))
    let plan = try #require(PartCopyPlan(delta, limits: limits, wishes: PartWishes(sent: 3, copied: 3)), "seed \(seed)")
    check(plan, delta, limits, "seed \(seed)")
    if possible > 1 {
      let fewer = try #require(PartLimits(minimum: minimum, maximum: maximum, count: possible - 1))
      #expect(PartCopyPlan(delta, limits: fewer) == nil, "seed \(seed)")
    }
  }

  @Test func `a byte in front and a mebibyte in the middle of a gibibyte cost little`() throws {
    let mebibyte: Int64 = 1 << 20
    // As the chunks lie: the first is spoilt, and some around the change.
    let delta = delta([-(mebibyte / 3), 511 * mebibyte, -(2 * mebibyte), 511 * mebibyte - mebibyte / 3])
    let plan = try #require(PartCopyPlan(delta))
    check(plan, delta, .s3, "a gibibyte")
    #expect(plan.bytesSent == 10 * mebibyte)
    #expect(plan.parts.count <= 6)
  }

  @Test func `limits of S3 are kept for files of any length`() throws {
    let gibibyte: Int64 = 1 << 30
    for lengths: [Int64] in [
      [5 * 1024 * gibibyte], [-(5 * 1024 * gibibyte)], [-1, 5 * 1024 * gibibyte - 2, -1], [-1], [1], [5 << 20], [(5 << 20) - 1],
      [5 * gibibyte + 1], [-(5 * gibibyte + 1)],
    ] {
      let delta = delta(lengths)
      check(try #require(PartCopyPlan(delta)), delta, .s3, "\(lengths)")
    }
    // More changes than parts: the shortest ranges are sent.
    let many = delta((0..<12_000).flatMap { index -> [Int64] in [(6 << 20) + Int64(index), -5 << 20] })
    let plan = try #require(PartCopyPlan(many))
    check(plan, many, .s3, "many changes")
    #expect(PartCopyPlan(delta([-(60 * 1024 * gibibyte)])) == nil)
    #expect(PartCopyPlan(delta([]))?.parts == [])
  }
}
