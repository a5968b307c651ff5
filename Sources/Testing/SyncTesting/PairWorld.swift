package import Catalog
import Concurrency
import LocalStorage
import MemoryStorage
package import ObjectStorage
package import Primitives
import StoreLayers
package import Sync

/// A pair of any two places with a real state, and the short words that tests speak.
package final class PairWorld {
  /// Holds `left` and `right` where they are folders, and the state.
  package let folder = TemporaryFolder(memory: true)
  /// The two stores, without anything in front of them: what a test edits.
  package private(set) var stores: BothSides<any ObjectStore>
  /// Puts something between the engine and a store.
  package var wrap: @Sendable (PairSide, any ObjectStore) -> any ObjectStore = { $1 }
  package var options = SyncOptions(concurrency: 4)
  package var clock = WallClock.system
  private let places: BothSides<Place>

  /// A pair with nothing in it.
  package init(_ left: Place, _ right: Place) async throws {
    places = BothSides(left: left, right: right)
    stores = BothSides(
      left: try await Self.open(left, "left", in: folder), right: try await Self.open(right, "right", in: folder))
  }

  /// A pair of a kind, with nothing in it.
  package convenience init(_ kind: PairKind) async throws { try await self.init(kind.places.left, kind.places.right) }

  private static func open(_ place: Place, _ name: String, in folder: TemporaryFolder) async throws -> any ObjectStore {
    switch place {
    case .memory(let capabilities):
      return MemoryStore(MemoryStoreOptions(name: name, capabilities: capabilities, hash: capabilities.localReads ? nil : .md5))
    case .given(let store): return store
    case .folder(let links):
      let options = LocalOptions(create: true, links: links)
      return try LocalStore.open(path: Array("\(folder.path)/\(name)".utf8), options: options)
    case .server(let server):
      // When busy, rclone's server answers 500 or breaks a body off at times; in real use there is always a retry around it.
      return RetryingStore(try await server.store())
    }
  }

  /// Opens a folder again by its path, as the next run would: what stands there may be another folder by now.
  package func reopen(_ side: PairSide) async throws {
    guard case .folder(let links) = places[side] else { return }
    let options = LocalOptions(links: links)
    stores[side] = try LocalStore.open(path: Array("\(folder.path)/\(side)".utf8), options: options)
  }

  // MARK: Editing

  package subscript(side: PairSide) -> any ObjectStore { stores[side] }

  package func put(_ side: PairSide, _ name: String, _ text: String, at seconds: Int64 = 1_700_000_000) async throws {
    try await put(side, try ObjectKey(name), Array(text.utf8), at: seconds)
  }

  package func put(_ side: PairSide, _ key: ObjectKey, _ bytes: [UInt8], at seconds: Int64 = 1_700_000_000) async throws {
    let options = WriteOptions(metadata: ObjectMetadata(modified: Timestamp(seconds: seconds)))
    _ = try await stores[side].write(key.isFolder ? .empty : .bytes(bytes), to: key, options)
  }

  package func remove(_ side: PairSide, _ names: String...) async throws {
    for outcome in try await stores[side].delete(names.map { DeleteTarget(try ObjectKey($0)) }) {
      if let error = outcome.error { throw error }
    }
  }

  package func rename(_ side: PairSide, _ old: String, _ new: String) async throws {
    _ = try await stores[side].move(try ObjectKey(old), to: try ObjectKey(new), CopyOptions())
  }

  /// As when a disk is lost: nothing is known of the pair any more.
  package func loseState() { _ = folder.shell("rm -rf state") }

  /// Runs a command in a side that is a real folder.
  package func shell(_ side: PairSide, _ command: String) -> Bool { folder.shell(command, in: "\(side)") }

  // MARK: Looking

  /// Everything a side holds, by the bytes of its name.
  package func everything(_ side: PairSide) async throws -> [ObjectKey: [UInt8]] {
    var all: [ObjectKey: [UInt8]] = [:]
    let listing = stores[side].list(.all, ListOptions())
    while let page = try await listing.next() {
      for entry in page.entries {
        all[entry.key] = entry.key.isFolder ? [] : try await stores[side].readBytes(entry.key, limit: 1 << 24)
      }
    }
    return all
  }

  /// What a side shows to its user, folders left out.
  package func contents(_ side: PairSide) async throws -> [ObjectKey: [UInt8]] {
    try await everything(side).filter { !$0.key.bytes.starts(with: Filter.reserved) && !$0.key.isFolder }
  }

  /// What a side shows to its user, for names that are plain text: two spellings of one text would be one entry here.
  package func files(_ side: PairSide) async throws -> [String: String] {
    var files: [String: String] = [:]
    for (key, bytes) in try await contents(side) { files[key.description] = String(decoding: bytes, as: UTF8.self) }
    return files
  }

  /// The texts in a side's trash.
  package func trash(_ side: PairSide) async throws -> [String] {
    try await everything(side).filter { $0.key.bytes.starts(with: Filter.reserved) && !$0.key.isFolder }
      .map { String(decoding: $0.value, as: UTF8.self) }.sorted()
  }

  // MARK: Syncing

  package var hasFolder: Bool { stores.left is LocalStore || stores.right is LocalStore }

  package func catalog() throws -> PairCatalog {
    try PairCatalog.open(
      StateDirectory.open(Array("\(folder.path)/state".utf8)),
      pair: PairRecord(
        id: "0123456789abcdef0123456789abcdef", left: PairEnd(stableID: stores.left.identity.stableID, displayName: "left"),
        right: PairEnd(stableID: stores.right.identity.stableID, displayName: "right"), created: Timestamp(seconds: 1_700_000_000)),
      clock: clock)
  }

  private func end(_ side: PairSide) -> SyncEnd {
    let store = wrap(side, stores[side])
    guard let local = stores[side] as? LocalStore else { return SyncEnd(store: store) }
    let root = RootMarker(
      read: { try local.getMarker() },
      write: {
        if let present = try local.getMarker() { return present }
        let mark = Array("mark-\(UInt64.random(in: .min ... .max))".utf8)
        return try local.setMarker(mark) ? mark : nil
      })
    let lastRun = LastRunMark(read: { try local.lastRun(of: $0) }, write: { local.setLastRun($1, of: $0) })
    return SyncEnd(store: store, root: root, lastRun: lastRun)
  }

  package func withPair<Result>(_ body: (PairSync) async throws -> Result) async throws -> Result {
    let catalog = try catalog()
    defer { catalog.close() }
    return try await body(PairSync(left: end(.left), right: end(.right), catalog: catalog, options: options, clock: clock))
  }

  /// One run.
  @discardableResult
  package func sync(observer: @escaping @Sendable (SyncEvent) -> Void = { _ in }) async throws -> SyncSummary {
    try await settle()
    return try await withPair { try await $0.run(observer: observer) }
  }

  /// What a run would do now.
  package func plan() async throws -> PlanTotals {
    try await settle()
    return try await withPair { try await $0.plan().totals }
  }

  /// Waits until a real folder's versions are good for later runs: its clock is that coarse.
  package func settle() async throws {
    if hasFolder { try await Task.sleep(for: .milliseconds(25)) }
  }
}
