import Catalog
import Glibc
import LocalStorage
import MemoryStorage
import ObjectStorage
import Primitives
import Sync
import SyncTesting

/// Two ends that a person edits, and a state that is damaged between two runs; the same for the same seed.
///
/// It knows what the person did since the last run, so that it can tell a delete that was meant from one that was not.
final class DamagedWorld {
  enum Ends: CaseIterable { case folders, memory, folderAndMemory }

  static let pairID = "0123456789abcdef0123456789abcdef"
  var random: SeededRandom
  private let place = TemporaryFolder(memory: true)
  let folder: String
  let ends: BothSides<any ObjectStore>
  private var texts = 0
  /// Paths that the person changed since both sides last agreed.
  private var edited: Set<ObjectKey> = []
  private(set) var log: [String] = []

  init(seed: UInt64, _ kind: Ends) throws {
    random = SeededRandom(seed: seed)
    let path = place.path
    folder = path
    func local(_ name: String) throws -> any ObjectStore {
      var options = LocalOptions()
      options.create = true
      return try LocalStore.open(path: Array("\(path)/\(name)".utf8), options: options)
    }
    func memory(_ name: String) -> any ObjectStore { MemoryStore(MemoryStoreOptions(name: name, pageSize: 16)) }
    switch kind {
    case .folders: ends = BothSides(left: try local("left"), right: try local("right"))
    case .memory: ends = BothSides(left: memory("left"), right: memory("right"))
    case .folderAndMemory: ends = BothSides(left: try local("left"), right: memory("right"))
    }
  }

  func note(_ text: String) { log.append(text) }
  func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &random)] }
  func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }

  // MARK: The state

  var state: StateDirectory { get throws { try StateDirectory.open(Array("\(folder)/state".utf8)) } }

  /// One of the state's files by its ending.
  func file(_ suffix: String) -> String { "\(folder)/state/pairs/\(Self.pairID).\(suffix)" }

  func catalog() throws -> PairCatalog {
    try PairCatalog.open(
      state,
      pair: PairRecord(
        id: Self.pairID, left: PairEnd(stableID: ends.left.identity.stableID, displayName: "left"),
        right: PairEnd(stableID: ends.right.identity.stableID, displayName: "right"), created: Timestamp(seconds: 1_700_000_000)),
      clock: .system)
  }

  @discardableResult
  func sync(
    beforeClosing: () -> Void = {}, observer: @escaping @Sendable (SyncEvent) -> Void = { _ in }
  ) async throws -> SyncSummary {
    let catalog = try catalog()
    defer { catalog.close() }
    let summary = try await pair(catalog).run(observer: observer)
    beforeClosing()
    return summary
  }

  func planIsEmpty() async throws -> Bool {
    let catalog = try catalog()
    defer { catalog.close() }
    return try await pair(catalog).plan().totals.operations.values.allSatisfy { $0 == 0 }
  }

  /// The database of another pair whose base names the same paths.
  func anotherPair() async throws -> [UInt8] {
    let place = Array("\(folder)/other-state".utf8)
    defer { _ = systemCommand("rm -rf '\(folder)/other-state'") }
    let id = "fedcba9876543210fedcba9876543210"
    let catalog = try PairCatalog.open(
      StateDirectory.open(place),
      pair: PairRecord(
        id: id, left: PairEnd(stableID: "there", displayName: "there"), right: PairEnd(stableID: "here", displayName: "here"),
        created: Timestamp(seconds: 1_600_000_000)), clock: .system)
    let run = try catalog.beginRun(.sync)
    let names = try await files(.left).keys.sorted() + (0..<20).map { try ObjectKey("elsewhere \($0)") }
    try catalog.apply(names.map { .set(BaseEntry(key: $0, size: 5, left: SideState(version: ObjectVersion("1")))) })
    try catalog.endRun(run, RunSummary(isComplete: true))
    catalog.close()
    return Files.read("\(folder)/other-state/pairs/\(id).db") ?? []
  }

  private func pair(_ catalog: PairCatalog) -> PairSync {
    // The guard would hide a wrong delete: it is off.
    PairSync(
      left: SyncEnd(store: ends.left), right: SyncEnd(store: ends.right), catalog: catalog,
      options: SyncOptions(conflicts: .keepBoth, deleteGuard: .off, force: true, concurrency: 2))
  }

  // MARK: Looking

  func everything(_ side: PairSide) async throws -> [ObjectKey: String] {
    var all: [ObjectKey: String] = [:]
    let listing = ends[side].list(.all, ListOptions())
    while let page = try await listing.next() {
      for entry in page.entries where !entry.key.isFolder {
        all[entry.key] = String(decoding: try await ends[side].readBytes(entry.key, limit: 1 << 16), as: UTF8.self)
      }
    }
    return all
  }

  func files(_ side: PairSide) async throws -> [ObjectKey: String] {
    try await everything(side).filter { !$0.key.bytes.starts(with: Array(".isobar/".utf8)) }
  }

  /// What a sync must keep, seen right before it.
  struct Before {
    /// Paths that nobody touched since both sides agreed: they stay where they are.
    var untouched: [ObjectKey: String]
    /// Texts that the person wrote or moved since: in sight on both sides afterwards.
    var fresh: Set<String>
    /// Every text anywhere: nothing of it is lost.
    var reachable: Set<String>
  }

  func look() async throws -> Before {
    var before = Before(untouched: [:], fresh: [], reachable: [])
    for side in PairSide.allCases {
      for (key, text) in try await files(side) {
        if edited.contains(key) { before.fresh.insert(text) } else { before.untouched[key] = text }
      }
      before.reachable.formUnion(try await everything(side).values)
    }
    // What the other side still has at an edited path is the old version, which may go.
    before.fresh.formIntersection(written)
    return before
  }

  /// What is wrong after both sides came to rest; nil if nothing is.
  func problem(since before: Before) async throws -> String? {
    let (left, right) = (try await files(.left), try await files(.right))
    if left != right { return "not in step: \(left) and \(right)" }
    for (key, text) in before.untouched where left[key] != text {
      return "\(key) was touched by nobody, and is \(left[key] ?? "gone")"
    }
    let unseen = before.fresh.subtracting(left.values)
    if !unseen.isEmpty { return "out of sight: \(unseen.sorted())" }
    let reachable = Set(try await everything(.left).values).union(try await everything(.right).values)
    let lost = before.reachable.subtracting(reachable)
    return lost.isEmpty ? nil : "lost: \(lost.sorted())"
  }

  /// Both sides agree: what was edited until now is old.
  func agree() {
    edited = []
    written = []
  }

  // MARK: Editing

  private var written: Set<String> = []

  /// Makes a tree of some size on both sides.
  func fill() async throws {
    for index in 0..<40 + below(160) { try await write(pick(PairSide.allCases), "d\(index % 7)/e\(index % 3)/file \(index)") }
  }

  private func write(_ side: PairSide, _ name: String) async throws {
    texts += 1
    let text = "text \(texts)" + String(repeating: ".", count: below(30))
    let key = try ObjectKey(name)
    let modified = Timestamp(seconds: 1_700_000_000 + Int64(below(10_000)))
    _ = try await ends[side].write(
      .bytes(Array(text.utf8)), to: key, WriteOptions(metadata: ObjectMetadata(modified: modified)))
    written.insert(text)
    edited.insert(key)
  }

  /// Creates, edits, deletes, renames and edits on both sides: what a state with a hole in it could take for something else.
  func edit() async throws {
    for side in PairSide.allCases {
      for _ in 0..<2 + below(6) {
        // Each path by one edit only: what an edit of an edit leaves behind is another test's matter.
        let present = try await files(side).keys.filter { !edited.contains($0) }.sorted()
        guard !present.isEmpty else { return try await write(side, "first") }
        let key = pick(present)
        switch below(6) {
        case 0:
          note("\(side) creates new \(texts)")
          try await write(side, "d\(below(9))/new \(texts)")
        case 1...2:
          note("\(side) edits \(key)")
          try await write(side, key.description)
        case 3:
          note("\(side) deletes \(key)")
          edited.insert(key)
          _ = try await ends[side].delete([DeleteTarget(key)])
        case 4:
          let new = try ObjectKey("d\(below(9))/moved \(texts) \(below(1000))")
          note("\(side) moves \(key) to \(new)")
          written.insert(String(decoding: try await ends[side].readBytes(key, limit: 1 << 16), as: UTF8.self))
          _ = try await ends[side].move(key, to: new, CopyOptions(condition: .ifAbsent))
          edited.formUnion([key, new])
        default:
          note("both edit \(key)")
          guard try await ends[side.other].find(key) != nil else { continue }
          for side in PairSide.allCases { try await write(side, key.description) }
        }
      }
    }
  }
}
