import Catalog
import MemoryStorage
import ObjectStorage
import SyncTesting
import Testing

@testable import Sync

@Suite struct OneWayTests {
  @Test func `copy brings new and changed files and deletes nothing`() async throws {
    let world = SyncWorld()
    world.options.direction = .copy
    try await world.put(.left, "a", "1")
    try await world.put(.right, "only right", "r")
    try await world.sync()
    #expect(world.files(.right) == ["a": "1", "only right": "r"])
    #expect(world.files(.left) == ["a": "1"])
    try await world.remove(.left, "a")
    try await world.put(.left, "b", "2")
    try await world.sync()
    #expect(world.files(.right) == ["a": "1", "b": "2", "only right": "r"])
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test func `mirror makes the right side equal, with what it deletes in the trash`() async throws {
    let world = SyncWorld()
    world.options.direction = .mirror
    for index in 0..<4 { try await world.put(.left, "f\(index)", "\(index)") }
    try await world.put(.right, "extra", "r")
    try await world.put(.right, "f0", "different")
    let summary = try await world.sync()
    #expect(summary.deleted == 1)
    #expect(world.files(.right) == world.files(.left))
    #expect(world.trash(.right) == ["different", "r"])
    try await world.put(.right, "f1", "meddled")
    try await world.sync()
    #expect(world.files(.right) == world.files(.left))
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test func `a mirror does not rename what was edited there in place of what was renamed at the source`() async throws {
    let world = SyncWorld()
    world.options.direction = .mirror
    world.options.deleteGuard = .off
    try await world.put(.left, "a", "the source's")
    try await world.sync()
    try await world.rename(.left, "a", "b")
    try await world.put(.right, "a", "edited there")
    try await world.sync()
    #expect(world.files(.right) == ["b": "the source's"])
    #expect(world.trash(.right) == ["edited there"])
  }
}
