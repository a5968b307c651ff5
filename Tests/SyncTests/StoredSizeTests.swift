import Catalog
import MemoryStorage
import ObjectStorage
import SyncTesting
import Testing

@testable import Sync

/// One side lists how much is stored, not how much is in the files.
@Suite struct StoredSizeTests {
  private func world() -> (SyncWorld, StoredSizeStore) {
    let world = SyncWorld()
    let sealed = StoredSizeStore(world.right)
    world.rightEnd = sealed
    return (world, sealed)
  }

  @Test func `files cross both ways, and a run with nothing to do asks about none`() async throws {
    let (world, sealed) = world()
    try await world.put(.left, "a", "from the left")
    try await world.put(.right, "d/b", "from the right, and longer")
    try await world.sync()
    #expect(world.files(.left) == ["a": "from the left", "d/b": "from the right, and longer"])
    #expect(world.files(.right) == world.files(.left))
    let before = sealed.stats
    let quiet = try await world.sync()
    #expect(quiet.transferred + quiet.adopted + quiet.conflicts == 0)
    #expect(sealed.stats == before)
  }

  @Test func `what both sides hold is adopted if it is equal, and a conflict if not`() async throws {
    let (world, _) = world()
    for side in PairSide.allCases {
      try await world.put(side, "equal", "the same")
      try await world.put(side, "same length", "\(side)".count == 4 ? "left!" : "right")
      try await world.put(side, "other length", "\(side) and more \(side)")
    }
    let summary = try await world.sync()
    #expect(summary.adopted == 1)
    #expect(summary.conflicts == 2)
    #expect(world.files(.left).count == 5)
    #expect(world.files(.right) == world.files(.left))
  }

  @Test func `a rename on either side is carried across without sending`() async throws {
    let (world, _) = world()
    try await world.put(.left, "one", "first text")
    try await world.put(.left, "two", "second text")
    try await world.sync()
    try await world.rename(.left, "one", "one renamed")
    try await world.rename(.right, "two", "two renamed")
    let summary = try await world.sync()
    #expect(summary.transferred == 0)
    // A bucket's copy has a version of its own: only the side with identities shows a rename.
    #expect(summary.moved >= 1)
    #expect(world.files(.left) == ["one renamed": "first text", "two renamed": "second text"])
    #expect(world.files(.right) == world.files(.left))
  }

  @Test func `a limit of size counts the content`() async throws {
    let (world, _) = world()
    world.options.filter.maximumSize = 100
    try await world.put(.right, "small", "small, though 200 bytes and more are stored")
    try await world.put(.right, "large", String(repeating: "large", count: 30))
    try await world.sync()
    #expect(world.files(.left).keys.sorted() == ["small"])
    // What grows beyond the limit is left alone on both sides.
    try await world.put(.right, "small", String(repeating: "grown", count: 30))
    try await world.sync()
    #expect(world.files(.left)["small"] == "small, though 200 bytes and more are stored")
    #expect(world.files(.right)["small"]?.hasPrefix("grown") == true)
  }

  @Test func `an edit and a delete cross`() async throws {
    let (world, _) = world()
    for name in ["a", "b", "c", "d"] { try await world.put(.left, name, "text of \(name)") }
    try await world.sync()
    try await world.put(.right, "a", "edited on the right, with more in it")
    try await world.remove(.right, "b")
    try await world.put(.left, "c", "edited on the left")
    let summary = try await world.sync()
    #expect(summary.transferred == 2)
    #expect(summary.deleted == 1)
    #expect(
      world.files(.left) == [
        "a": "edited on the right, with more in it", "c": "edited on the left", "d": "text of d",
      ])
    #expect(world.files(.right) == world.files(.left))
  }
}
