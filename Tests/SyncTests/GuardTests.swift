import Catalog
import Glibc
import MemoryStorage
import ObjectStorage
import Primitives
import SyncTesting
import Testing

@testable import Sync

@Suite struct GuardTests {
  private func filled(_ count: Int = 40) async throws -> SyncWorld {
    let world = SyncWorld()
    for index in 0..<count { try await world.put(.left, "f\(index)", "text \(index)") }
    try await world.sync()
    return world
  }

  @Test func `undo brings back what a run deleted and overwrote`() async throws {
    let world = try await filled(10)
    try await world.remove(.left, "f1")
    try await world.put(.left, "f2", "overwritten")
    try await world.sync()
    let catalog = try world.catalog()
    let run = try #require(try catalog.runs(limit: 1, before: nil).first?.id)
    catalog.close()
    let restored = try await world.withPair { try await $0.undo(run) }
    #expect(restored.restored.count == 2)
    try await world.sync()
    #expect(world.files(.left)["f1"] == "text 1")
    #expect(world.files(.left)["f2"] == "text 2")
    #expect(world.files(.right) == world.files(.left))
  }

  @Test func `the trash can be emptied`() async throws {
    let world = try await filled(5)
    try await world.remove(.left, "f1")
    try await world.sync()
    #expect(world.trash(.right).count == 1)
    let emptied = try await world.withPair { try await $0.emptyTrash() }
    #expect(emptied.count == 1)
    #expect(world.trash(.right).isEmpty)
  }
}
