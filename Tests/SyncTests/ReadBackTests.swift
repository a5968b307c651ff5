import Catalog
import Concurrency
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import Sync
import SyncTesting
import Testing

/// `SyncVerification.readBack`: what was sent is looked at where it went.
@Suite struct ReadBackTests {
  private func world() -> SyncWorld {
    let world = SyncWorld()
    world.options.verification = .readBack
    return world
  }

  @Test func `each file that was sent is read back, either way, and nothing else`() async throws {
    let world = world()
    try await world.put(.left, "a", "from the left")
    try await world.put(.left, "empty", "")
    try await world.put(.right, "b", "from the right")
    let summary = try await world.sync()
    #expect(summary.readBack == 3)
    #expect(summary.failed == 0)
    #expect(try await world.sync().readBack == 0)
    world.options.verification = .hashes
    try await world.put(.left, "c", "not read back")
    #expect(try await world.sync().readBack == 0)
    #expect(world.files(.left) == world.files(.right))
  }

  @Test(arguments: [false, true])
  func `what a store does not keep as it came is an error, is removed, and is sent again`(isEdit: Bool) async throws {
    let world = world()
    if isEdit {
      try await world.put(.left, "a", "an older text")
      try await world.sync()
    }
    try await world.put(.left, "a", "a text of some length")
    let spoiling = SpoilingStore(world.right)
    world.rightEnd = spoiling
    let summary = try await world.sync()
    #expect(summary.failed == 1)
    #expect(summary.readBack == 0)
    #expect(summary.failures.first?.code == "corrupted")
    #expect(summary.failures.first?.message.contains("read back") == true)
    #expect(world.files(.right) == [:])
    if isEdit { #expect(world.trash(.right) == ["an older text"]) }
    #expect(spoiling.isHealed)
    let second = try await world.sync()
    #expect(second.failed == 0)
    #expect(second.readBack == 1)
    #expect(world.files(.right) == ["a": "a text of some length"])
    #expect(world.files(.left) == world.files(.right))
  }

  @Test func `somebody who replaces the file before it is read back is not overruled`() async throws {
    let world = world()
    try await world.put(.left, "a", "ours")
    let right = world.right
    world.rightEnd = SpoilingStore(world.right) { key in
      _ = try await right.write(.bytes(Array("theirs".utf8)), to: key, WriteOptions())
    }
    try await world.sync()
    #expect(world.files(.right).values.contains("theirs"))
    #expect(world.files(.right).values.contains("ours"))
  }
}

/// Answers a write as if all were well, after which the object holds something else.
private final class SpoilingStore: StoreLayer {
  let base: any ObjectStore
  private let memory: MemoryStore
  private let spoil: (@Sendable (ObjectKey) async throws -> Void)?
  private let isDone = Lock(false)

  init(_ memory: MemoryStore, spoil: (@Sendable (ObjectKey) async throws -> Void)? = nil) {
    base = memory
    self.memory = memory
    self.spoil = spoil
  }

  var isHealed: Bool { isDone.withLock { $0 } }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await body()
  }

  func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    let isFirst = isDone.withLock { done in
      defer { done = true }
      return !done
    }
    guard isFirst else { return try await base.write(payload, to: key, options) }
    if let spoil {
      let receipt = try await base.write(payload, to: key, options)
      try await spoil(key)
      return receipt
    }
    let wrong = Payload.bytes([UInt8](repeating: 0x3F, count: Int(payload.length)))
    let receipt = try await base.write(wrong, to: key, options)
    // A hash of what came over the wire says nothing of what the disk has.
    return WriteReceipt(version: receipt.version, size: receipt.size, hash: nil, modified: receipt.modified)
  }
}
