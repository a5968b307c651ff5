import Catalog
import MemoryStorage
import ObjectStorage
import Primitives
import SyncTesting
import Testing

@testable import Sync

@Suite struct TwoWayTests {
  @Test func `new files of both sides reach the other one, and a second run does nothing`() async throws {
    let world = SyncWorld()
    try await world.put(.left, "a.txt", "one")
    try await world.put(.left, "deep/er/b.txt", "two")
    try await world.put(.right, "c d.txt", "three")
    let first = try await world.sync()
    #expect(first.transferred == 3)
    #expect(first.failed == 0)
    #expect(world.files(.left) == ["a.txt": "one", "deep/er/b.txt": "two", "c d.txt": "three"])
    #expect(world.files(.right) == world.files(.left))
    let second = try await world.sync()
    #expect(second.transferred == 0)
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test func `a change on either side replaces the old version, which is in the trash`() async throws {
    let world = SyncWorld()
    try await world.put(.left, "a", "1")
    try await world.put(.left, "b", "1")
    try await world.sync()
    try await world.put(.left, "a", "changed left")
    try await world.put(.right, "b", "changed right")
    let summary = try await world.sync()
    #expect(summary.transferred == 2)
    #expect(summary.conflicts == 0)
    #expect(world.files(.left) == ["a": "changed left", "b": "changed right"])
    #expect(world.files(.right) == world.files(.left))
    #expect(world.trash(.right) == ["1"])
    #expect(world.trash(.left) == ["1"])
  }

  @Test(arguments: PairSide.allCases) func `a delete is carried across into the trash`(side: PairSide) async throws {
    let world = SyncWorld()
    try await world.put(.left, "a", "keep")
    try await world.put(.left, "b", "drop")
    try await world.sync()
    try await world.remove(side, "b")
    let summary = try await world.sync()
    #expect(summary.deleted == 1)
    #expect(world.files(side.other) == ["a": "keep"])
    #expect(world.trash(side.other) == ["drop"])
    #expect(try await world.plan().operations.isEmpty)
  }
}
