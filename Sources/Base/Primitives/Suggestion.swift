/// Finds what somebody probably meant to type.
public enum Suggestion {
  /// The candidate nearest to `text`, or nil if none is near enough (a third of its length in typing errors, two at most for
  /// short words; letters of either case count as equal). Of equally near ones, the first.
  public static func closest(to text: String, in candidates: some Sequence<String>) -> String? {
    let typed = Array(text.lowercased().utf8)
    // A hostile length must not cost its square.
    guard !typed.isEmpty, typed.count <= 200 else { return nil }
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
      let letters = Array(candidate.lowercased().utf8)
      let limit = max(1, min(typed.count, letters.count) / 3)
      guard abs(letters.count - typed.count) <= limit else { continue }
      let found = distance(typed, letters)
      if found <= limit, found < best?.distance ?? Int.max { best = (candidate, found) }
    }
    return best?.candidate
  }

  /// Insertions, deletions, substitutions and swaps of neighbours needed to make one of the other.
  private static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
    var beforeLast = [Int](repeating: 0, count: second.count + 1)
    var last = Array(0...second.count)
    for row in 1...first.count {
      var current = [row] + [Int](repeating: 0, count: second.count)
      for column in 0..<second.count {
        let same = first[row - 1] == second[column]
        var cost = min(last[column] + (same ? 0 : 1), last[column + 1] + 1, current[column] + 1)
        if row > 1, column > 0, first[row - 1] == second[column - 1], first[row - 2] == second[column] {
          cost = min(cost, beforeLast[column - 1] + 1)
        }
        current[column + 1] = cost
      }
      (beforeLast, last) = (last, current)
    }
    return last[second.count]
  }
}
