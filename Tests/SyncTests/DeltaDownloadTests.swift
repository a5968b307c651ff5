import Catalog
import Concurrency
import LocalStorage
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import SyncTesting
import Testing

@testable import Sync

/// Two machines and a store between them: what one has changed in a large file the other fetches as a difference.
@Suite(.serialized) struct DeltaDownloadTests {
  private static let length = 24_000_000

  private static func content(seed: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length)
    while bytes.count < length { withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) } }
    return bytes
  }

  private static let key = ObjectKey(trusted: Array("d/large".utf8))

  private final class Machine {
    let key = DeltaDownloadTests.key
    let folder = TemporaryFolder(memory: true)
    let local: LocalStore
    let remote: ReadingStore
    let notes = Lock<[String]>([])
    var options = SyncOptions(concurrency: 2, deltaFrom: 8 << 20, sharesMaps: true)

    init(_ store: any ObjectStore) throws {
      var options = LocalOptions()
      options.create = true
      local = try LocalStore.open(path: Array("\(folder.path)/files".utf8), options: options)
      remote = ReadingStore(store)
    }

    func put(_ bytes: [UInt8]) async throws {
      _ = try await local.write(.bytes(bytes), to: key, WriteOptions())
      try await Task.sleep(for: .milliseconds(30))
    }

    func content() async throws -> [UInt8] { try await local.readBytes(key, limit: 1 << 30) }

    @discardableResult
    func sync() async throws -> SyncSummary {
      let catalog = try PairCatalog.open(
        StateDirectory.open(Array("\(folder.path)/state".utf8)),
        pair: PairRecord(
          id: "0123456789abcdef0123456789abcdef", left: PairEnd(stableID: "l", displayName: "l"),
          right: PairEnd(stableID: "r", displayName: "r"), created: Timestamp(seconds: 1_700_000_000)), clock: .system)
      defer { catalog.close() }
      remote.given.withLock { $0 = 0 }
      return try await PairSync(left: SyncEnd(store: local), right: SyncEnd(store: remote), catalog: catalog, options: options)
        .run { [notes] event in if case .sentWhole(_, _, let why) = event { notes.withLock { $0.append(why) } } }
    }
  }

  private func machines(hash: ContentHash.Method? = nil) throws -> (MemoryStore, ada: Machine, bob: Machine) {
    let store = MemoryStore(MemoryStoreOptions(name: "right", hash: hash))
    return (store, try Machine(store), try Machine(store))
  }

  @Test(arguments: [nil, ContentHash.Method.md5])
  func `an edit, an insert at the front and a cut are fetched as differences`(hash: ContentHash.Method?) async throws {
    let (_, ada, bob) = try machines(hash: hash)
    var bytes = Self.content(seed: 1)
    try await ada.put(bytes)
    try await ada.sync()
    #expect(try await bob.sync().bytes == Int64(bytes.count))
    for change in 0..<3 {
      switch change {
      case 0: for index in 12_000_000..<12_100_000 { bytes[index] ^= 0x55 }
      case 1: bytes.insert(7, at: 0)
      default: bytes.removeSubrange(20_000_000..<20_000_123)
      }
      try await ada.put(bytes)
      try await ada.sync()
      let summary = try await bob.sync()
      #expect(summary.failures.map(\.message) == [])
      #expect(summary.transferred == 1)
      #expect(summary.bytes + summary.reused == Int64(bytes.count))
      #expect(bob.remote.given.withLock { $0 } < 2_000_000, "\(change)")
      #expect(try await bob.content() == bytes)
      #expect(try await bob.sync().transferred == 0)
      #expect(try await ada.sync().transferred == 0)
    }
    #expect(bob.notes.withLock { $0 } == [])
  }

  @Test func `a connection that breaks again and again goes on where it was`() async throws {
    let (_, ada, bob) = try machines()
    var bytes = Self.content(seed: 2)
    try await ada.put(bytes)
    try await ada.sync()
    try await bob.sync()
    for index in 3_000_000..<9_000_000 { bytes[index] ^= 0x55 }
    try await ada.put(bytes)
    try await ada.sync()
    bob.remote.breaksAfter.withLock { $0 = 1_000_000 }
    let summary = try await bob.sync()
    #expect(summary.failures.map(\.message) == [])
    #expect(summary.reused > 17_000_000)
    #expect(try await bob.content() == bytes)
  }

  @Test(arguments: ["none", "another version's", "a lie", "garbage"])
  func `without its map a file is fetched whole, and never put together wrongly`(map: String) async throws {
    // A lie is found out by the object's own hash; without one a map is believed as the object is.
    let (store, ada, bob) = try machines(hash: .md5)
    var bytes = Self.content(seed: 3)
    try await ada.put(bytes)
    try await ada.sync()
    try await bob.sync()
    let place = try store.mapPlace()
    let old = try await store.readBytes(place, limit: 1 << 20)
    bytes[5_000_000] ^= 1
    try await ada.put(bytes)
    try await ada.sync()
    switch map {
    case "none": _ = try await store.delete([DeleteTarget(place)])
    case "another version's": _ = try await store.write(.bytes(old), to: place, WriteOptions())
    case "garbage": _ = try await store.write(.bytes([1, 2, 3]), to: place, WriteOptions())
    default:
      // The version's name, and the chunks of the version before.
      let version = try await store.stat(Self.key).entry.version
      var lines = old.split(separator: 0x0A, maxSplits: 3, omittingEmptySubsequences: false)
      lines[2] = Array(Hex.encode(version.bytes).utf8)[...]
      _ = try await store.write(.bytes(Array(lines.joined(separator: [0x0A]))), to: place, WriteOptions())
    }
    let summary = try await bob.sync()
    #expect(summary.failures.map(\.message) == [])
    #expect(summary.reused == 0)
    #expect(bob.notes.withLock { $0.count } == 1)
    #expect(try await bob.content() == bytes)
  }

  @Test func `maps are left only where that is asked for, and go with their files`() async throws {
    let (store, ada, _) = try machines()
    ada.options.sharesMaps = false
    try await ada.put(Self.content(seed: 4))
    try await ada.sync()
    #expect(throws: MapMissing.self) { try store.mapPlace() }
    ada.options.sharesMaps = true
    try await ada.put(Self.content(seed: 5))
    try await ada.sync()
    _ = try store.mapPlace()
    _ = try await ada.local.delete([DeleteTarget(Self.key)])
    ada.options.deleteGuard = .off
    try await ada.sync()
    #expect(throws: MapMissing.self) { try store.mapPlace() }
  }
}

private struct MapMissing: Error {}

extension MemoryStore {
  /// Where the only map lies.
  fileprivate func mapPlace() throws -> ObjectKey {
    let found = snapshot().keys.filter { $0.bytes.starts(with: Array(".isobar/maps/".utf8)) && !$0.isFolder }
    guard found.count == 1 else { throw MapMissing() }
    return found[0]
  }
}

/// Counts the bytes that are read, and breaks reads if asked.
private final class ReadingStore: StoreLayer {
  let base: any ObjectStore
  let given = Lock<Int64>(0)
  let breaksAfter = Lock<Int64?>(nil)

  init(_ base: any ObjectStore) { self.base = base }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await body()
  }

  func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult {
    let sink = CountingSink(sink) { [given] count in given.withLock { $0 += Int64(count) } }
    if let after = breaksAfter.withLock({ $0 }), !key.bytes.starts(with: Array(".isobar/".utf8)) {
      let faulty = FaultyStore(base, [Fault(.read, .breakBody(after: after))])
      do { return try await faulty.read(key, options, into: sink) } catch let error as StorageError {
        var error = error
        error.retry = .never
        throw error
      }
    }
    return try await base.read(key, options, into: sink)
  }
}
