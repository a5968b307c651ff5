package import Catalog
import Glibc
package import MemoryStorage
package import ObjectStorage
package import Primitives
package import Sync

/// Two stores in memory, a real catalog in a folder of its own, and the short words that tests speak.
package final class SyncWorld {
  package let left: MemoryStore
  package let right: MemoryStore
  package var options = SyncOptions(concurrency: 4)
  private let folder = TemporaryFolder()
  package let state: [UInt8]
  package var clock = WallClock.system
  /// What the engine sees of the right side.
  package lazy var rightEnd: any ObjectStore = right

  package init(
    left: StoreCapabilities = MemoryStoreOptions.likeFolder, right: StoreCapabilities = MemoryStoreOptions.everything,
    rightHash: ContentHash.Method? = .md5
  ) {
    self.left = MemoryStore(MemoryStoreOptions(name: "left", capabilities: left, hash: nil))
    self.right = MemoryStore(MemoryStoreOptions(name: "right", capabilities: right, hash: rightHash))
    state = Array(folder.path.utf8)
  }

  package func catalog() throws -> PairCatalog {
    try PairCatalog.open(
      StateDirectory.open(state),
      pair: PairRecord(
        id: "0123456789abcdef0123456789abcdef", left: PairEnd(stableID: "memory:left", displayName: "left"),
        right: PairEnd(stableID: "memory:right", displayName: "right"), created: Timestamp(seconds: 1_700_000_000)), clock: clock)
  }

  package func withPair<Result>(_ body: (PairSync) async throws -> Result) async throws -> Result {
    let catalog = try catalog()
    defer { catalog.close() }
    return try await body(
      PairSync(left: SyncEnd(store: left), right: SyncEnd(store: rightEnd), catalog: catalog, options: options, clock: clock))
  }

  @discardableResult
  package func sync(observer: @escaping @Sendable (SyncEvent) -> Void = { _ in }) async throws -> SyncSummary {
    try await withPair { try await $0.run(observer: observer) }
  }

  package func plan() async throws -> PlanTotals { try await withPair { try await $0.plan().totals } }

  package subscript(side: PairSide) -> MemoryStore { side == .left ? left : right }

  package func put(_ side: PairSide, _ name: String, _ text: String, at seconds: Int64 = 1_700_000_000) async throws {
    let options = WriteOptions(metadata: ObjectMetadata(modified: Timestamp(seconds: seconds)))
    _ = try await self[side].write(.bytes(Array(text.utf8)), to: try ObjectKey(name), options)
  }

  package func remove(_ side: PairSide, _ name: String) async throws {
    for outcome in try await self[side].delete([DeleteTarget(try ObjectKey(name))]) { if let error = outcome.error { throw error } }
  }

  package func rename(_ side: PairSide, _ old: String, _ new: String) async throws {
    _ = try await self[side].move(try ObjectKey(old), to: try ObjectKey(new), CopyOptions(condition: .ifAbsent))
  }

  /// Everything a side shows to its user: name and text, without Isobar's own folder.
  package func tree(_ side: PairSide) -> [String: String] {
    var tree: [String: String] = [:]
    for (key, bytes) in self[side].snapshot() where !key.bytes.starts(with: Filter.reserved) {
      tree[key.description] = String(decoding: bytes, as: UTF8.self)
    }
    return tree
  }

  /// The files of a side, without folders.
  package func files(_ side: PairSide) -> [String: String] { tree(side).filter { !$0.key.hasSuffix("/") } }

  /// Everything in a side's trash: original name and text.
  package func trash(_ side: PairSide) -> [String] {
    self[side].snapshot().filter { $0.key.bytes.starts(with: Array(".isobar/trash/".utf8)) && !$0.key.isFolder }
      .map { String(decoding: $0.value, as: UTF8.self) }.sorted()
  }
}
