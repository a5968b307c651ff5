import Catalog
import ObjectStorage
import Primitives
import Testing

@testable import Sync

/// Renames that get in each other's way, on every kind of pair.
@Suite struct RenameTests {
  /// Syncs files named `before`, renames on `side` step by step, syncs once and expects what `side` has on both sides.
  private func check(
    _ kind: UInt64, _ before: [String], _ steps: [(String, String)], deleting deleted: [String] = [], on side: PairSide = .left
  ) async throws {
    // Seeds of which the remainder is the kind.
    let world = try RandomWorld(seed: UInt64(RandomWorld.kinds) * 1000 + kind)
    world.options.conflicts = .keepBoth
    for name in before { try await world.put(.left, try ObjectKey(name), "text of \(name)\n") }
    _ = try await world.withPair { try await $0.run() }
    try #require(try await world.files(.right).count == before.count)
    let store = world.stores[side]
    for name in deleted { _ = try await store.delete([DeleteTarget(try ObjectKey(name))]) }
    for (old, new) in steps { _ = try await store.move(try ObjectKey(old), to: try ObjectKey(new), CopyOptions()) }
    let expected = try await world.files(side)
    if world.hasLocal { try await Task.sleep(for: .milliseconds(25)) }
    let summary = try await world.withPair { try await $0.run() }
    #expect(summary.failures.map(\.message) == [])
    #expect(summary.conflicts == 0)
    #expect(try await world.files(.left) == expected)
    #expect(try await world.files(.right) == expected)
    if world.hasLocal { try await Task.sleep(for: .milliseconds(25)) }
    _ = try await world.withPair { try await $0.run() }
    let plan = try await world.withPair { try await $0.plan() }
    #expect(plan.isEmpty)
    #expect(try await world.files(.right) == expected)
  }

  private static let kinds: [UInt64] = [0, 1, 2, 3, 4, 5, 6]

  @Test(arguments: kinds) func `names that moved up in a chain arrive`(kind: UInt64) async throws {
    try await check(kind, ["a", "b", "c"], [("b", "c2"), ("a", "b"), ("c2", "d")])
    try await check(kind, ["a", "b", "c"], [("c", "d"), ("b", "c"), ("a", "b")], on: .right)
  }

  @Test(arguments: kinds) func `a file renamed to the name of one that was deleted replaces it`(kind: UInt64) async throws {
    try await check(kind, ["a", "b", "c"], [("a", "b")], deleting: ["b"])
  }

  @Test(arguments: [0, 4, 5] as [UInt64]) func `permissions that changed with the name arrive`(kind: UInt64) async throws {
    let world = try RandomWorld(seed: UInt64(RandomWorld.kinds) * 1000 + kind)
    let (old, new) = (try ObjectKey("a"), try ObjectKey("b"))
    try await world.put(.left, old, "text")
    _ = try await world.withPair { try await $0.run() }
    let store = world.stores.left
    let modified = try await store.stat(old).entry.modified
    _ = try await store.move(old, to: new, CopyOptions())
    _ = try await store.updateMetadata(ObjectMetadata(modified: modified, mode: 0o600), of: new, ifMatches: nil)
    let summary = try await world.withPair { try await $0.run() }
    #expect(summary.moved == 1)
    #expect(try await world.stores.right.stat(new).entry.mode == 0o600)
  }

  @Test(arguments: kinds) func `a file that moves into a folder of its own name arrives, and one that moves out of it`(
    kind: UInt64
  ) async throws {
    try await check(kind, ["a", "b/b", "c"], [("a", "x"), ("x", "a/a"), ("b/b", "y")])
  }
}
