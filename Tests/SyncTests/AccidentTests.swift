import Catalog
import Glibc
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import Testing

@testable import Sync

/// What goes wrong between two steps, and what people do at the worst moment.
@Suite struct AccidentTests {
  private func conflictName(_ world: SyncWorld, _ name: String) async throws -> ObjectKey {
    var entry: ObjectEntry?
    let listing = world.right.list(.all, ListOptions())
    while let page = try await listing.next() { entry = entry ?? page.entries.first { $0.key.description == name } }
    return ConflictName.make(for: try #require(entry), maximumName: 255, maximumKey: 1024)
  }

  @Test(arguments: [MemoryStoreOptions.modest, MemoryStoreOptions.everything])
  func `what stands under the name of a conflict copy is neither replaced nor taken for the copy`(
    capabilities: StoreCapabilities
  ) async throws {
    let world = SyncWorld(right: capabilities)
    try await world.put(.left, "a", "the left one")
    try await world.put(.right, "a", "the right one")
    let name = try await conflictName(world, "a")
    try await world.put(.right, name.description, "somebody's")
    try await world.sync()
    try await world.sync()
    #expect(world.files(.left).values.sorted() == ["somebody's", "the left one", "the right one"])
    #expect(world.files(.right) == world.files(.left))
    #expect(world.files(.right)[name.description] == "somebody's")
  }

  @Test func `an interrupted conflict is finished under the name it began with`() async throws {
    let world = SyncWorld()
    try await world.put(.left, "a", "the left one")
    try await world.put(.right, "a", "the right one")
    let name = try await conflictName(world, "a")
    _ = try await world.right.copy(ObjectKey("a"), to: name, CopyOptions())
    try await world.sync()
    #expect(world.files(.left) == ["a": "the left one", name.description: "the right one"])
    #expect(world.files(.right) == world.files(.left))
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test func `a real file that became a folder with an empty folder in it arrives in one run`() async throws {
    let world = try RandomWorld(seed: 5)
    let (file, inside, empty) = (try ObjectKey("x"), try ObjectKey("x/now"), try ObjectKey("x/empty/"))
    try await world.put(.left, file, "a file")
    _ = try await world.withPair { try await $0.run() }
    _ = try await world.stores.left.delete([DeleteTarget(file)])
    try await world.put(.left, inside, "a folder's")
    _ = try await world.stores.left.write(.empty, to: empty, WriteOptions())
    let summary = try await world.withPair { try await $0.run() }
    #expect(summary.failures.map(\.message) == [])
    #expect(
      try await world.everything(.right).keys.filter { !$0.bytes.starts(with: Filter.reserved) }.map(\.description).sorted() == [
        "x/", "x/empty/", "x/now",
      ])
  }
}
