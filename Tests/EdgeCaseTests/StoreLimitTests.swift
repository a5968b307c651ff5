import Catalog
import Concurrency
import Crypto
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import Sync
import SyncTesting
import Testing

@testable import S3Storage

/// Rows 66-70: what stores allow.
@Suite struct StoreLimitTests {
  // MARK: 66

  @Test(arguments: [StorageError.Code.quotaExceeded, .noSpace, .unauthenticated, .throttled, .unavailable])
  func `edge 66: a store that takes nothing more pauses the pair, with all that is to be done kept`(
    code: StorageError.Code
  ) async throws {
    let world = try await PairWorld(.memory)
    for index in 0..<40 { try await world.put(.left, "old/\(index)", "text \(index)") }
    try await world.sync()
    for index in 0..<30 { try await world.put(.left, "new/\(index)", "text \(index)") }
    for index in 0..<5 { try await world.remove(.left, "old/\(index)") }
    let planned = try await world.plan()
    // The first few get through.
    let taken = Lock(6)
    world.wrap = { side, store in
      if side == .left { return store }
      return RefusingStore(store) { call in
        guard call.operation == .write || call.operation == .commit || call.operation == .openWrite else { return nil }
        return taken.withLock { left in
          left -= 1; return left < 0 ? code : nil
        }
      }
    }
    let summary = try await world.sync()
    #expect((summary.stoppedBy as? StorageError)?.code == code)
    #expect(summary.failed <= 12, "it went on although nobody takes anything: \(summary.failed)")
    #expect(summary.deleted == 0, "it deleted although what replaces it may not have arrived")
    #expect(try await world.files(.right).count == 40 + summary.transferred)
    let catalog = try world.catalog()
    let run = try #require(try catalog.runs(limit: 1, before: nil).first?.summary)
    #expect(run.outcome == .failed && run.code == code.description && run.message != nil)
    catalog.close()
    // What was not done is still the plan, and is done when the store takes it again: at once, whatever failed before.
    world.wrap = { $1 }
    let left = try await world.plan()
    #expect(left[.transfer] == planned[.transfer] - summary.transferred)
    #expect(left[.delete] == planned[.delete])
    let next = try await world.sync()
    #expect(next.transferred == left[.transfer])
    #expect(next.deleted == 5)
    #expect(try await world.files(.right) == world.files(.left))
  }

  @Test func `edge 66: a full quota is a pause and no loss`() async throws {
    let world = try await PairWorld(.memory)
    let right = MemoryStore(MemoryStoreOptions(name: "right", quota: 5000))
    world.wrap = { side, store in side == .left ? store : right }
    for index in 0..<20 { try await world.put(.left, "f\(index)", String(repeating: "x", count: 400)) }
    let summary = try await world.sync()
    #expect((summary.stoppedBy as? StorageError)?.code == .quotaExceeded)
    #expect(right.snapshot().values.allSatisfy { $0.count == 400 })
    #expect((1...12).contains(right.snapshot().count))
    #expect(try await world.files(.left).count == 20)
  }

  // MARK: 67

  @Test(arguments: [Place.server(.moto), .memory])
  func `edge 67: an object in an archive tier is reported as to be restored, and never taken for missing`(right: Place) async throws
  {
    let world = try await PairWorld(.folder, right)
    try await world.put(.left, "known", "in step")
    try await world.sync()
    let glacier = try #require(StorageClass("GLACIER"))
    let archive: any ObjectStore
    if case .server = right {
      archive = world[.right]
    } else {
      // A store in memory that knows archive classes.
      archive = MemoryStore(MemoryStoreOptions(name: "right", hash: nil, archiveClasses: [glacier]))
      _ = try await archive.write(.bytes(Array("in step".utf8)), to: try ObjectKey("known"), WriteOptions())
    }
    world.wrap = { side, store in side == .left ? store : archive }
    _ = try await archive.write(
      .bytes(Array("cold".utf8)), to: try ObjectKey("cold"), WriteOptions(storageClass: glacier))
    _ = try await archive.write(
      .bytes(Array("cold, too".utf8)), to: try ObjectKey("known"), WriteOptions(storageClass: glacier))
    for _ in 0..<2 {
      let summary = try await world.sync()
      #expect(Set(summary.failures.map(\.key.description)) == ["cold", "known"])
      #expect(Set(summary.failures.map(\.code)) == ["archived"], "\(summary.failures.map(\.message))")
      #expect(summary.failures.allSatisfy { $0.message.contains("restore") })
      #expect(summary.deleted == 0)
      #expect(try await world.files(.left) == ["known": "in step"])
      #expect(try await archive.find(try ObjectKey("cold")) != nil)
    }
  }

  // MARK: 68

  @Test(arguments: [Place.server(.moto), .server(.rclone), .memory, .folder])
  func `edge 68: a store that changes the size of what it takes is in step with what it was given`(right: Place) async throws {
    let world = try await PairWorld(.folder, right)
    world.wrap = { side, store in side == .left ? store : StampingStore(store) }
    for name in ["a", "b", "c"] { try await world.put(.left, name, "text of \(name)") }
    #expect(try await world.sync().transferred == 3)
    let stamp = String(decoding: StampingStore.stamp, as: UTF8.self)
    #expect(try await world.files(.right)["a"] == "text of a\(stamp)")
    // Sizes differ, and nothing is sent again, in either direction.
    #expect(try await world.plan().operations.isEmpty)
    // Only touched: its own hash, that of what was sent, says so.
    #expect(world.shell(.left, "touch -d '2020-01-01' a"))
    #expect(try await world.sync().transferred == 0)
    #expect(try await world.files(.left)["a"] == "text of a")
    // Changes of each side are still seen.
    try await world.put(.left, "b", "edited on the left")
    try await world.put(.right, "c", "edited at the service")
    let summary = try await world.sync()
    #expect(summary.transferred == 2)
    #expect(summary.conflicts == 0)
    #expect(try await world.files(.right)["b"] == "edited on the left\(stamp)")
    #expect(try await world.files(.left)["c"] == "edited at the service")
    #expect(try await world.sync().transferred == 0)
    // Without a state the two differ, and both are kept; nothing grows from run to run.
    #expect(world.folder.shell("rm -rf state"))
    let anew = try await world.sync()
    #expect(anew.deleted == 0)
    #expect(try await Set(world.files(.left).values).isSuperset(of: ["text of a", "edited on the left", "edited at the service"]))
    let count = try await world.files(.left).count
    for _ in 0..<2 { #expect(try await world.sync().transferred == 0) }
    #expect(try await world.files(.left).count == count)
  }

  // MARK: 69

  @Test(arguments: [0, 1, 5 << 20, (16 << 20) * 10_000, (16 << 20) * 10_000 + 1, 5 << 40] as [Int64])
  func `edge 69: the size of parts grows so that there are at most ten thousand of them`(_ length: Int64) throws {
    let plan = try #require(PartPlan(length: length, preferred: 16 << 20))
    #expect(plan.count <= 10_000 && plan.partSize >= 5 << 20)
    #expect(plan.range(1).lowerBound == 0)
    #expect(plan.range(plan.count).upperBound == length)
  }

  @Test func `edge 69: there is no plan beyond five tebibytes`() {
    #expect(PartPlan(length: 5 << 40 | 1, preferred: 16 << 20) == nil)
  }

  // rclone's server tells by nothing in how many parts an object came.
  @Test(arguments: [TestServer.moto])
  func `edge 69: an object above the threshold goes in parts`(server: TestServer) async throws {
    let store = try await server.store { ($0.partSize, $0.multipartThreshold) = (5 << 20, 6 << 20) }
    let key = try ObjectKey("large")
    let bytes = Random.bytes(11 << 20)
    _ = try await store.write(.bytes(bytes), to: key, WriteOptions())
    #expect(try await store.stat(key).entry.version.bytes.suffix(2) == Array("-3".utf8))
    #expect(try await store.readBytes(key, limit: 12 << 20) == bytes)
  }

  @Test(arguments: [TestServer.rclone, .moto])
  func `edge 69: a file that no object can hold is one clear failure, and the others go on`(server: TestServer) async throws {
    let world = try await PairWorld(.folder, .server(server))
    #expect(world.shell(.left, "truncate -s 6T too-large && echo small > small"))
    let summary = try await world.sync()
    #expect(summary.failures.map(\.key.description) == ["too-large"])
    #expect(summary.failures.first?.message.contains("5 TiB") == true)
    #expect(try await world.files(.right) == ["small": "small\n"])
  }

  // MARK: 70

  /// Isobar has no encryption of its own. What there is: a store that refuses its key when it is asked what it can do is not written to.
  @Test(arguments: PairKind.allCases, PairSide.allCases)
  func `edge 70: a store that refuses its key is refused before the first write, to either side`(
    kind: PairKind, side: PairSide
  ) async throws {
    let world = try await PairWorld(kind)
    for side in PairSide.allCases {
      try await world.put(side, "in step", "same")
      try await world.put(side, "deleted", "same")
    }
    try await world.sync()
    for side in PairSide.allCases { try await world.put(side, "only on \(side)", "text") }
    try await world.remove(.left, "deleted")
    world.wrap = { which, store in
      which == side ? RefusingStore(store) { $0.operation == .capabilities ? .unauthenticated : nil } : store
    }
    let error = await #expect(throws: StorageError.self) { try await world.sync() }
    #expect(error?.code == .unauthenticated)
    #expect(try await world.files(.left) == ["in step": "same", "only on left": "text"])
    #expect(try await world.files(.right) == ["in step": "same", "deleted": "same", "only on right": "text"])
    #expect(try await world.trash(.right).isEmpty)
    world.wrap = { $1 }
    #expect(try await world.sync().failed == 0)
    #expect(try await world.files(.left) == world.files(.right))
  }
}
