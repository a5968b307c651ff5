import Catalog
import Composition
import Concurrency
import MemoryStorage
import ObjectStorage
import Primitives
import Sync
import Testing

@Suite struct PairUpkeepTests {
  private let scratch = Scratch()
  private let builder = StoreBuilder(runtime: Runtime())
  private let time = Lock(Timestamp(seconds: 1_700_000_000))

  private func run(_ left: MemoryStore, _ right: MemoryStore, _ upkeep: PairUpkeep) async throws -> RunRecord {
    let time = time
    let opener = PairOpener(
      state: try StateDirectory.open(Array("\(scratch.path)/state".utf8)), clock: WallClock { time.withLock { $0 } })
    let pair = try opener.open(
      left: builder.open(.store(left)), right: builder.open(.store(right)), options: SyncOptions(deleteGuard: .off, force: true),
      upkeep: upkeep)
    defer { pair.close() }
    _ = try await pair.run()
    return try #require(try pair.catalog.runs(limit: 1).first)
  }

  private func pass(days: Int) { time.withLock { $0 = $0 + .seconds(days * 86_400) } }

  private func trash(_ store: MemoryStore) -> Int {
    store.snapshot().filter { $0.key.bytes.starts(with: Array(".isobar/trash/".utf8)) && !$0.key.isFolder }.count
  }

  @Test func `the trash keeps things for as long as it is told, and then lets go`() async throws {
    let (left, right) = (folder("left"), bucket("right"))
    let upkeep = PairUpkeep(trashRetention: .seconds(10 * 86_400))
    try await left.put("a", "1")
    try await left.put("b", "2")
    _ = try await run(left, right, upkeep)
    for outcome in try await left.delete([DeleteTarget(ObjectKey("a"))]) { #expect(outcome.error == nil) }
    _ = try await run(left, right, upkeep)
    #expect(trash(right) == 1)
    pass(days: 9)
    _ = try await run(left, right, upkeep)
    #expect(trash(right) == 1)
    pass(days: 2)
    _ = try await run(left, right, upkeep)
    #expect(trash(right) == 0)
    #expect(try await right.text("b") == "2")
  }

  @Test func `edge 38: what is due by the calendar is done although the last time was told by a clock that was ahead`() async throws
  {
    let (left, right) = (folder("left"), bucket("right"))
    let upkeep = PairUpkeep(trashRetention: .seconds(10 * 86_400), rehashEvery: .seconds(7 * 86_400))
    try await left.put("a", "1")
    try await left.put("b", "2")
    _ = try await run(left, right, upkeep)
    // Three years ahead for one run, which reads everything and looks through the trash.
    pass(days: 1000)
    #expect(try await run(left, right, upkeep).kind == .rehash)
    pass(days: -990)
    #expect(try await run(left, right, upkeep).kind == .rehash)
    #expect(try await run(left, right, upkeep).kind == .sync)
    for outcome in try await left.delete([DeleteTarget(ObjectKey("a"))]) { #expect(outcome.error == nil) }
    _ = try await run(left, right, upkeep)
    #expect(trash(right) == 1)
    pass(days: 11)
    _ = try await run(left, right, upkeep)
    #expect(trash(right) == 0)
  }

  @Test func `contents are read again when the last time is long enough ago`() async throws {
    let (left, right) = (folder("left"), bucket("right"))
    let upkeep = PairUpkeep(rehashEvery: .seconds(7 * 86_400))
    try await left.put("a", "1")
    var kinds: [RunKind] = []
    for days in [0, 6, 1, 1, 6, 1] {
      pass(days: days)
      kinds.append(try await run(left, right, upkeep).kind)
    }
    #expect(kinds == [.sync, .sync, .rehash, .sync, .rehash, .sync])
  }
}
