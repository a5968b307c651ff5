import Catalog
import ObjectStorage
import Primitives
import Testing

struct RunTests {
  let scratch = Scratch()

  @Test func `a run, its numbers and what it did come back`() throws {
    let catalog = try Sample.open(scratch)
    let run = try catalog.beginRun(.sync)
    #expect(try catalog.runs().map(\.state) == [.running])
    let results = [
      OperationResult(key: Sample.key(1), action: .create, side: .right, bytes: 4096),
      OperationResult(
        key: Sample.key(2), action: .replace, side: .left, outcome: .failed, code: "throttled",
        message: "the store asks to slow down"),
      OperationResult(key: Sample.key(3), action: .adopt),
    ]
    try catalog.apply([.set(Sample.entry(Sample.key(1)))], completing: [results[0]])
    try catalog.apply([], completing: Array(results[1...]))
    let summary = RunSummary(
      outcome: .completed, isComplete: false, transferred: 1, bytes: 4096, deleted: 2, moved: 3, adopted: 4, conflicts: 5,
      failed: 6,
      skipped: 7, requests: ["list": 3, "put": 1], code: "partial", message: "some paths failed")
    try catalog.endRun(run, summary)
    let record = try #require(try catalog.run(run))
    #expect(record.state == .ended(at: Sample.start, summary))
    #expect(record.kind == .sync)
    #expect(try catalog.operations(of: run).map(\.result) == results)
    #expect(try catalog.operations(of: run, after: 1, limit: 1).map(\.result) == [results[1]])
    #expect(try catalog.run(RunID(99)) == nil)
  }

  @Test func `a run whose process died is seen as interrupted`() throws {
    let first = try Sample.open(scratch)
    let lost = try first.beginRun(.sync)
    first.close()
    let second = try Sample.open(scratch)
    #expect(try second.run(lost)?.state == .interrupted)
    let run = try second.beginRun(.retry)
    #expect(try second.runs().map(\.id) == [run, lost])
    #expect(try second.runs().map(\.state) == [.running, .interrupted])
    let viewer = try PairCatalog.openReadOnly(scratch.state(), id: Sample.id, clock: Sample.clock)
    #expect(try viewer.runs().map(\.state) == [.running, .interrupted])
    try second.endRun(run, RunSummary())
    #expect(try second.runs(limit: 5, before: run).map(\.id) == [lost])
    #expect(throws: CatalogError.self) { try second.endRun(run, RunSummary()) }
  }

  @Test func `one catalog has one run at a time, and records nothing outside it`() throws {
    let catalog = try Sample.open(scratch)
    let result = OperationResult(key: Sample.key(1), action: .create)
    #expect(throws: CatalogError.self) {
      try catalog.apply([.set(Sample.entry(Sample.key(1)))], completing: [result])
    }
    #expect(try catalog.baseCount() == 0)
    #expect(try catalog.baseScan().rest() == [])
    #expect(throws: CatalogError.self) { try catalog.recordIntent([Intent(.write, side: .left, key: Sample.key(1))]) }
    _ = try catalog.beginRun(.sync)
    let error = #expect(throws: CatalogError.self) { try catalog.beginRun(.sync) }
    #expect(error?.code == .invalidArgument)
  }

  @Test func `old runs are pruned, but not while their trash is there`() throws {
    let catalog = try Sample.open(scratch)
    var runs: [RunID] = []
    for index in 0..<6 {
      let run = try catalog.beginRun(.sync)
      try catalog.apply([], completing: [OperationResult(key: Sample.key(index), action: .delete, side: .left)])
      try catalog.endRun(run, RunSummary())
      runs.append(run)
    }
    try catalog.addTrash(
      TrashRecord(
        run: runs[1], side: .left, key: Sample.key(1), trashKey: Sample.key(2), size: 1, deletedAt: Sample.start, reason: .deleted))
    try catalog.pruneHistory(keeping: 3)
    #expect(try catalog.runs().map(\.id) == [runs[5], runs[4], runs[3], runs[1]])
    #expect(try catalog.operations(of: runs[0]).isEmpty)
    #expect(try catalog.operations(of: runs[1]).count == 1)
    #expect(try catalog.operations(of: runs[3]).count == 1)
  }

  @Test func `failures count up, and a done operation clears them`() throws {
    var time = Sample.start
    let box = TimeBox(time)
    let catalog = try Sample.open(scratch, clock: WallClock { box.time })
    let (a, b) = (Sample.key(1), Sample.key(2))
    #expect(try catalog.recordFailure(a, side: .right, code: "throttled", message: "slow down") == 1)
    time = time + .seconds(10)
    box.time = time
    let next = time + .seconds(60)
    #expect(try catalog.recordFailure(a, side: .right, code: "unavailable", message: "gone", nextAttempt: next) == 2)
    try catalog.recordFailure(b, side: nil, code: "noSpace", message: "full")
    let failures = try catalog.failures()
    #expect(failures.map(\.key) == [a, b])
    #expect(failures[0].attempts == 2 && failures[0].code == "unavailable" && failures[0].message == "gone")
    #expect(failures[0].firstSeen == Sample.start && failures[0].lastSeen == time && failures[0].nextAttempt == next)
    #expect(failures[0].side == .right && failures[1].side == nil && failures[1].nextAttempt == nil)
    #expect(try catalog.failures(after: a).map(\.key) == [b])
    _ = try catalog.beginRun(.retry)
    try catalog.apply([], completing: [OperationResult(key: a, action: .create, outcome: .failed), .init(key: b, action: .create)])
    #expect(try catalog.failures().map(\.key) == [a])
    try catalog.clearFailure(a)
    #expect(try catalog.failureCount() == 0)
  }
}

/// A time that a test moves on.
final class TimeBox: @unchecked Sendable {
  var time: Timestamp
  init(_ time: Timestamp) { self.time = time }
}
