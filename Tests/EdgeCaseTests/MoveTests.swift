import Catalog
import Concurrency
import MemoryStorage
import ObjectStorage
import Primitives
import Sync
import SyncTesting
import Testing

/// Rows 12 to 20: moves.
@Suite struct MoveTests {
  /// A pair in step that holds these files, each with a text of its own.
  private func world(_ kind: PairKind, _ names: [String]) async throws -> PairWorld {
    let world = try await PairWorld(kind)
    for name in names { try await world.put(.left, name, "text of \(name)") }
    try await world.sync()
    return world
  }

  /// Both sides show the same, a further run has nothing to do, and what is shown is this.
  private func expectInStep(_ world: PairWorld, _ files: [String: String]) async throws {
    for side in PairSide.allCases { #expect(try await world.files(side) == files, "\(side)") }
    try await world.sync()
    #expect(try await world.plan().operations.isEmpty)
    for side in PairSide.allCases { #expect(try await world.files(side) == files, "\(side)") }
  }

  @Test(arguments: PairKind.allCases, PairSide.allCases)
  func `edge 12: a rename is one move on the other side and sends nothing`(kind: PairKind, side: PairSide) async throws {
    let world = try await world(kind, ["a/one", "two"])
    try await world.rename(side, "a/one", "b/renamed")
    let summary = try await world.sync()
    #expect(summary.moved == 1)
    #expect(summary.transferred == 0)
    #expect(summary.deleted == 0)
    #expect(summary.bytes == 0)
    try await expectInStep(world, ["b/renamed": "text of a/one", "two": "text of two"])
  }

  @Test(arguments: PairKind.allCases, PairSide.allCases)
  func `edge 13: what was renamed on one side and edited on the other has the new name and the new content`(
    kind: PairKind, side: PairSide
  ) async throws {
    let world = try await world(kind, ["a", "other"])
    try await world.rename(side, "a", "b")
    try await world.put(side.other, "a", "edited meanwhile", at: 1_700_000_100)
    let summary = try await world.sync()
    #expect(summary.moved == 1)
    #expect(summary.transferred == 1)
    #expect(summary.conflicts == 0)
    #expect(summary.failures.map(\.message) == [])
    try await expectInStep(world, ["b": "edited meanwhile", "other": "text of other"])
  }

  @Test(arguments: PairKind.allCases)
  func `edge 14: what was renamed differently on both sides has both names, and nothing is lost`(kind: PairKind) async throws {
    let world = try await world(kind, ["a", "other"])
    try await world.rename(.left, "a", "b")
    try await world.rename(.right, "a", "c")
    let summary = try await world.sync()
    #expect(summary.failures.map(\.message) == [])
    #expect(summary.deleted == 0)
    try await expectInStep(world, ["b": "text of a", "c": "text of a", "other": "text of other"])
  }

  @Test(arguments: PairKind.allCases, PairSide.allCases)
  func `edge 15: a file renamed onto a name that was edited on the other side keeps the edit as a conflict`(
    kind: PairKind, side: PairSide
  ) async throws {
    let world = try await world(kind, ["a", "b", "other"])
    try await world.remove(side, "b")
    try await world.rename(side, "a", "b")
    try await world.put(side.other, "b", "edited meanwhile", at: 1_700_000_100)
    let summary = try await world.sync()
    #expect(summary.conflicts == 1)
    let files = try await world.files(.left)
    #expect(Set(files.values) == ["text of a", "edited meanwhile", "text of other"])
    #expect(files.count == 3)
    #expect(files.keys.contains { $0.hasPrefix("b.conflict-") })
    try await expectInStep(world, files)
  }

  @Test(arguments: PairKind.allCases, PairSide.allCases)
  func `edge 16: two names that were swapped are two moves, and no data is sent`(kind: PairKind, side: PairSide) async throws {
    let world = try await world(kind, ["a", "b", "c"])
    try await world.rename(side, "a", "x")
    try await world.rename(side, "b", "a")
    try await world.rename(side, "x", "b")
    let summary = try await world.sync()
    #expect(summary.failures.map(\.message) == [])
    #expect(summary.moved == 2)
    #expect(summary.transferred == 0)
    #expect(summary.bytes == 0)
    #expect(try await world.trash(side.other) == [])
    try await expectInStep(world, ["a": "text of b", "b": "text of a", "c": "text of c"])
  }

  @Test(arguments: PairKind.allCases)
  func `edge 16: names that went all around are as many moves`(kind: PairKind) async throws {
    let names = ["a", "b", "c", "d/e", "f", "g"]
    let world = try await world(kind, names)
    // a ← b ← c ← d/e ← a, and f and g at the same time.
    try await world.rename(.left, "a", "x")
    for (old, new) in [("b", "a"), ("c", "b"), ("d/e", "c"), ("x", "d/e"), ("f", "x"), ("g", "f"), ("x", "g")] {
      try await world.rename(.left, old, new)
    }
    let summary = try await world.sync()
    #expect(summary.failures.map(\.message) == [])
    #expect(summary.moved == 6)
    #expect(summary.bytes == 0)
    try await expectInStep(
      world,
      [
        "a": "text of b", "b": "text of c", "c": "text of d/e", "d/e": "text of a", "f": "text of g", "g": "text of f",
      ])
  }

  @Test(arguments: 1...5)
  func `edge 16: a swap that breaks off loses nothing and is finished by the next run`(call: Int) async throws {
    let world = try await world(.memory, ["a", "b", "c"])
    try await world.rename(.left, "a", "x")
    try await world.rename(.left, "b", "a")
    try await world.rename(.left, "x", "b")
    let right = EventStore(world[.right], isDead: .init(false))
    world.wrap = { $0 == .right ? right : $1 }
    // Two calls list the side and ask what it can do; then come three moves.
    right.at(2 + call, before: false) { right.isDead.withLock { $0 = true } }
    _ = try? await world.sync()
    let texts = Set(try await world.everything(.right).values.map { String(decoding: $0, as: UTF8.self) })
    #expect(texts.isSuperset(of: ["text of a", "text of b", "text of c"]))
    world.wrap = { $1 }
    try await world.sync()
    try await expectInStep(world, ["a": "text of b", "b": "text of a", "c": "text of c"])
  }

  @Test(arguments: [PairKind.memory, .folders], PairSide.allCases)
  func `edge 17: a renamed folder of many files is moves, not a mass delete`(kind: PairKind, side: PairSide) async throws {
    let world = try await PairWorld(kind)
    let count = 2000
    if kind == .memory {
      for index in 0..<count { try await world.put(.left, "old/\(index % 50)/f\(index)", "\(index)") }
    } else {
      #expect(
        world.shell(
          .left, "mkdir -p old; cd old; seq 50 | xargs mkdir; for i in $(seq \(count)); do echo $i > $((i % 50 + 1))/f$i; done"))
    }
    try await world.sync()
    #expect(try await world.contents(side.other).count == count)
    // The guard as it is for everyone: it would stop a run that deletes half as much.
    #expect(world.options.deleteGuard.objection(deletes: count / 2 + 1, known: count, side: side) != nil)
    if kind == .memory {
      for key in try await world.contents(side).keys.sorted() {
        try await world.rename(side, key.description, "new" + key.description.dropFirst(3))
      }
    } else {
      #expect(world.shell(side, "mv old new"))
    }
    let summary = try await world.sync()
    #expect(summary.moved == count)
    #expect(summary.deleted == 0)
    #expect(summary.bytes == 0)
    let left = try await world.contents(.left)
    #expect(left.count == count)
    #expect(left.keys.allSatisfy { $0.bytes.starts(with: Array("new/".utf8)) })
    #expect(try await world.contents(.right) == left)
  }

  @Test(arguments: [PairKind.rclone, .moto])
  func `edge 17: a renamed folder in front of a bucket is renamed there, and nothing is sent`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    #expect(world.shell(.left, "mkdir old keep; for i in $(seq 60); do echo $i > old/f$i; done; echo keep > keep/this"))
    try await world.sync()
    #expect(world.shell(.left, "mv old new"))
    let summary = try await world.sync()
    #expect(summary.moved == 60)
    #expect(summary.deleted == 0)
    #expect(summary.bytes == 0)
    #expect(try await world.files(.right).keys.filter { $0.hasPrefix("new/") }.count == 60)
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test(arguments: PairKind.allCases)
  func `edge 18: two folders that were moved into each other end the same way on both sides, with every file`(
    kind: PairKind
  ) async throws {
    let world = try await world(kind, ["a/x", "a/deep/y", "b/z", "other"])
    // Here a goes into b, there b goes into a.
    try await world.rename(.left, "a/x", "b/a/x")
    try await world.rename(.left, "a/deep/y", "b/a/deep/y")
    if world.hasFolder { #expect(world.shell(.left, "rmdir -p a/deep")) }
    try await world.rename(.right, "b/z", "a/b/z")
    if kind == .folders { #expect(world.shell(.right, "rmdir b")) }
    let summary = try await world.sync()
    #expect(summary.failures.map(\.message) == [])
    #expect(summary.conflicts == 0)
    #expect(summary.bytes == 0)
    try await world.sync()
    try await expectInStep(
      world,
      ["b/a/x": "text of a/x", "b/a/deep/y": "text of a/deep/y", "a/b/z": "text of b/z", "other": "text of other"])
  }

  @Test(arguments: PairKind.allCases, PairSide.allCases)
  func `edge 19: ignored files in a renamed folder are deleted on neither side`(kind: PairKind, side: PairSide) async throws {
    let world = try await world(kind, ["old/a", "old/b", "other"])
    world.options.filter = Filter(exclude: [try #require(try IgnorePattern("*.tmp"))])
    for side in PairSide.allCases { try await world.put(side, "old/\(side).tmp", "ignored on the \(side)") }
    try await world.sync()
    // The ignored file of this side goes with its folder; the other side's is where it was.
    for name in ["a", "b", "\(side).tmp"] { try await world.rename(side, "old/\(name)", "new/\(name)") }
    if world[side].identity.listsFolders { try await world.remove(side, "old/") }
    let summary = try await world.sync()
    #expect(summary.moved == 2)
    #expect(summary.deleted == 0)
    for _ in 0..<2 {
      try await world.sync()
      #expect(try await world.files(side)["new/\(side).tmp"] == "ignored on the \(side)")
      #expect(try await world.files(side.other)["old/\(side.other).tmp"] == "ignored on the \(side.other)")
      for side in PairSide.allCases {
        #expect(
          try await world.files(side).filter { !$0.key.hasSuffix(".tmp") } == [
            "new/a": "text of old/a", "new/b": "text of old/b", "other": "text of other",
          ])
      }
    }
  }

  @Test(arguments: PairKind.allCases, PairSide.allCases)
  func `edge 20: a change of case alone is a rename, of a file and of a folder`(kind: PairKind, side: PairSide) async throws {
    let world = try await world(kind, ["notes.txt", "folder/x", "y"])
    try await world.rename(side, "notes.txt", "Notes.txt")
    try await world.rename(side, "folder/x", "Folder/x")
    let summary = try await world.sync()
    #expect(summary.moved == 2)
    #expect(summary.deleted == 0)
    #expect(summary.bytes == 0)
    try await expectInStep(world, ["Notes.txt": "text of notes.txt", "Folder/x": "text of folder/x", "y": "text of y"])
  }
}
