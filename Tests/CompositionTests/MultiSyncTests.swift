import Composition
import Concurrency
import MemoryStorage
import ObjectStorage
import StoreLayers
import Sync
import Testing

@Suite struct MultiSyncTests {
  private let scratch = Scratch()
  private let runtime = Runtime()

  private func multi(
    _ left: any ObjectStore, _ rights: [any ObjectStore], _ options: SyncOptions = SyncOptions()
  ) throws -> MultiSync {
    let builder = StoreBuilder(runtime: runtime)
    return MultiSync(
      left: try builder.open(.store(left)), rights: try rights.map { try builder.open(.store($0)) }, opener: try scratch.opener(),
      options: options)
  }

  @Test func `what a later store brings reaches the earlier ones in the same run`() async throws {
    let (left, first, second, third) = (folder("left"), bucket("first"), bucket("second"), bucket("third"))
    try await left.put("from-left", "1")
    try await first.put("from-first", "2")
    try await third.put("from-third", "3")
    let outcomes = try await multi(left, [first, second, third]).run()
    for store in [left, first, second, third] as [any ObjectStore] {
      #expect(try await store.text("from-left") == "1")
      #expect(try await store.text("from-first") == "2")
      #expect(try await store.text("from-third") == "3")
    }
    // Left and first send one each to the other, then first gets the third's file.
    let summary = try outcomes[0].result.get()
    #expect(summary.transferred == 3)
    #expect(summary.bytes == 3)
  }

  @Test func `when nothing changed each pair is looked at once`() async throws {
    let (left, first, second) = (folder("left"), bucket("first"), bucket("second"))
    try await left.put("a", "1")
    let multi = try multi(left, [first, second])
    _ = try await multi.run()
    let runs = Lock([0, 0])
    let outcomes = try await multi.run { index, event in
      if case .planned = event { runs.withLock { $0[index] += 1 } }
    }
    #expect(runs.withLock { $0 } == [1, 1])
    for outcome in outcomes { #expect(try outcome.result.get().transferred == 0) }
  }

  @Test func `a store that is down does not stop the others`() async throws {
    let (left, second) = (folder("left"), bucket("second"))
    let down = FaultyStore(
      bucket("down"), random: RandomFaults(seed: 1, failBefore: 1000, failAfter: 0, breakBody: 0))
    try await left.put("a", "1")
    let outcomes = try await multi(left, [down, second]).run()
    #expect(throws: StorageError.self) { try outcomes[0].result.get() }
    #expect(try outcomes[1].result.get().transferred == 1)
    #expect(try await second.text("a") == "1")
  }

  @Test func `a one-way run takes nothing from the right ends`() async throws {
    let (left, first, second) = (folder("left"), bucket("first"), bucket("second"))
    try await left.put("a", "1")
    try await second.put("b", "2")
    let outcomes = try await multi(left, [first, second], SyncOptions(direction: .copy)).run()
    #expect(try outcomes.map { try $0.result.get().transferred } == [1, 1])
    #expect(try await left.text("b") == nil)
    #expect(try await first.text("b") == nil)
    #expect(try await second.text("b") == "2")
  }

  @Test func `one right end inside another is refused before anything is done`() async throws {
    let (left, right) = (folder("left"), bucket("right"))
    try await left.put("a", "1")
    let builder = StoreBuilder(runtime: runtime)
    let multi = MultiSync(
      left: try builder.open(.store(left)),
      rights: [try builder.open(.store(right)), try builder.open(.store(right, subfolder: ObjectKey("inner/")))],
      opener: try scratch.opener(), options: SyncOptions())
    let refused = await error { try await multi.run() } as? StorageError
    #expect(refused?.code == .invalidArgument)
    #expect(try await right.text("a") == nil)
  }

  @Test func `a plan for several stores changes none of them`() async throws {
    let (left, first, second) = (folder("left"), bucket("first"), bucket("second"))
    try await left.put("a", "1")
    let plans = try await multi(left, [first, second]).plan()
    #expect(try plans.map { try $0.result.get().totals[.transfer] } == [1, 1])
    #expect(try await first.text("a") == nil)
  }
}
