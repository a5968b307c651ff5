import Catalog
import LocalStorage
import MemoryStorage
import ObjectStorage
import Primitives
import Sync
import SyncTesting
import Testing

/// Rows 21 to 25: types.
@Suite struct TypeTests {
  private func expectInStep(_ world: PairWorld, _ files: [String: String]) async throws {
    for side in PairSide.allCases { #expect(try await world.files(side) == files, "\(side)") }
    try await world.sync()
    #expect(try await world.plan().operations.isEmpty)
    for side in PairSide.allCases { #expect(try await world.files(side) == files, "\(side)") }
  }

  @Test(arguments: PairKind.allCases)
  func `edge 21: a file that became a folder is in the trash before the folder takes its name`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    for name in ["x", "y", "z"] { try await world.put(.left, name, "text of \(name)") }
    try await world.sync()
    try await world.remove(.left, "x")
    try await world.put(.left, "x/now", "in a folder")
    let summary = try await world.sync()
    if kind == .rclone {
      // This server keeps a bucket in a folder, and says no more of `x/now` than that it has a fault of its own: `x` goes in this run,
      // `x/now` comes in the next.
      try await world.sync()
    } else {
      #expect(summary.failures.map(\.message) == [])
    }
    #expect(try await world.trash(.right) == ["text of x"])
    let catalog = try world.catalog()
    #expect(try catalog.trash(limit: 10).map(\.key.description) == ["x"])
    catalog.close()
    try await expectInStep(world, ["x/now": "in a folder", "y": "text of y", "z": "text of z"])
  }

  // rclone's server keeps a bucket in a folder: it has no place for `e` beside `e/a`.
  @Test(arguments: PairKind.allCases.filter { $0 != .rclone })
  func `edge 22: a folder that became a file gives way, unless something in it was edited meanwhile`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    for name in ["d/a", "d/b", "e/a", "z"] { try await world.put(.left, name, "text of \(name)") }
    try await world.sync()
    for name in ["d/a", "d/b", "e/a"] { try await world.remove(.left, name) }
    if world[.left].identity.listsFolders { try await world.remove(.left, "d/", "e/") }
    try await world.put(.left, "d", "a file now")
    try await world.put(.left, "e", "a file now, too")
    try await world.put(.right, "e/a", "edited in the folder", at: 1_700_000_100)
    world.options.deleteGuard = .off
    try await world.sync()
    try await world.sync()
    let left = try await world.files(.left)
    let right = try await world.files(.right)
    #expect(left["d"] == "a file now")
    #expect(right["d"] == "a file now")
    #expect(right["d/b"] == nil)
    // The edited child is where its user put it, and the file of that name is where its own user did.
    #expect(right["e/a"] == "edited in the folder")
    #expect(left.values.contains("a file now, too"))
    #expect(try await world.trash(.right).contains("text of d/b"))
  }

  @Test func `edge 23: a file that became a symbolic link, and a link that became a file, change their type on the other side`()
    async throws
  {
    let world = try await PairWorld(.folder(.asLinkFiles), .folder(.asLinkFiles))
    #expect(world.shell(.left, "echo file > a; ln -s target b; echo other > c; echo d > d"))
    try await world.sync()
    #expect(world.shell(.right, "test -f a && test ! -L a && test \"$(readlink b)\" = target"))
    #expect(world.shell(.left, "rm a b; ln -s elsewhere a; echo now a file > b"))
    let summary = try await world.sync()
    #expect(summary.failures.map(\.message) == [])
    #expect(world.shell(.right, "test \"$(readlink a)\" = elsewhere && test ! -L b && test \"$(cat b)\" = 'now a file'"))
    #expect(try await world.trash(.right).contains("file\n"))
    #expect(try await world.plan().operations.isEmpty)
    #expect(world.shell(.left, "test \"$(readlink a)\" = elsewhere && test \"$(cat b)\" = 'now a file'"))
  }

  @Test(arguments: PairKind.real)
  func `edge 23: where links are skipped, a file that became one is reported, and not deleted on the other side`(
    kind: PairKind
  ) async throws {
    let world = try await PairWorld(kind)
    #expect(world.shell(.left, "echo file > a; echo b > b; echo c > c"))
    try await world.sync()
    #expect(world.shell(.left, "mv a b2; ln -s b2 a"))
    let summary = try await world.sync()
    #expect(summary.skipped == 1)
    #expect(summary.deleted == 0)
    #expect(try await world.files(.right)["a"] == "file\n")
    #expect(try await world.files(.right)["b2"] == "file\n")
    // A file again: it goes on as before.
    #expect(world.shell(.left, "rm a; echo edited > a"))
    try await world.sync()
    #expect(try await world.files(.right)["a"] == "edited\n")
    #expect(try await world.plan().operations.isEmpty)
  }

  // rclone's server keeps a bucket in a folder: it has no place for `a` beside `a/b`.
  @Test(arguments: [PairKind.memory, .moto])
  func `edge 24: a file and a folder of one name in a store are both kept there, and what a folder cannot hold is reported`(
    kind: PairKind
  ) async throws {
    let world = try await PairWorld(kind)
    let all = ["a": "the file", "a/b": "in the folder", "other": "text"]
    for (name, text) in all { try await world.put(.right, name, text) }
    for _ in 0..<2 {
      let summary = try await world.sync()
      #expect(summary.deleted == 0)
      #expect(summary.failures.contains { $0.message.contains("a file and a folder of one name stand against each other") })
      #expect(try await world.files(.right) == all)
      let left = try await world.files(.left)
      #expect(left["other"] == "text")
      #expect((left["a"] == nil) != (left["a/b"] == nil))
    }
    try await world.rename(.right, "a", "a.txt")
    try await world.sync()
    try await world.sync()
    try await expectInStep(world, ["a.txt": "the file", "a/b": "in the folder", "other": "text"])
  }

  // rclone's server keeps a bucket in a folder, and drops what marks one.
  @Test(arguments: [PairKind.memory, .moto])
  func `edge 25: objects of no bytes that mark folders are folders here, and no files`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    for name in ["full/", "full/a", "empty/", "deep/er/"] { try await world.put(.right, name, name.hasSuffix("/") ? "" : "text") }
    let summary = try await world.sync()
    #expect(summary.failures.map(\.message) == [])
    #expect(try await world.files(.left) == ["full/a": "text"])
    #expect(
      try await world.everything(.left).keys.map(\.description).sorted().filter { !$0.hasPrefix(".isobar") } == [
        "deep/", "deep/er/", "empty/", "full/", "full/a",
      ])
    #expect(try await world.plan().operations.isEmpty)
    // The marker is no content: deleting the folder deletes it, and the state knows it as a folder.
    try await world.remove(.left, "empty/")
    try await world.sync()
    #expect(try await world.everything(.right)[ObjectKey("empty/")] == nil)
    #expect(try await world.files(.right) == ["full/a": "text"])
    #expect(try await world.plan().operations.isEmpty)
  }
}
