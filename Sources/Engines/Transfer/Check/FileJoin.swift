import Catalog
import ObjectStorage
import Sync

/// The files of two stores side by side, in order of their keys: one page of each listing in memory.
final class FileJoin {
  /// What both stores have at one key.
  struct Pair {
    let key: ObjectKey
    let left: ObjectEntry?
    let right: ObjectEntry?
    /// Whether nothing may be concluded from what a side does not show.
    let isUnknown: BothSides<Bool>
  }

  private let trees: BothSides<TreeReader>
  private let filter: Filter
  private var reported = BothSides(left: 0, right: 0)

  init(left: any ObjectStore, right: any ObjectStore, filter: Filter) {
    self.filter = filter
    let options = ListOptions(prune: { filter.prunes($0) })
    // Folders that only their content implies are of no interest here.
    trees = BothSides(
      left: TreeReader(listing: left.list(.all, options), impliesFolders: false),
      right: TreeReader(listing: right.list(.all, options), impliesFolders: false))
  }

  /// The next key that at least one side has a file at; nil at the end.
  func next() async throws -> Pair? {
    while true {
      let left = try await file(.left)
      let right = try await file(.right)
      guard let key = [left?.key, right?.key].compactMap({ $0 }).min() else { return nil }
      let entries = BothSides(left: left?.key == key ? left : nil, right: right?.key == key ? right : nil)
      for side in PairSide.allCases where entries[side] != nil { trees[side].advance() }
      // A file that is left out on one side is left out on both: its size or age is not to make it missing on the other.
      if [entries.left, entries.right].compactMap({ $0 }).contains(where: filter.excludesContent) { continue }
      return Pair(
        key: key, left: entries.left, right: entries.right,
        isUnknown: BothSides(left: trees.left.isUnknown(key), right: trees.right.isUnknown(key)))
    }
  }

  /// What could not be looked at and was not given before.
  func newProblems() -> [(side: PairSide, problem: ListProblem)] {
    var new: [(side: PairSide, problem: ListProblem)] = []
    for side in PairSide.allCases {
      new += trees[side].problems[reported[side]...].map { (side, $0) }
      reported[side] = trees[side].problems.count
    }
    return new
  }

  private func file(_ side: PairSide) async throws -> ObjectEntry? {
    while let item = try await trees[side].peek() {
      if let entry = item.entry, !item.key.isFolder, !filter.excludesName(item.key) { return entry }
      trees[side].advance()
    }
    return nil
  }
}
