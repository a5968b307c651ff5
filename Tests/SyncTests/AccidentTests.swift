import Catalog
import Concurrency
import Glibc
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import SyncTesting
import Testing

@testable import Sync

/// What goes wrong between two steps, and what people do at the worst moment.
@Suite struct AccidentTests {
  private func conflictName(_ world: SyncWorld, _ name: String) async throws -> ObjectKey {
    var entry: ObjectEntry?
    let listing = world.right.list(.all, ListOptions())
    while let page = try await listing.next() { entry = entry ?? page.entries.first { $0.key.description == name } }
    return ConflictName.make(for: try #require(entry), maximumName: 255, maximumKey: 1024)
  }

  @Test(arguments: [MemoryStoreOptions.modest, MemoryStoreOptions.everything])
  func `what stands under the name of a conflict copy is neither replaced nor taken for the copy`(
    capabilities: StoreCapabilities
  ) async throws {
    let world = SyncWorld(right: capabilities)
    try await world.put(.left, "a", "the left one")
    try await world.put(.right, "a", "the right one")
    let name = try await conflictName(world, "a")
    try await world.put(.right, name.description, "somebody's")
    try await world.sync()
    try await world.sync()
    #expect(world.files(.left).values.sorted() == ["somebody's", "the left one", "the right one"])
    #expect(world.files(.right) == world.files(.left))
    #expect(world.files(.right)[name.description] == "somebody's")
  }

  @Test func `an interrupted conflict is finished under the name it began with`() async throws {
    let world = SyncWorld()
    try await world.put(.left, "a", "the left one")
    try await world.put(.right, "a", "the right one")
    let name = try await conflictName(world, "a")
    _ = try await world.right.copy(ObjectKey("a"), to: name, CopyOptions())
    try await world.sync()
    #expect(world.files(.left) == ["a": "the left one", name.description: "the right one"])
    #expect(world.files(.right) == world.files(.left))
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test func `a real file that became a folder with an empty folder in it arrives in one run`() async throws {
    let world = try RandomWorld(seed: 5)
    let (file, inside, empty) = (try ObjectKey("x"), try ObjectKey("x/now"), try ObjectKey("x/empty/"))
    try await world.put(.left, file, "a file")
    _ = try await world.withPair { try await $0.run() }
    _ = try await world.stores.left.delete([DeleteTarget(file)])
    try await world.put(.left, inside, "a folder's")
    _ = try await world.stores.left.write(.empty, to: empty, WriteOptions())
    let summary = try await world.withPair { try await $0.run() }
    #expect(summary.failures.map(\.message) == [])
    #expect(
      try await world.everything(.right).keys.filter { !$0.bytes.starts(with: Filter.reserved) }.map(\.description).sorted() == [
        "x/", "x/empty/", "x/now",
      ])
  }

  /// Runs `edit` when the right side has been listed and nothing has been done yet.
  private func sync(_ world: SyncWorld, afterListing edit: @escaping @Sendable () async -> Void) async throws -> SyncSummary {
    let right = EventStore(world.right, isDead: Lock(false))
    right.at(2, before: false, edit)
    let catalog = try world.catalog()
    defer { catalog.close() }
    return try await PairSync(
      left: SyncEnd(store: world.left), right: SyncEnd(store: right), catalog: catalog, options: world.options, clock: world.clock
    ).run()
  }

  @Test func `what came while a long listing went on is not replaced in a store without conditions`() async throws {
    let world = SyncWorld(right: MemoryStoreOptions.modest)
    let time = Lock<Int64>(1_700_000_000)
    world.clock = WallClock(now: { Timestamp(seconds: time.withLock { $0 }) })
    try await world.put(.left, "a", "ours")
    let (store, key) = (world.right, try ObjectKey("a"))
    let summary = try await sync(world) {
      time.withLock { $0 += 3600 }
      _ = try? await store.write(.bytes(Array("theirs".utf8)), to: key, WriteOptions())
    }
    #expect(summary.conflicts == 1)
    #expect(world.files(.right).values.sorted() == ["ours", "theirs"])
  }

  @Test func `a time is not set on content that nobody has compared`() async throws {
    var capabilities = MemoryStoreOptions.modest
    capabilities.updateMetadata = true
    let world = SyncWorld(right: capabilities)
    try await world.put(.left, "a", "same")
    try await world.sync()
    try await world.put(.left, "a", "same", at: 1_800_000_000)
    let (store, key) = (world.right, try ObjectKey("a"))
    _ = try await sync(world) { _ = try? await store.write(.bytes(Array("edited".utf8)), to: key, WriteOptions()) }
    try await world.sync()
    #expect(world.files(.left).values.contains("edited"))
    #expect(world.files(.left) == world.files(.right))
  }

  @Test(arguments: [true, false]) func `texts are merged from what both sides last agreed on`(hashed: Bool) async throws {
    let world = SyncWorld(
      right: hashed ? MemoryStoreOptions.everything : MemoryStoreOptions.likeFolder, rightHash: hashed ? .md5 : nil)
    world.options.conflicts = .merge
    try await world.put(.left, "a", "one\ntwo\nthree\nfour\nfive\n")
    try await world.sync()
    try await world.put(.left, "a", "one\nLEFT\nthree\nfour\nfive\n")
    try await world.put(.right, "a", "one\nRIGHT!\nthree\nfour\nfive\n")
    try await world.sync()
    #expect(world.files(.right)["a"] == "one\nLEFT\nthree\nfour\nfive\n")
    // The left side takes its change back: against the oldest version that would look like no change at all.
    try await world.put(.left, "a", "one\ntwo\nthree\nfour\nfive\n")
    try await world.put(.right, "a", "one\nLEFT\nthree\nfour\nFIVE!\n")
    try await world.sync()
    #expect(world.files(.left)["a"] == "one\ntwo\nthree\nfour\nFIVE!\n")
    #expect(world.files(.right) == world.files(.left))
  }

  @Test func `an ancestor that is older than the last sync is not merged from`() async throws {
    let world = SyncWorld()
    world.options.conflicts = .merge
    try await world.put(.left, "a", "one\ntwo\nthree\nfour\nfive\n")
    try await world.sync()
    world.options.conflicts = .keepBoth
    try await world.put(.left, "a", "one\nTWO\nthree\nfour\nfive\n")
    try await world.sync()
    world.options.conflicts = .merge
    try await world.put(.left, "a", "one\ntwo\nthree\nfour\nfive\n")
    try await world.put(.right, "a", "one\nTWO\nthree\nfour\nFIVE!\n")
    try await world.sync()
    #expect(world.files(.left).values.contains("one\ntwo\nthree\nfour\nfive\n"))
    #expect(world.files(.left).count == 2)
  }

  @Test func `a conflict that settled itself is no conflict any more`() async throws {
    let world = SyncWorld()
    world.options.conflicts = .manual
    for name in ["a", "b"] {
      try await world.put(.left, name, "left")
      try await world.put(.right, name, "right")
    }
    try await world.sync()
    var catalog = try world.catalog()
    let waiting = try catalog.conflicts(open: true)
    catalog.close()
    #expect(waiting.count == 2)
    // One is settled by hand and noticed by a run, the other is settled by hand and then asked for.
    try await world.put(.right, "a", "left")
    try await world.sync()
    try await world.put(.right, "b", "left")
    let outcome = try await world.withPair {
      try await $0.resolve(#require(waiting.first { $0.key.description == "b" }), by: .keepBoth)
    }
    #expect(outcome == nil)
    #expect(world.files(.left) == ["a": "left", "b": "left"])
    #expect(world.files(.right) == world.files(.left))
    catalog = try world.catalog()
    #expect(try catalog.conflicts(open: true).map(\.key.description) == [])
    catalog.close()
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test func `a file with the name of Isobar's own folder stays where it is and hinders nothing`() async throws {
    let world = SyncWorld(right: MemoryStoreOptions.likeFolder)
    try await world.put(.left, ".isobar", "mine")
    try await world.put(.left, "a", "1")
    try await world.sync()
    try await world.put(.left, "a", "2 or more")
    let summary = try await world.sync()
    #expect(summary.failed == 0)
    #expect(world.files(.right) == ["a": "2 or more"])
    #expect(world.trash(.right) == ["1"])
  }

  @Test func `a path waits no longer than any wait lasts, whatever the clock said when it failed`() async throws {
    let world = SyncWorld()
    let key = try ObjectKey("a")
    try await world.put(.left, "a", "text")
    let catalog = try world.catalog()
    // The clock was years ahead when the path failed for the fifth time, and was set right since.
    for _ in 0..<5 {
      try catalog.recordFailure(
        key, side: .right, code: "unavailable", message: "", nextAttempt: Timestamp.now() + .seconds(200_000_000))
    }
    catalog.close()
    #expect(try await world.sync().transferred == 1)
    #expect(world.files(.right) == ["a": "text"])
  }

  @Test func `a failure is forgotten when its reason is gone`() async throws {
    let world = SyncWorld(right: MemoryStoreOptions.likeFolder)
    try await world.put(.left, "f", "a file")
    try await world.put(.right, "f/x", "in a folder")
    #expect(try await world.sync().failed > 0)
    try await world.rename(.left, "f", "g")
    #expect(try await world.sync().failed == 0)
    #expect(world.files(.left) == ["g": "a file", "f/x": "in a folder"])
    #expect(world.files(.right) == world.files(.left))
    let catalog = try world.catalog()
    defer { catalog.close() }
    #expect(try catalog.failureCount() == 0)
  }

  @Test func `Isobar's own files do not make an emptied side look full`() async throws {
    let store = MemoryStore()
    for name in [".isobar/trash/1/a", "b"] { _ = try await store.write(.bytes([1]), to: ObjectKey(name), WriteOptions()) }
    let reader = TreeReader(listing: store.list(.all, ListOptions()), impliesFolders: false)
    while try await reader.peek() != nil { reader.advance() }
    #expect(reader.fileCount == 1)
  }

  @Test func `what was done is recorded although a flush failed`() async throws {
    let world = SyncWorld()
    for index in 0..<1100 { try await world.put(.left, "f\(index)", "\(index)") }
    // The run's first flush is for what others wrote.
    let right = FaultyStore(world.right, [Fault(.flush, occurrence: 2, .failBefore(.unavailable))])
    let catalog = try world.catalog()
    await #expect(throws: StorageError.self) {
      try await PairSync(left: SyncEnd(store: world.left), right: SyncEnd(store: right), catalog: catalog, options: world.options)
        .run()
    }
    catalog.close()
    #expect(right.unfired.isEmpty)
    #expect(world.files(.right).count >= 1024)
    #expect(try await world.plan()[.compare] == 0)
  }

  @Test func `the trash of one side is emptied although the other does not answer`() async throws {
    let world = SyncWorld(right: MemoryStoreOptions.likeFolder)
    for name in ["a", "b", "c"] { try await world.put(.left, name, "text of \(name)") }
    try await world.sync()
    try await world.remove(.left, "a")
    try await world.remove(.right, "b")
    try await world.sync()
    let left = FaultyStore(world.left, [Fault(.delete, .failBefore(.unavailable))])
    let catalog = try world.catalog()
    defer { catalog.close() }
    let pair = PairSync(left: SyncEnd(store: left), right: SyncEnd(store: world.right), catalog: catalog, options: world.options)
    await #expect(throws: StorageError.self) { try await pair.emptyTrash() }
    #expect(world.trash(.left) == ["text of b"])
    #expect(world.trash(.right) == [])
    #expect(try await pair.emptyTrash().count == 1)
    #expect(world.trash(.left) == [])
  }

  @Test func `an object that a listing lacks is not replaced unseen`() async throws {
    let world = SyncWorld(right: MemoryStoreOptions.modest)
    try await world.put(.left, "a", "old")
    try await world.sync()
    try await world.put(.left, "a", "edited left")
    try await world.put(.right, "a", "edited right")
    let right = FaultyStore(world.right, [Fault(.list, .staleListing(missing: try ObjectKey("a")))])
    let catalog = try world.catalog()
    defer { catalog.close() }
    _ = try await PairSync(
      left: SyncEnd(store: world.left), right: SyncEnd(store: right), catalog: catalog, options: world.options
    ).run()
    #expect(right.unfired.isEmpty)
    #expect(world.files(.right).values.sorted() == ["edited left", "edited right"])
  }

  @Test(arguments: [true, false]) func `two versions that one run replaces are both in the trash`(inOneStep: Bool) async throws {
    var capabilities = MemoryStoreOptions.everything
    capabilities.keepsReplaced = inOneStep
    let world = SyncWorld(right: capabilities)
    world.options.conflicts = .left
    try await world.put(.left, "a", "old")
    try await world.sync()
    try await world.put(.left, "a", "edited left")
    let right = EventStore(world.right, isDead: Lock(false))
    let (store, key) = (world.right, try ObjectKey("a"))
    // Two pages, the flush, the capabilities, perhaps the copy into the trash; then the write.
    right.at(inOneStep ? 5 : 6, before: true) {
      _ = try? await store.write(.bytes(Array("edited right".utf8)), to: key, WriteOptions())
    }
    let catalog = try world.catalog()
    defer { catalog.close() }
    let summary = try await PairSync(
      left: SyncEnd(store: world.left), right: SyncEnd(store: right), catalog: catalog, options: world.options
    ).run()
    #expect(summary.conflicts == 1)
    #expect(world.files(.right) == ["a": "edited left"])
    #expect(world.trash(.right) == (inOneStep ? ["edited right"] : ["edited right", "old"]))
  }

  @Test func `a new time leaves an object's own metadata, and brings permission bits only`() async throws {
    let world = SyncWorld()
    let key = try ObjectKey("a")
    let metadata = ObjectMetadata(contentType: "text/x-own", user: ["owner": "ada"])
    _ = try await world.right.write(.bytes(Array("same".utf8)), to: key, WriteOptions(metadata: metadata))
    try await world.sync()
    let touched = ObjectMetadata(modified: Timestamp(seconds: 1_800_000_000), mode: 0o4755)
    _ = try await world.left.write(.bytes(Array("same".utf8)), to: key, WriteOptions(metadata: touched))
    #expect(try await world.sync().metadata == 1)
    let info = try await world.right.stat(key)
    #expect(info.entry.modified == Timestamp(seconds: 1_800_000_000))
    #expect(info.entry.mode == 0o755)
    #expect(info.userMetadata == ["owner": "ada"])
    #expect(info.contentType == "text/x-own")
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test func `both sides changed behind their versions is a conflict, not one side's victory`() async throws {
    let world = SyncWorld(right: MemoryStoreOptions.likeFolder, rightHash: nil)
    let (left, right) = (BlindStore(world.left), BlindStore(world.right))
    world.options.keepTrash = false
    world.options.rehash = true
    func sync() async throws -> SyncSummary {
      let catalog = try world.catalog()
      defer { catalog.close() }
      return try await PairSync(left: SyncEnd(store: left), right: SyncEnd(store: right), catalog: catalog, options: world.options)
        .run()
    }
    let key = try ObjectKey("a")
    for store in [left, right] { _ = try await store.base.write(.bytes(Array("same".utf8)), to: key, WriteOptions()) }
    #expect(try await sync().adopted == 1)
    _ = try await left.base.write(.bytes(Array("LEFT".utf8)), to: key, WriteOptions())
    _ = try await right.base.write(.bytes(Array("RGHT".utf8)), to: key, WriteOptions())
    #expect(try await sync().conflicts == 1)
    let texts = Set(try #require(right.base as? MemoryStore).snapshot().values.map { String(decoding: $0, as: UTF8.self) })
    #expect(texts.isSuperset(of: ["LEFT", "RGHT"]))
  }

  @Test func `an object with the name of a temporary file is refused by a folder, and stays`() async throws {
    let world = try RandomWorld(seed: 4)
    let key = try ObjectKey("d/.isobar-tmp-0123456789abcdef")
    try await world.put(.right, key, "mine")
    for _ in 0..<3 {
      let summary = try await world.withPair { try await $0.run() }
      #expect(summary.failures.map(\.code) == [StorageError.Code.invalidArgument.description])
    }
    #expect(try await world.files(.right)[key] == "mine")
  }
}
