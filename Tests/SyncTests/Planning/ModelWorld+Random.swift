import Catalog
import ObjectStorage
import Primitives

@testable import Sync

extension ModelWorld {
  private static let names = ["a", "b", "d/a", "d/b", "e/f/a", "e/f/b", "e/g"]
  private static let folders = ["d/", "e/", "e/f/", "h/"]

  /// A tree that was in step, and then edited on both sides: trees that have much in common, as real ones do.
  static func random(using random: inout SeededRandom) -> ModelWorld {
    var world = ModelWorld(right: Bool.random(using: &random))
    var content = 0
    for name in names where Int.random(in: 0..<3, using: &random) > 0 {
      content += 1
      world.put(content, at: name)
    }
    for folder in folders where Int.random(in: 0..<6, using: &random) == 0 {
      for side in PairSide.allCases {
        world.sides[side].folders.insert(folder)
        world.sides[side].makeParents(of: folder)
      }
    }
    // Sometimes the state of it is lost.
    if Int.random(in: 0..<8, using: &random) > 0 {
      for name in world.sides.left.files.keys { world.agree(on: name) }
      for folder in world.sides.left.folders { world.agree(on: folder) }
    }
    for _ in 0..<Int.random(in: 0..<9, using: &random) {
      world.edit(Bool.random(using: &random) ? .left : .right, &content, using: &random)
    }
    return world
  }

  private mutating func put(_ content: Int, at name: String) {
    for side in PairSide.allCases { sides[side].put(content, at: name) }
  }

  /// One thing that somebody does.
  mutating func edit(_ side: PairSide, _ content: inout Int, using random: inout SeededRandom) {
    func any(_ names: some Collection<String>) -> String? { names.sorted().randomElement(using: &random) }
    switch Int.random(in: 0..<12, using: &random) {
    case 0..<4:
      content += 1
      sides[side].put(content, at: Self.names.randomElement(using: &random)!)
    case 4:
      // What the other side may have written, too.
      sides[side].put(1000 + Int.random(in: 0..<2, using: &random), at: Self.names.randomElement(using: &random)!)
    case 5, 6: if let name = any(sides[side].files.keys) { sides[side].files[name] = nil }
    case 7, 8:
      guard let old = any(sides[side].files.keys), let new = Self.names.randomElement(using: &random), old != new else { return }
      sides[side].move(old, to: new)
    case 9:
      guard let one = any(sides[side].files.keys), let two = any(sides[side].files.keys), one != two else { return }
      (sides[side].files[one], sides[side].files[two]) = (sides[side].files[two], sides[side].files[one])
    case 10:
      let folder = Self.folders.randomElement(using: &random)!
      sides[side].folders.insert(folder)
      sides[side].makeParents(of: folder)
    default: if let folder = any(sides[side].folders), !sides[side].hasContent(folder) { sides[side].folders.remove(folder) }
    }
  }

  /// Contents that somebody wrote since the sides agreed: no plan may end without them.
  var edits: Set<Int> {
    let agreed = Set(
      base.values.filter { !$0.key.isFolder }.flatMap { entry in
        PairSide.allCases.compactMap { side in entry[side].version.map { "\(side) \($0.text.split(separator: ":")[0])" } }
      })
    var edits: Set<Int> = []
    for side in PairSide.allCases {
      for content in sides[side].contents.values where !agreed.contains("\(side) \(sides[side].isFolder ? "" : "e")\(content)") {
        edits.insert(content)
      }
    }
    return edits
  }

  var contents: Set<Int> { Set(sides.left.contents.values).union(sides.right.contents.values) }
}
