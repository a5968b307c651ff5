import Catalog
import MemoryStorage
import ObjectStorage
import StoreLayers
import SyncTesting
import Testing

@testable import Sync

/// The keys of an encrypted store whose files are synced as they are stored.
@Suite struct StoreKeysTests {
  private static let keys = ".isobar/encryption"

  private func keys(_ world: SyncWorld, _ side: PairSide) -> String? {
    world[side].snapshot()[Filter.storeKeys].map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(arguments: [SyncDirection.twoWay, .copy, .mirror])
  func `they go along with the files, are renewed, and are left at that`(direction: SyncDirection) async throws {
    let world = SyncWorld()
    world.options.direction = direction
    world.options.filter.exclude = [try #require(try IgnorePattern(".*"))]
    for index in 0..<4 { try await world.put(.left, "f\(index)", "\(index)") }
    try await world.put(.left, Self.keys, "keys")
    try await world.put(.left, ".isobar/trash/x", "not this")
    try await world.sync()
    #expect(keys(world, .right) == "keys" && world.trash(.right) == [])
    #expect(try await world.plan().operations.isEmpty)
    try await world.put(.left, Self.keys, "keys for others")
    try await world.sync()
    #expect(keys(world, .right) == "keys for others" && world.trash(.right) == ["keys"])
    #expect(try await world.plan().operations.isEmpty)
    if direction == .twoWay {
      try await world.put(.right, Self.keys, "keys, once more")
      try await world.sync()
      #expect(keys(world, .left) == "keys, once more")
      #expect(try await world.plan().operations.isEmpty)
    }
  }

  @Test func `a side that is no encrypted store gets none`() async throws {
    let world = SyncWorld()
    try await world.put(.left, "a", "1")
    try await world.sync()
    #expect(keys(world, .left) == nil && keys(world, .right) == nil)
  }

  @Test(arguments: [SyncDirection.twoWay, .copy, .mirror], PairSide.allCases)
  func `where they are lost they are put back or left, and never deleted`(direction: SyncDirection, side: PairSide) async throws {
    let world = SyncWorld()
    world.options.direction = direction
    for index in 0..<4 { try await world.put(.left, "f\(index)", "\(index)") }
    try await world.put(.left, Self.keys, "keys")
    try await world.sync()
    try await world.remove(side, Self.keys)
    try await world.sync()
    #expect(keys(world, side.other) == "keys")
    #expect(keys(world, side) == (direction == .twoWay || side == .right ? "keys" : nil))
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test(arguments: [SyncDirection.twoWay, .copy, .mirror])
  func `two stores with keys of their own are refused before anything is changed`(direction: SyncDirection) async throws {
    let world = SyncWorld()
    world.options.direction = direction
    world.options.force = true
    world.options.conflicts = .left
    for side in PairSide.allCases {
      try await world.put(side, Self.keys, "the \(side)'s")
      try await world.put(side, "on the \(side)", "1")
    }
    let before = (world.left.snapshot(), world.right.snapshot())
    for _ in 0..<2 {
      await #expect { try await world.sync() } throws: {
        ($0 as? StorageError)?.code == .invalidArgument && "\($0)".contains("keys of its own")
      }
    }
    #expect(world.left.snapshot() == before.0 && world.right.snapshot() == before.1)
    // Equal ones are no matter, whatever the state knew.
    try await world.put(.right, Self.keys, "the left's")
    try await world.sync()
    #expect(world.files(.right)["on the left"] == "1")
  }

  @Test func `keys that both sides renewed are refused`() async throws {
    let world = SyncWorld()
    try await world.put(.left, "a", "1")
    try await world.put(.left, Self.keys, "keys")
    try await world.sync()
    for side in PairSide.allCases { try await world.put(side, Self.keys, "of the \(side)", at: 1_700_000_100) }
    await #expect(throws: StorageError.self) { try await world.sync() }
    #expect(keys(world, .left) == "of the left" && keys(world, .right) == "of the right")
  }

  @Test func `those that differ only when it is done are one failed path`() async throws {
    let world = SyncWorld()
    try await world.put(.left, "a", "1")
    try await world.put(.left, Self.keys, "keys")
    let right = world.right
    world.rightEnd = BeforeWrite(right) {
      _ = try await right.write(.bytes(Array("others".utf8)), to: Filter.storeKeys, WriteOptions(condition: .ifAbsent))
    }
    let summary = try await world.sync()
    #expect(summary.failed == 1 && keys(world, .right) == "others")
  }
}

/// Somebody is faster with the keys.
private final class BeforeWrite: StoreLayer {
  let base: any ObjectStore
  private let event: @Sendable () async throws -> Void

  init(_ base: any ObjectStore, _ event: @escaping @Sendable () async throws -> Void) { (self.base, self.event) = (base, event) }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    if call.operation == .write, call.key == Filter.storeKeys { try? await event() }
    return try await body()
  }
}
