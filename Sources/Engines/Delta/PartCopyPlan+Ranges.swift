/// Which of the ranges that lie in the old file are copied, and how much of each.
///
/// What lies between two copied ranges is sent, in parts of which none (but the file's last) may be shorter than the least. So each such
/// gap takes from its neighbours what it lacks, and a range that would then be too short to be copied is sent whole. Fewest bytes
/// are sent by dynamic programming over the last range copied. Two facts keep it small:
///
/// - What a gap lacks is taken from the range on its left as far as that can give: its left end is settled, and it has no other use for
///   what it has to spare.
/// - Of three ranges in a row that could be copied, the middle one lacks nothing when the other two are sent: so never more than two
///   in a row are left out.
extension PartCopyPlan {
  /// A way to have copied ranges up to one of them.
  private struct Choice {
    /// Bytes sent before the range, from the beginning of the file.
    var sent: Int64
    /// How many bytes the range can still give away at its right end.
    var spare: Int64
    /// Where the range begins to be copied, after what it gave away at its left end.
    var start: Int64
    /// The choice before, by range and place; nil for the first.
    var before: (range: Int, choice: Int)?
    /// Where the range before ends to be copied, after what it gives away to the gap between.
    var endBefore: Int64
  }

  private struct Candidate {
    let start: Int64
    let end: Int64
    let source: Int64
  }

  /// The new file as ranges that alternate between sent and copied as the limits allow; copied ones have `leastCopy` bytes or more.
  static func ranges(_ delta: DeltaPlan, limits: PartLimits, leastCopy: Int64) -> [Part] {
    let candidates = delta.pieces.compactMap { piece -> Candidate? in
      guard case .copied(let source) = piece.origin, piece.length >= leastCopy else { return nil }
      return Candidate(start: piece.offset, end: piece.offset + piece.length, source: source)
    }
    let choices = weigh(candidates, limits: limits, leastCopy: leastCopy)
    guard let last = cheapest(candidates, choices, length: delta.length) else {
      return delta.length == 0 ? [] : [Part(offset: 0, length: delta.length, origin: .sent)]
    }
    return trace(candidates, choices, from: last, length: delta.length)
  }

  private static func weigh(_ candidates: [Candidate], limits: PartLimits, leastCopy: Int64) -> [[Choice]] {
    var choices: [[Choice]] = []
    for (index, candidate) in candidates.enumerated() {
      let spare = candidate.end - candidate.start - leastCopy
      var found: [Choice] = []
      // Nothing copied before: the gap reaches to the beginning of the file.
      if index <= 2 {
        let lacking = candidate.start == 0 ? 0 : max(0, limits.minimum - candidate.start)
        if lacking <= spare {
          let start = candidate.start + lacking
          found.append(Choice(sent: start, spare: spare - lacking, start: start, before: nil, endBefore: 0))
        }
      }
      for previous in max(0, index - 3)..<index {
        let gap = candidate.start - candidates[previous].end
        let lacking = gap == 0 ? 0 : max(0, limits.minimum - gap)
        for (place, choice) in choices[previous].enumerated() {
          let given = min(lacking, choice.spare)
          let taken = lacking - given
          if taken > spare { continue }
          found.append(
            Choice(
              sent: choice.sent + gap + lacking, spare: spare - taken, start: candidate.start + taken,
              before: (previous, place), endBefore: candidates[previous].end - given))
        }
      }
      choices.append(best(found))
    }
    return choices
  }

  /// Leaves out choices that send more and have less to spare than another.
  private static func best(_ choices: [Choice]) -> [Choice] {
    var kept: [Choice] = []
    for choice in choices.sorted(by: { ($0.sent, -$0.spare) < ($1.sent, -$1.spare) }) where choice.spare > kept.last?.spare ?? -1 {
      kept.append(choice)
    }
    return kept
  }

  /// The best choice for the last range copied; nil if sending everything is as good.
  private static func cheapest(
    _ candidates: [Candidate], _ choices: [[Choice]], length: Int64
  ) -> (range: Int, choice: Int)? {
    var best: (range: Int, choice: Int)?
    var least = length
    for range in candidates.indices {
      for (place, choice) in choices[range].enumerated() {
        // What comes last may be as short as it is.
        let sent = choice.sent + length - candidates[range].end
        if sent < least { (best, least) = ((range, place), sent) }
      }
    }
    return best
  }

  private static func trace(
    _ candidates: [Candidate], _ choices: [[Choice]], from last: (range: Int, choice: Int), length: Int64
  ) -> [Part] {
    var parts: [Part] = []
    var end = candidates[last.range].end
    if end < length { parts.append(Part(offset: end, length: length - end, origin: .sent)) }
    var here: (range: Int, choice: Int)? = last
    while let (range, place) = here {
      let choice = choices[range][place]
      let source = candidates[range].source + choice.start - candidates[range].start
      parts.append(Part(offset: choice.start, length: end - choice.start, origin: .copied(from: source)))
      let gapStart = choice.before == nil ? 0 : choice.endBefore
      if gapStart < choice.start { parts.append(Part(offset: gapStart, length: choice.start - gapStart, origin: .sent)) }
      end = gapStart
      here = choice.before
    }
    return parts.reversed()
  }
}
