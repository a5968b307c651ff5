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
}
