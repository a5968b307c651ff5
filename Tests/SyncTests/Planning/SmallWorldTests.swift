import Catalog
import Glibc
import ObjectStorage
import Primitives
import Testing

@testable import Sync

/// Every small world there is: a few paths, each of which each of the three trees has not, or has with one of three contents. Worlds
/// that differ only in what the contents are called are one.
@Suite struct SmallWorldTests {
  /// What the three trees have at one path: 0 for nothing, else a content.
  private struct Path: Comparable {
    let left: Int
    let right: Int
    let base: Int

    init(_ number: Int) { (left, right, base) = (number & 3, number >> 2 & 3, number >> 4 & 3) }

    var all: [Int] { [left, right, base] }
    static func < (one: Path, other: Path) -> Bool { one.all.lexicographicallyPrecedes(other.all) }
  }

  /// Whether the contents are numbered in the order in which they come: of the worlds that are one, this one is tried.
  private static func isFirst(_ paths: [Path]) -> Bool {
    var highest = 0
    for content in paths.flatMap(\.all) {
      if content > highest + 1 { return false }
      highest = max(highest, content)
    }
    return true
  }

  private static func world(_ names: [String], _ paths: [Path], rightIsFolder: Bool) -> ModelWorld {
    var world = ModelWorld(right: rightIsFolder)
    for (name, path) in zip(names, paths) where path.base > 0 {
      for side in PairSide.allCases { world.sides[side].put(path.base, at: name) }
      world.agree(on: name)
    }
    for (name, path) in zip(names, paths) {
      for (side, content) in [(PairSide.left, path.left), (.right, path.right)] where content != path.base {
        if content == 0 { world.sides[side].files[name] = nil } else { world.sides[side].put(content, at: name) }
      }
    }
    // Folders came with the files, and stay when those go.
    for folder in world.sides.left.folders where world.sides.right.isFolder == false || world.sides.right.folders.contains(folder) {
      if world.base.keys.contains(where: { $0.hasPrefix(folder) }) { world.agree(on: folder) }
    }
    return world
  }

  private func check(_ names: [String], rightIsFolder: Bool, step: Int = 1) async -> Int {
    var random = SeededRandom(seed: 1)
    var tried = 0
    var number = 0
    let count = 1 << (6 * names.count)
    while number < count {
      defer { number += step }
      let paths = names.indices.map { Path(number >> (6 * $0) & 63) }
      guard Self.isFirst(paths) else { continue }
      tried += 1
      var world = Self.world(names, paths, rightIsFolder: rightIsFolder)
      let edits = world.edits
      do {
        var rounds = 0
        while true {
          let plan = try await world.plan()
          if plan.isEmpty { break }
          rounds += 1
          guard rounds < 4 else {
            Issue.record("world \(number) of \(names): there is always more to do")
            break
          }
          try world.carryOut(plan, using: &random)
        }
        if let problem = world.disagreement { Issue.record("world \(number) of \(names): \(problem)") }
        let lost = edits.subtracting(world.contents)
        if !lost.isEmpty { Issue.record("world \(number) of \(names): lost \(lost)") }
      } catch { Issue.record("world \(number) of \(names): \(error)") }
    }
    return tried
  }

  @Test(arguments: [true, false])
  func `two paths, each tree: always in step in the end, and no edit lost`(rightIsFolder: Bool) async {
    for names in [["a", "b"], ["a", "d/a"], ["d/a", "d/b"]] {
      #expect(await check(names, rightIsFolder: rightIsFolder) > 600)
    }
  }

  /// `ISOBAR_SMALL_WORLDS=1` tries each; else each 37th.
  @Test(arguments: [["a", "b", "d/a"], ["a", "d/a", "d/b"]])
  func `three paths, each tree: always in step in the end, and no edit lost`(names: [String]) async {
    let step = getenv("ISOBAR_SMALL_WORLDS") == nil ? 37 : 1
    #expect(await check(names, rightIsFolder: false, step: step) > 500)
  }

  /// `ISOBAR_SMALL_WORLDS=1` tries each; else each 20,011th.
  @Test func `four paths, each tree: always in step in the end, and no edit lost`() async {
    let step = getenv("ISOBAR_SMALL_WORLDS") == nil ? 20_011 : 1
    #expect(await check(["a", "b", "d/a", "d/b"], rightIsFolder: true, step: step) > 50)
  }
}
