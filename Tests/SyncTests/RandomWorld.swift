import Catalog
import Concurrency
import Glibc
import LocalStorage
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import SyncTesting

@testable import Sync

/// Two stores that people edit at random, and a state; the same for the same seed.
final class RandomWorld {
  let seed: UInt64
  var random: SeededRandom
  private(set) var stores: BothSides<any ObjectStore>
  let folder: String
  var options: SyncOptions
  /// Set by the clock's readers; each run is hours after the one before.
  let time = Lock<Int64>(1_700_000_000)
  private var texts = 0
  private var log: [String] = []

  /// Kinds of pairs, from the strictest to the most modest.
  static let kinds = 7

  /// - Parameter left: the left side of another world, to share it.
  init(seed: UInt64, left shared: (any ObjectStore)? = nil) throws {
    self.seed = seed
    var start = SeededRandom(seed: seed)
    // In memory where that is possible: thousands of runs wait for the disk else.
    let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(parent)/isobar-random-XXXXXX".utf8CString)
    let path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    folder = path
    func memory(_ name: String, _ capabilities: StoreCapabilities, hash: ContentHash.Method? = .md5) -> MemoryStore {
      MemoryStore(MemoryStoreOptions(name: name, capabilities: capabilities, hash: hash, pageSize: 3))
    }
    func local(_ name: String) throws -> LocalStore {
      var options = LocalOptions()
      options.create = true
      return try LocalStore.open(path: Array("\(path)/\(name)".utf8), options: options)
    }
    let folderLike = MemoryStoreOptions.likeFolder
    switch seed % UInt64(RandomWorld.kinds) {
    case 0: stores = BothSides(left: memory("left", folderLike, hash: nil), right: memory("right", MemoryStoreOptions.everything))
    case 1: stores = BothSides(left: memory("left", folderLike, hash: nil), right: memory("right", MemoryStoreOptions.modest))
    case 2: stores = BothSides(left: memory("left", folderLike, hash: nil), right: memory("right", folderLike, hash: nil))
    case 3: stores = BothSides(left: memory("left", MemoryStoreOptions.modest, hash: nil), right: memory("right", folderLike))
    case 4: stores = BothSides(left: try local("left"), right: memory("right", MemoryStoreOptions.everything))
    case 5: stores = BothSides(left: try local("left"), right: try local("right"))
    default:
      stores = BothSides(
        left: memory("left", folderLike, hash: nil), right: StoredSizeStore(memory("right", MemoryStoreOptions.everything)))
    }
    let policies = ConflictPolicy.allCases
    options = SyncOptions(
      conflicts: policies[Int.random(in: 0..<policies.count, using: &start)], deleteGuard: .off, force: true,
      concurrency: Bool.random(using: &start) ? 1 : 4)
    random = start
    if let shared { stores.left = shared }
  }

  deinit { _ = systemCommand("rm -rf '\(folder)'") }

  var hasLocal: Bool { stores.left is LocalStore || stores.right is LocalStore }
  var history: String { log.joined(separator: "\n") }
  func note(_ text: String) { log.append(text) }

  // MARK: Looking

  /// Everything a store holds.
  func everything(_ side: PairSide) async throws -> [ObjectKey: String] {
    var all: [ObjectKey: String] = [:]
    let listing = stores[side].list(.all, ListOptions())
    while let page = try await listing.next() {
      for entry in page.entries {
        all[entry.key] =
          entry.key.isFolder ? "" : String(decoding: try await stores[side].readBytes(entry.key, limit: 1 << 20), as: UTF8.self)
      }
    }
    return all
  }

  func files(_ side: PairSide) async throws -> [ObjectKey: String] {
    try await everything(side).filter { !$0.key.bytes.starts(with: Filter.reserved) && !$0.key.isFolder }
  }

  /// Every text that can be reached somewhere.
  func reachable() async throws -> Set<String> {
    var texts: Set<String> = []
    for side in PairSide.allCases { texts.formUnion(try await everything(side).filter { !$0.key.isFolder }.values) }
    return texts
  }

  // MARK: Editing

  private static let names = ["a", "A", "b", "d/a", "d/b", "d/e/a", "d/e/b", "f/a", "d", "f"]

  private func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &random)] }

  private func newText() -> String {
    // A few texts come twice, so that equal contents meet; lines, so that some can be merged.
    texts += 1
    if Int.random(in: 0..<8, using: &random) == 0 { return "common \(Int.random(in: 0..<2, using: &random))\n" }
    return "first \(seed)\nsecond\nthird\nfourth \(texts)\n" + (Bool.random(using: &random) ? "" : "longer\n")
  }

  /// One edit, as a person would make it: errors (a name that cannot be there) are no edits.
  func edit(_ side: PairSide) async throws {
    let store = stores[side]
    let files = try await files(side).keys.sorted()
    let name = try ObjectKey(pick(RandomWorld.names))
    switch Int.random(in: 0..<12, using: &random) {
    case 0..<4:
      try await makeRoom(for: name, side)
      let text = newText()
      note("  \(side) writes \(name): \(text.dropFirst(6).split(separator: "\n"))")
      try await put(side, name, text)
    case 4...5 where !files.isEmpty:
      let victim = pick(files)
      note("  \(side) deletes \(victim)")
      _ = try await store.delete([DeleteTarget(victim)])
    case 6...7 where !files.isEmpty:
      let old = pick(files)
      if old == name || name.isBelow(ObjectKey(trusted: old.bytes + [0x2F])) { return }
      try await makeRoom(for: name, side)
      guard try await store.find(old) != nil else { return }
      note("  \(side) renames \(old) to \(name)")
      _ = try await store.move(old, to: name, CopyOptions())
    case 8 where !files.isEmpty:
      let touched = pick(files)
      note("  \(side) touches \(touched)")
      let text = String(decoding: try await store.readBytes(touched, limit: 1 << 20), as: UTF8.self)
      try await put(side, touched, text)
    case 9:
      let folder = try ObjectKey(pick(["d/", "d/e/", "f/", "g/"]))
      try await makeRoom(for: folder, side)
      note("  \(side) makes \(folder)")
      _ = try await store.write(.empty, to: folder, WriteOptions())
    case 10:
      let (old, new) = pick([("d/", "h/"), ("h/", "d/"), ("f/", "d/e/"), ("d/e/", "k/")])
      note("  \(side) renames the folder \(old) to \(new)")
      for file in files where file.bytes.starts(with: Array(old.utf8)) {
        let target = try ObjectKey(Array(new.utf8) + file.bytes.dropFirst(old.utf8.count))
        try await makeRoom(for: target, side)
        _ = try? await store.move(file, to: target, CopyOptions())
      }
      _ = try await store.delete([DeleteTarget(try ObjectKey(old))])
    default:
      guard files.count > 1 else { return }
      let (first, second) = (pick(files), pick(files))
      if first == second { return }
      note("  \(side) swaps \(first) and \(second)")
      let aside = try ObjectKey("aside")
      _ = try await store.move(first, to: aside, CopyOptions())
      _ = try await store.move(second, to: first, CopyOptions())
      _ = try await store.move(aside, to: second, CopyOptions())
    }
  }

  func put(_ side: PairSide, _ key: ObjectKey, _ text: String) async throws {
    let moment = Timestamp(seconds: 1_700_000_000 + Int64.random(in: 0..<10_000, using: &random))
    _ = try await stores[side].write(.bytes(Array(text.utf8)), to: key, WriteOptions(metadata: ObjectMetadata(modified: moment)))
  }

  /// A name is a file or a folder; what stands in the way is deleted first.
  private func makeRoom(for key: ObjectKey, _ side: PairSide) async throws {
    let slashed = ObjectKey(trusted: Array(key.withoutSlash) + [0x2F])
    for present in try await everything(side).keys.sorted().reversed() {
      let isBelow = !key.isFolder && (present == slashed || present.isBelow(slashed))
      let isAbove = !present.isFolder && key.isBelow(ObjectKey(trusted: present.bytes + [0x2F]))
      let isSame = key.isFolder && present.bytes[...] == key.withoutSlash
      if isBelow || isAbove || isSame { _ = try await stores[side].delete([DeleteTarget(present)]) }
    }
  }

  // MARK: Syncing

  func withPair<Result>(
    _ stores: BothSides<any ObjectStore>? = nil, _ body: (PairSync) async throws -> Result
  ) async throws -> Result {
    let stores = stores ?? self.stores
    time.withLock { $0 += 7200 }
    let clock = WallClock(now: { [time] in Timestamp(seconds: time.withLock { $0 }) })
    let catalog = try PairCatalog.open(
      StateDirectory.open(Array("\(folder)/state".utf8)),
      pair: PairRecord(
        // One-way runs remember something else than two-way runs.
        id: (options.direction == .twoWay ? "2" : "1") + String(0x100_0000 + seed, radix: 16) + String(repeating: "0", count: 24),
        left: PairEnd(stableID: "left", displayName: "left"),
        right: PairEnd(stableID: "right", displayName: "right"), created: Timestamp(seconds: 1_700_000_000)), clock: clock)
    defer { catalog.close() }
    return try await body(
      PairSync(
        left: SyncEnd(store: stores.left), right: SyncEnd(store: stores.right), catalog: catalog, options: options, clock: clock))
  }

  /// Takes back what a run deleted and replaced, any run.
  func undo() async throws {
    let faulty = Int.random(in: 0..<100, using: &random)
    func wrapped(_ store: any ObjectStore) -> any ObjectStore {
      FaultyStore(
        store, random: RandomFaults(seed: seed, failBefore: faulty, failAfter: faulty, operations: [.copy, .move, .delete]))
    }
    try await withPair(BothSides(left: wrapped(stores.left), right: wrapped(stores.right))) { pair in
      guard let run = try pair.catalog.trash(limit: 1000).map(\.run).randomElement(using: &random) else { return }
      let summary = try await pair.undo(run)
      note("undo of run \(run): \(summary.restored.map(\.key)), missing \(summary.missing.map(\.key)), \(summary.failures)")
    }
  }

  /// As after the loss of a disk.
  func loseState() {
    note("the state is lost")
    _ = systemCommand("rm -rf '\(folder)/state'")
  }

  /// One run in which things go wrong; returns the texts that somebody wrote, and those that he took away, while it ran.
  func troubledRun() async throws -> (written: Set<String>, taken: Set<String>) {
    let isDead = Lock(false)
    let written = Lock<Set<String>>([])
    let taken = Lock<Set<String>>([])
    let ends = BothSides(left: EventStore(stores.left, isDead: isDead), right: EventStore(stores.right, isDead: isDead))
    var wrapped: BothSides<any ObjectStore> = BothSides(left: ends.left, right: ends.right)
    let side: PairSide = Bool.random(using: &random) ? .left : .right
    let number = Int.random(in: 1...30, using: &random)
    let before = Bool.random(using: &random)
    var mustCancel = false
    switch Int.random(in: 0..<6, using: &random) {
    case 5:
      note("run with random faults and retries")
      for side in PairSide.allCases {
        let faulty = FaultyStore(stores[side], random: RandomFaults(seed: random.next(), failBefore: 80, failAfter: 80))
        wrapped[side] = RetryingStore(
          faulty, options: RetryOptions(attempts: 3, backoff: Backoff(base: .microseconds(10), cap: .microseconds(20)), seed: seed))
      }
    case 0:
      note("run with random faults")
      for side in PairSide.allCases {
        wrapped[side] = FaultyStore(
          stores[side],
          random: RandomFaults(
            seed: random.next(), failBefore: 60, failAfter: 60,
            operations: [
              .stat, .read, .payload, .write, .openWrite, .commit, .delete, .copy, .move, .updateMetadata, .list,
            ]))
      }
    case 1:
      note("run that dies at call \(number) of the \(side) side, \(before ? "before" : "after") it")
      ends[side].at(number, before: before) { isDead.withLock { $0 = true } }
    case 2:
      note("run that is cancelled at call \(number) of the \(side) side")
      mustCancel = true
    case 3 where try await stores[side].capabilities().ifMatches != .ignored:
      // One path after the other, so that what the edit replaces is known.
      options.concurrency = 1
      let key = try ObjectKey(pick(["a", "b", "d/a", "d/b"]))
      let text = "written during a run \(texts)"
      texts += 1
      let deletes = Int.random(in: 0..<4, using: &random) == 0
      note("run during which \(side) \(deletes ? "deletes" : "writes") \(key) at call \(number), \(before ? "before" : "after") it")
      let store = stores[side]
      ends[side].at(number, before: before) {
        if let old = try? await store.readBytes(key, limit: 1 << 20) {
          taken.withLock { _ = $0.insert(String(decoding: old, as: UTF8.self)) }
        }
        if deletes {
          _ = try? await store.delete([DeleteTarget(key)])
        } else if (try? await store.write(.bytes(Array(text.utf8)), to: key, WriteOptions())) != nil {
          written.withLock { _ = $0.insert(text) }
        }
      }
    default: note("run")
    }
    let stores = wrapped
    do {
      if mustCancel {
        let task = Lock<Task<Void, any Error>?>(nil)
        ends[side].at(number, before: before) { task.withLock { $0?.cancel() } }
        try await withPair(stores) { pair in
          let run = Task { _ = try await pair.run() }
          task.withLock { $0 = run }
          try await run.value
        }
      } else {
        let summary = try await withPair(stores) { try await $0.run() }
        for failure in summary.failures { note("    failed: \(failure)") }
      }
    } catch let error as CatalogError { throw error } catch { note("    ended: \(error)") }
    return (written.withLock { $0 }, taken.withLock { $0 })
  }
}
