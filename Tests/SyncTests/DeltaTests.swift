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

/// Changed large files are sent as differences, and what is then in the store is the file.
@Suite(.serialized) struct DeltaTests {
  private static let length = 40_000_000

  private static func content(seed: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length)
    while bytes.count < length { withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) } }
    return bytes
  }

  /// What the store answers to a request for a part of what it has.
  enum Copying: CaseIterable { case honest, silent, wrong, archived, denied, absent }

  private final class World {
    let folder = TemporaryFolder(memory: true)
    let local: LocalStore
    let remote: CopyingStore
    let state: StateDirectory
    var options = SyncOptions(concurrency: 2, deltaFrom: 8 << 20)
    let notes = Lock<[String]>([])

    init(_ copying: Copying = .honest) throws {
      var options = LocalOptions()
      options.create = true
      local = try LocalStore.open(path: Array("\(folder.path)/left".utf8), options: options)
      remote = CopyingStore(MemoryStore(MemoryStoreOptions(name: "right", hash: nil)), copying)
      state = try StateDirectory.open(Array("\(folder.path)/state".utf8))
    }

    func put(_ bytes: [UInt8], _ name: String = "d/large") async throws {
      _ = try await local.write(.bytes(bytes), to: try ObjectKey(name), WriteOptions())
      try await Task.sleep(for: .milliseconds(30))
    }

    func sync() async throws -> SyncSummary {
      let catalog = try PairCatalog.open(
        state,
        pair: PairRecord(
          id: "0123456789abcdef0123456789abcdef", left: PairEnd(stableID: "l", displayName: "l"),
          right: PairEnd(stableID: "r", displayName: "r"), created: Timestamp(seconds: 1_700_000_000)), clock: .system)
      defer { catalog.close() }
      let pair = PairSync(left: SyncEnd(store: local), right: SyncEnd(store: remote), catalog: catalog, options: options)
      return try await pair.run { [notes] event in
        if case .sentWhole(_, _, let why) = event { notes.withLock { $0.append(why) } }
      }
    }

    func stored() async throws -> [UInt8] { try await remote.readBytes(try ObjectKey("d/large"), limit: 1 << 30) }
  }

  @Test func `an edit, an insert at the front and a cut are sent as differences, and a run more finds nothing to do`() async throws
  {
    let world = try World()
    var bytes = Self.content(seed: 1)
    try await world.put(bytes)
    var summary = try await world.sync()
    #expect(summary.bytes == Int64(bytes.count))
    #expect(summary.reused == 0)
    for change in 0..<3 {
      switch change {
      case 0: for index in 20_000_000..<20_100_000 { bytes[index] ^= 0x55 }
      case 1: bytes.insert(7, at: 0)
      default: bytes.removeSubrange(30_000_000..<30_000_123)
      }
      try await world.put(bytes)
      summary = try await world.sync()
      #expect(summary.failures.map(\.message) == [])
      #expect(summary.transferred == 1)
      #expect(summary.bytes + summary.reused == Int64(bytes.count))
      #expect(summary.bytes < 12_000_000, "\(change)")
      #expect(try await world.stored() == bytes)
      let quiet = try await world.sync()
      #expect(quiet.transferred == 0)
    }
  }

  @Test func `another content is sent whole, and so is what is too small`() async throws {
    let world = try World()
    try await world.put(Self.content(seed: 1))
    _ = try await world.sync()
    let other = Self.content(seed: 2)
    try await world.put(other)
    #expect(try await world.sync().reused == 0)
    #expect(try await world.stored() == other)
    world.options.deltaFrom = nil
    try await world.put([1] + other)
    #expect(try await world.sync().reused == 0)
    #expect(try await world.stored() == [1] + other)
  }

  @Test(arguments: [Copying.silent, .wrong])
  func `a store that does not vouch for what it copies gets the whole file`(copying: Copying) async throws {
    let world = try World(copying)
    var bytes = Self.content(seed: 3)
    try await world.put(bytes)
    _ = try await world.sync()
    bytes.insert(9, at: 0)
    try await world.put(bytes)
    let summary = try await world.sync()
    #expect(summary.transferred == 1)
    #expect(summary.reused == 0)
    #expect(world.notes.withLock { $0 } == ["the store does not vouch for the parts that it copies"])
    #expect(try await world.stored() == bytes)
  }

  @Test(arguments: [Copying.archived, .denied, .absent])
  func `an object that cannot be copied from is replaced by the whole file`(copying: Copying) async throws {
    let world = try World(copying)
    var bytes = Self.content(seed: 6)
    try await world.put(bytes)
    _ = try await world.sync()
    bytes.insert(9, at: 0)
    try await world.put(bytes)
    let summary = try await world.sync()
    #expect(summary.failures.map(\.message) == [])
    #expect(summary.transferred == 1)
    #expect(summary.reused == 0)
    #expect(world.notes.withLock { $0 } == ["the store refused to copy parts"])
    #expect(try await world.stored() == bytes)
  }

  @Test func `a store that once did not vouch for a part is not asked again in the same run`() async throws {
    let world = try World(.silent)
    world.options.concurrency = 1
    var bytes = Self.content(seed: 7)
    try await world.put(bytes)
    try await world.put(bytes, "d/second")
    _ = try await world.sync()
    bytes.insert(9, at: 0)
    try await world.put(bytes)
    try await world.put(bytes, "d/second")
    #expect(try await world.sync().transferred == 2)
    #expect(
      world.notes.withLock { $0 } == [
        "the store does not vouch for the parts that it copies", "the store did not vouch for the parts that it copied before",
      ])
  }

  @Test func `an object that somebody else has changed is not taken from`() async throws {
    let world = try World()
    var bytes = Self.content(seed: 4)
    try await world.put(bytes)
    _ = try await world.sync()
    // A conflict: both versions are kept, and neither is a mixture.
    let theirs = Self.content(seed: 5)
    _ = try await world.remote.write(.bytes(theirs), to: try ObjectKey("d/large"), WriteOptions())
    bytes.insert(9, at: 0)
    try await world.put(bytes)
    let summary = try await world.sync()
    #expect(summary.conflicts == 1)
    #expect(summary.reused == 0)
    #expect(try await world.stored() == bytes)
  }
}

/// A store that may be wrong about the parts that it copies.
private final class CopyingStore: StoreLayer {
  let base: any ObjectStore
  private let copying: DeltaTests.Copying

  init(_ base: any ObjectStore, _ copying: DeltaTests.Copying) { (self.base, self.copying) = (base, copying) }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await body()
  }

  func startMultipart(_ key: ObjectKey, _ options: WriteOptions) async throws -> any MultipartWrite {
    CopyingWrite(try await base.startMultipart(key, options), copying)
  }
}

private final class CopyingWrite: MultipartWrite {
  private let base: any MultipartWrite
  private let copying: DeltaTests.Copying

  init(_ base: any MultipartWrite, _ copying: DeltaTests.Copying) { (self.base, self.copying) = (base, copying) }

  var uploadID: String { base.uploadID }
  func write(part number: Int, _ payload: Payload) async throws { try await base.write(part: number, payload) }
  func copy(part number: Int, from source: ObjectKey, range: Range<Int64>, ifMatches: ObjectVersion?) async throws -> ContentHash? {
    switch copying {
    case .honest: return try await base.copy(part: number, from: source, range: range, ifMatches: ifMatches)
    case .silent:
      try await base.copy(part: number, from: source, range: range, ifMatches: ifMatches)
      return nil
    case .archived, .denied, .absent:
      let code: StorageError.Code = copying == .archived ? .archived : copying == .denied ? .permissionDenied : .notFound
      throw StorageError(code, store: "right", key: source, message: "it cannot be copied")
    case .wrong:
      let wrong = range.lowerBound == 0 ? 1..<range.upperBound : range.lowerBound - 1..<range.upperBound - 1
      return try await base.copy(part: number, from: source, range: wrong, ifMatches: ifMatches)
    }
  }
  func complete() async throws -> WriteReceipt { try await base.complete() }
  func abort() async { await base.abort() }
}
