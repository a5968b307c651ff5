import Catalog
import Changes
import Concurrency
import Glibc
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import Testing

@Suite struct ChangeTrackerTests {
  private let folder = Folder()

  @Test func `the first look remembers, the next ones tell what was added, changed and removed`() async throws {
    let store = MemoryStore()
    try await put(store, "a", "b", "d/c")
    let first = try await look(store)
    #expect(first.tally.isFirst && first.tally.added == 3 && first.changes.isEmpty)
    #expect(try await look(store).changes.isEmpty)
    try await put(store, "b", "d/new")
    try await remove(store, "a")
    #expect(try await look(store).changes == ["removed a", "changed b", "added d/new"])
    #expect(try await look(store).changes.isEmpty)
  }

  @Test func `a look that is not to be remembered shows the same again`() async throws {
    let store = MemoryStore()
    _ = try await look(store)
    try await put(store, "x")
    #expect(try await look(store, keeping: .forget).changes == ["added x"])
    #expect(try await look(store).changes == ["added x"])
    #expect(try await look(store).changes.isEmpty)
  }

  @Test func `a look that fails in the middle has not happened`() async throws {
    let store = MemoryStore(MemoryStoreOptions(pageSize: 2))
    _ = try await look(store)
    try await put(store, "a", "b", "c", "d")
    await #expect(throws: Stop.self) { try await look(store) { if $0.key.description == "c" { throw Stop() } } }
    #expect(try await look(store).changes == ["added a", "added b", "added c", "added d"])
  }

  @Test func `what cannot be looked at is not gone`() async throws {
    let store = MemoryStore()
    try await put(store, "d/a", "d/b", "e")
    _ = try await look(store)
    try await remove(store, "e")
    let blind = BlindStore(store, folder: try ObjectKey("d/"))
    let seen = try await look(blind)
    #expect(seen.changes == ["removed e"] && seen.tally.problems.count == 1)
    #expect(try await look(store).changes.isEmpty)
  }

  @Test func `Isobar's own folder is not looked at`() async throws {
    let store = MemoryStore()
    _ = try await look(store)
    try await put(store, ".isobar/trash/x", "y")
    #expect(try await look(store).changes == ["added y"])
  }

  @Test func `random edits are told as they were, by listing and by feed`() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    let names = ["a", "a/b", "a/c", "b", "c/d/e", "c/d/f", "é", "zz"]
    for hasFeed in [false, true] {
      let store = MemoryStore(MemoryStoreOptions(name: "random \(hasFeed)", pageSize: 3))
      let feed = hasFeed ? HintFeed() : nil
      var known: [String: String] = [:]
      _ = try await look(store, feed: feed)
      for round in 0..<40 {
        var now = known
        for _ in 0..<Int.random(in: 0...5, using: &random) {
          let name = names.randomElement(using: &random)!
          if Bool.random(using: &random), now[name] != nil {
            try await remove(store, name)
            now[name] = nil
            feed?.note(.isGone(try ObjectKey(name)))
          } else {
            let text = "\(UInt64.random(in: 0...UInt64.max, using: &random))"
            _ = try await store.write(.bytes(Array(text.utf8)), to: try ObjectKey(name), WriteOptions())
            now[name] = text
            feed?.note(.isThere(try await store.stat(try ObjectKey(name)).entry))
          }
        }
        // What a feed says may be late, doubled, or forgotten altogether: only then it says so.
        if let feed, Int.random(in: 0..<6, using: &random) == 0 { feed.repeatAll() }
        if let feed, Int.random(in: 0..<8, using: &random) == 0 { feed.reset() }
        var expected: Set<String> = []
        for (name, text) in now where known[name] != text { expected.insert((known[name] == nil ? "added " : "changed ") + name) }
        for name in known.keys where now[name] == nil { expected.insert("removed \(name)") }
        let seen = try await look(store, feed: feed)
        #expect(Set(seen.changes) == expected && seen.changes.count == expected.count, "seed \(seed), round \(round)")
        known = now
      }
    }
  }

  @Test func `a feed's word alone removes nothing, and a folder that is gone takes its files along`() async throws {
    let store = MemoryStore()
    try await put(store, "d/a", "d/e/b", "keep")
    let feed = HintFeed()
    _ = try await look(store, feed: feed)
    feed.note(.isGone(try ObjectKey("keep")))
    let lied = try await look(store, feed: feed)
    #expect(lied.changes.isEmpty && lied.tally.way == .feed)
    try await remove(store, "d/a")
    try await remove(store, "d/e/b")
    feed.note(.isGone(try ObjectKey("d")))
    #expect(try await look(store, feed: feed).changes == ["removed d/a", "removed d/e/b"])
  }

  @Test func `a file that takes a folder's place removes what lay in it, and the other way round`() async throws {
    let store = MemoryStore()
    try await put(store, "a/b", "a/c", "x")
    let feed = HintFeed()
    _ = try await look(store, feed: feed)
    for name in ["a/b", "a/c", "x"] { try await remove(store, name) }
    try await put(store, "a", "x/y")
    feed.note(.isThere(try await store.stat(try ObjectKey("a")).entry))
    feed.note(.isThere(ObjectEntry(key: try ObjectKey("x/"), size: 0, version: ObjectVersion(""))))
    feed.note(.isThere(try await store.stat(try ObjectKey("x/y")).entry))
    let seen = try await look(store, feed: feed)
    #expect(Set(seen.changes) == ["removed a/b", "removed a/c", "added a", "removed x", "added x/y"] && seen.tally.way == .feed)
  }

  @Test func `where A is a, a rename in case alone and a folder spelled otherwise are told as they are listed`() async throws {
    var capabilities = MemoryStoreOptions.everything
    capabilities.names.foldsCase = true
    let store = MemoryStore(MemoryStoreOptions(name: "folding", capabilities: capabilities))
    try await put(store, "Docs/x", "Docs/y", "a")
    let feed = HintFeed()
    _ = try await look(store, feed: feed)
    try await remove(store, "a")
    try await put(store, "A", "Docs/z")
    try await remove(store, "Docs/x")
    feed.note(.isGone(try ObjectKey("a")))
    feed.note(.isThere(try await store.stat(try ObjectKey("A")).entry))
    let first = try await look(store, feed: feed)
    #expect(first.tally.way == .feed && Set(first.changes) == ["removed a", "added A"])
    feed.note(.isGone(try ObjectKey("docs/x")))
    let second = try await look(store, feed: feed)
    #expect(second.tally.way == .listing && Set(second.changes) == ["removed Docs/x", "added Docs/z"])
  }

  @Test func `two looks at one place at once are refused`() async throws {
    let store = MemoryStore()
    let state = try StateDirectory.open(folder.path)
    let seen = try SeenTree.open(state, store: store.identity, clock: .system)
    defer { seen.close() }
    let error = #expect(throws: CatalogError.self) { try SeenTree.open(state, store: store.identity, clock: .system) }
    #expect(error?.code == .locked)
  }

  // MARK: Helpers

  private struct Stop: Error {}

  private func look(
    _ store: any ObjectStore, feed: HintFeed? = nil, keeping: ChangeTracker.Keeping = .remember,
    report: (FileChange) throws -> Void = { _ in }
  ) async throws -> (changes: [String], tally: ChangeTally) {
    let seen = try SeenTree.open(try StateDirectory.open(folder.path), store: store.identity, clock: .system)
    defer { seen.close() }
    var changes: [String] = []
    let tally = try await ChangeTracker(store, feed: feed, seen: seen).look(keeping) { change in
      try report(change)
      changes.append("\(change.kind.rawValue) \(change.key)")
    }
    return (changes, tally)
  }

  private func put(_ store: MemoryStore, _ names: String...) async throws {
    for name in names { _ = try await store.write(.bytes(Array("text".utf8)), to: try ObjectKey(name), WriteOptions()) }
  }

  private func remove(_ store: MemoryStore, _ name: String) async throws {
    for outcome in try await store.delete([DeleteTarget(try ObjectKey(name))]) { if let error = outcome.error { throw error } }
  }
}

/// A feed that says what it is told to.
private final class HintFeed: ChangeFeed {
  private struct State {
    var hints: [ChangePage.Change] = []
    var oldest = 0
  }

  private let state = Lock(State())

  func note(_ hint: ChangePage.Change) { state.withLock { $0.hints.append(hint) } }
  func repeatAll() { state.withLock { $0.hints += $0.hints } }
  /// Every cursor given so far is worth nothing.
  func reset() { state.withLock { $0.oldest = $0.hints.count + 1 } }

  func latestCursor() async throws -> ChangeCursor {
    state.withLock { state in
      state.oldest = min(state.oldest, state.hints.count)
      return ChangeCursor("\(state.hints.count)")
    }
  }

  func changes(since cursor: ChangeCursor) async throws -> ChangeAnswer {
    state.withLock { state in
      guard let start = Int(cursor.text), start >= state.oldest else { return .reset }
      // Pages of two.
      let end = min(start + 2, state.hints.count)
      return .changes(
        ChangePage(changes: Array(state.hints[start..<end]), cursor: ChangeCursor("\(end)"), hasMore: end < state.hints.count))
    }
  }

  func wait(since cursor: ChangeCursor, atMost limit: Duration) async throws -> ChangeWait {
    state.withLock { $0.hints.count > Int(cursor.text) ?? 0 ? .changed : .unchanged }
  }
}

/// A store in which one folder cannot be looked at.
private final class BlindStore: StoreLayer {
  let base: any ObjectStore
  private let folder: ObjectKey

  init(_ base: any ObjectStore, folder: ObjectKey) { (self.base, self.folder) = (base, folder) }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await body()
  }

  private final class BlindListing: Listing {
    let base: any Listing
    let folder: ObjectKey
    init(_ base: any Listing, _ folder: ObjectKey) { (self.base, self.folder) = (base, folder) }
    func next() async throws -> ListPage? {
      guard var page = try await base.next() else { return nil }
      if page.entries.contains(where: { $0.key.isBelow(folder) }) {
        page.entries.removeAll { $0.key.isBelow(folder) }
        page.problems.append(
          ListProblem(key: folder, reason: .unreadable(StorageError(.permissionDenied, store: "blind", message: "no"))))
      }
      return page
    }
  }

  func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing { BlindListing(base.list(prefix, options), folder) }
}

/// A temporary folder, gone with the test.
private final class Folder: Sendable {
  let path: [UInt8]

  init() {
    var template = Array("/tmp/isobar-changes-XXXXXX".utf8CString)
    precondition(mkdtemp(&template) != nil)
    path = template.dropLast().map { UInt8(bitPattern: $0) }
  }

  deinit {
    let path = String(decoding: path, as: UTF8.self)
    for file in ["seen", "pairs", ""] {
      guard let directory = opendir("\(path)/\(file)") else { continue }
      while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        unlink("\(path)/\(file)/\(name)")
      }
      closedir(directory)
      rmdir("\(path)/\(file)")
    }
  }
}
