import Catalog
import MemoryStorage
import ObjectStorage
import SyncTesting
import Testing

@testable import Sync

@Suite struct FolderTests {
  @Test func `an empty folder is kept on both sides`() async throws {
    let world = SyncWorld()
    _ = try await world.left.write(.empty, to: ObjectKey("empty/"), WriteOptions())
    _ = try await world.left.write(.empty, to: ObjectKey("nested/inner/"), WriteOptions())
    try await world.sync()
    #expect(world.tree(.right)["empty/"] == "")
    #expect(world.tree(.right)["nested/inner/"] == "")
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test func `a folder with files needs no marker in an object store`() async throws {
    let world = SyncWorld()
    _ = try await world.left.write(.empty, to: ObjectKey("full/"), WriteOptions())
    try await world.put(.left, "full/a", "x")
    try await world.sync()
    #expect(Array(world.tree(.right).keys) == ["full/a"])
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test func `a folder whose files were all deleted stays, on both sides`() async throws {
    let world = SyncWorld()
    _ = try await world.left.write(.empty, to: ObjectKey("full/"), WriteOptions())
    try await world.put(.left, "full/a", "x")
    try await world.put(.left, "other", "y")
    try await world.sync()
    try await world.remove(.left, "full/a")
    try await world.sync()
    #expect(world.tree(.left)["full/"] != nil)
    #expect(world.tree(.right)["full/"] == "")
    let again = try await world.sync()
    #expect(again.deleted == 0)
    #expect(world.tree(.left)["full/"] != nil)
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test(arguments: [true, false]) func `a folder deleted with its content is gone on the other side`(onLeft: Bool) async throws {
    let world = SyncWorld()
    _ = try await world.left.write(.empty, to: ObjectKey("full/"), WriteOptions())
    try await world.put(.left, "full/a", "x")
    try await world.put(.left, "full/b", "x2")
    try await world.put(.left, "other", "y")
    try await world.put(.left, "another", "y")
    try await world.sync()
    world.options.deleteGuard = .off
    let side: PairSide = onLeft ? .left : .right
    try await world.remove(side, "full/a")
    try await world.remove(side, "full/b")
    if onLeft { try await world.remove(side, "full/") }
    try await world.sync()
    #expect(world.tree(.left).keys.sorted() == ["another", "other"])
    #expect(world.tree(.right).keys.sorted() == ["another", "other"])
    #expect(try await world.plan().operations.isEmpty)
  }
}
