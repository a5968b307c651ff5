import Catalog
import MemoryStorage
import ObjectStorage
import Primitives
import SyncTesting
import Testing

@testable import Sync

@Suite struct ConflictTests {
  private func world(_ policy: ConflictPolicy, left: String = "left!", right: String = "right") async throws -> SyncWorld {
    let world = SyncWorld()
    world.options.conflicts = policy
    try await world.put(.left, "a.txt", "base")
    try await world.sync()
    try await world.put(.left, "a.txt", left, at: 1_700_000_200)
    try await world.put(.right, "a.txt", right, at: 1_700_000_100)
    return world
  }

  @Test func `keep-both keeps both versions on both sides, the right one under a name of its own`() async throws {
    let world = try await world(.keepBoth)
    let summary = try await world.sync()
    #expect(summary.conflicts == 1)
    #expect(world.files(.left) == world.files(.right))
    #expect(world.files(.left)["a.txt"] == "left!")
    let other = world.files(.left).filter { $0.key != "a.txt" }
    #expect(other.count == 1)
    #expect(other.first?.value == "right")
    #expect(other.first?.key.hasPrefix("a.conflict-20231114-221500-") == true)
    #expect(other.first?.key.hasSuffix(".txt") == true)
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test func `texts that changed in different places are merged`() async throws {
    let world = SyncWorld()
    world.options.conflicts = .merge
    try await world.put(.left, "a.txt", "one\ntwo\nthree\nfour\nfive\n")
    try await world.sync()
    try await world.put(.left, "a.txt", "ONE\ntwo\nthree\nfour\nfive\n")
    try await world.put(.right, "a.txt", "one\ntwo\nthree\nfour\nFIVE!\n")
    let summary = try await world.sync()
    #expect(summary.conflicts == 1)
    #expect(world.files(.left) == ["a.txt": "ONE\ntwo\nthree\nfour\nFIVE!\n"])
    #expect(world.files(.right) == world.files(.left))
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test func `texts that changed in the same place keep both`() async throws {
    let world = SyncWorld()
    world.options.conflicts = .merge
    try await world.put(.left, "a.txt", "one\ntwo\n")
    try await world.sync()
    try await world.put(.left, "a.txt", "one\nleft\n")
    try await world.put(.right, "a.txt", "one\nright!\n")
    try await world.sync()
    #expect(Set(world.files(.left).values) == ["one\nleft\n", "one\nright!\n"])
    #expect(world.files(.right) == world.files(.left))
  }

  @Test func `a manual conflict waits, the rest goes on, and it can be settled later`() async throws {
    let world = try await world(.manual)
    try await world.put(.left, "b", "new")
    let summary = try await world.sync()
    #expect(summary.waiting == 1)
    #expect(world.files(.right) == ["a.txt": "right", "b": "new"])
    try await world.sync()
    let open = try world.catalog()
    let waiting = try open.conflicts(open: true)
    open.close()
    #expect(waiting.count == 1)
    let outcome = try await world.withPair { try await $0.resolve(waiting[0], by: .right) }
    #expect(outcome?.resolution == .won(.right))
    #expect(world.files(.left)["a.txt"] == "right")
    #expect(world.trash(.left).contains("left!"))
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test func `the name of a conflict's second version fits, whatever the original's length`() throws {
    let version = ObjectVersion("v")
    let long = try ObjectKey("folder/" + String(repeating: "é", count: 127) + "x")
    let name = ConflictName.make(
      for: ObjectEntry(key: long, size: 1, version: version, modified: Timestamp(seconds: 0)), maximumName: 255, maximumKey: 1024)
    #expect(name.name.count <= 255)
    #expect(String(validating: name.bytes, as: UTF8.self) != nil)
  }
}

@Suite struct TouchedConflictTests {
  @Test func `between two folders, a touched file is recognised by its content`() async throws {
    let world = SyncWorld(right: MemoryStoreOptions.likeFolder, rightHash: nil)
    try await world.put(.left, "a", "same")
    try await world.put(.left, "b", "same")
    try await world.sync()
    try await world.put(.left, "a", "same", at: 1_800_000_000)
    try await world.put(.left, "b", "same", at: 1_800_000_000)
    try await world.put(.right, "b", "really changed")
    let summary = try await world.sync()
    #expect(summary.conflicts == 0)
    #expect(summary.transferred == 1)
    #expect(summary.metadata == 1)
    #expect(world.files(.left) == ["a": "same", "b": "really changed"])
    #expect(world.files(.right) == world.files(.left))
  }

  @Test func `a side that was only touched is no party to a conflict`() async throws {
    let world = SyncWorld()
    try await world.put(.left, "a", "same")
    try await world.sync()
    try await world.put(.left, "a", "same", at: 1_800_000_000)
    try await world.put(.right, "a", "really changed")
    let summary = try await world.sync()
    #expect(summary.conflicts == 0)
    #expect(world.files(.left) == ["a": "really changed"])
    #expect(world.files(.right) == world.files(.left))
    #expect(try await world.plan().operations.isEmpty)
  }
}
