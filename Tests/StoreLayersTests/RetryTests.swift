import Concurrency
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import StoreTesting
import Testing

@Suite struct RetryTests {
  private let key = try! ObjectKey("folder/file")
  private let quick = RetryOptions(attempts: 4, backoff: Backoff(base: .microseconds(50), cap: .milliseconds(1)), seed: 7)

  private func retrying(_ faulty: FaultyStore, _ options: RetryOptions? = nil) -> RetryingStore {
    RetryingStore(faulty, options: options ?? quick)
  }

  private func write(_ store: any ObjectStore, _ text: String, _ options: WriteOptions = WriteOptions()) async throws
    -> WriteReceipt
  {
    try await store.write(.bytes(Array(text.utf8)), to: key, options)
  }

  @Test func `a passing failure is tried again`() async throws {
    let memory = MemoryStore()
    let faulty = FaultyStore(
      memory, [Fault(.write, .failBefore(.unavailable)), Fault(.write, occurrence: 2, .failBefore(.throttled))])
    _ = try await write(retrying(faulty), "x")
    #expect(faulty.unfired.isEmpty)
    #expect(faulty.calls(.write) == 3)
    #expect(memory.snapshot()[key] == Array("x".utf8))
  }

  @Test func `a failure for good is not tried again`() async throws {
    let faulty = FaultyStore(MemoryStore(), [Fault(.stat, .failBefore(.permissionDenied, retry: .never))])
    await #expect { _ = try await retrying(faulty).stat(key) } throws: { ($0 as? StorageError)?.code == .permissionDenied }
    #expect(faulty.calls(.stat) == 1)
  }

  @Test func `attempts end`() async throws {
    let faulty = FaultyStore(MemoryStore(), (1...9).map { Fault(.stat, occurrence: $0, .failBefore(.unavailable)) })
    await #expect { _ = try await retrying(faulty).stat(key) } throws: { ($0 as? StorageError)?.code == .unavailable }
    #expect(faulty.calls(.stat) == 4)
  }

  @Test func `the budget is shared by all calls and ends retries`() async throws {
    let faulty = FaultyStore(MemoryStore(), (1...9).map { Fault(.stat, occurrence: $0, .failBefore(.unavailable)) })
    let store = RetryingStore(faulty, options: quick, budget: RetryBudget(capacity: 2, ratio: 0))
    await #expect(throws: StorageError.self) { _ = try await store.stat(key) }
    #expect(faulty.calls(.stat) == 3)
    await #expect(throws: StorageError.self) { _ = try await store.stat(key) }
    #expect(faulty.calls(.stat) == 4)
  }

  @Test func `a wait that the service asks for is kept`() async throws {
    let faulty = FaultyStore(MemoryStore(), [Fault(.stat, .failBefore(.throttled, retry: .after(.seconds(30))))])
    let time = ManualClock()
    let store = RetryingStore(faulty, options: quick, clock: time.clock)
    let task = Task { [key] in try await store.find(key) }
    try await time.waitForSleepers()
    time.advance(by: .seconds(29))
    #expect(time.sleeperCount == 1)
    time.advance(by: .seconds(2))
    #expect(try await task.value == nil)
    #expect(faulty.calls(.stat) == 2)
  }

  @Test func `a wait beyond patience is handed on`() async throws {
    let faulty = FaultyStore(MemoryStore(), [Fault(.stat, .failBefore(.throttled, retry: .after(.seconds(3600))))])
    await #expect { _ = try await retrying(faulty).stat(key) } throws: {
      ($0 as? StorageError)?.retry == .after(.seconds(3600))
    }
    #expect(faulty.calls(.stat) == 1)
  }

  @Test func `a broken body comes again from its beginning`() async throws {
    let memory = MemoryStore()
    let pattern = Pattern(seed: 1)
    _ = try await memory.write(pattern.payload(500_000), to: key, WriteOptions())
    let faulty = FaultyStore(memory, [Fault(.read, .breakBody(after: 200_000)), Fault(.read, occurrence: 2, .breakBody(after: 1))])
    let sink = PatternSink(pattern)
    _ = try await retrying(faulty).read(key, ReadOptions(), into: sink)
    #expect(faulty.unfired.isEmpty)
    #expect(sink.count == 500_000)
    #expect(sink.mismatch == nil)
  }

  @Test func `a sink that cannot go back ends the retries once it has bytes`() async throws {
    let memory = MemoryStore()
    _ = try await memory.write(Pattern(seed: 1).payload(500_000), to: key, WriteOptions())
    let before = FaultyStore(memory, [Fault(.read, .failBefore(.unavailable))])
    let whole = PatternSink(Pattern(seed: 1))
    _ = try await retrying(before).read(key, ReadOptions(), into: HostileSink(whole, .final))
    #expect(whole.count == 500_000)
    let broken = FaultyStore(memory, [Fault(.read, .breakBody(after: 200_000))])
    let part = PatternSink(Pattern(seed: 1))
    await #expect { _ = try await retrying(broken).read(key, ReadOptions(), into: HostileSink(part, .final)) } throws: {
      ($0 as? StorageError)?.code == .unavailable
    }
    #expect(broken.calls(.read) == 1)
    #expect(part.count == 200_000)
  }

  @Test(arguments: [ContentHash.Method.md5, .sha256, .crc32c, nil])
  func `a conditional write whose answer was lost is recognised as ours`(_ hash: ContentHash.Method?) async throws {
    let memory = MemoryStore(MemoryStoreOptions(hash: hash))
    let metadata = ObjectMetadata(modified: Timestamp(seconds: 1_700_000_000, nanoseconds: 5), mode: 0o640)
    let faulty = FaultyStore(memory, [Fault(.write, .failAfter(.unavailable)), Fault(.write, occurrence: 2, .failAfter(.timeout))])
    let store = retrying(faulty)
    let first = try await write(store, "one", WriteOptions(condition: .ifAbsent, metadata: metadata))
    #expect(faulty.calls(.write) == 1)
    #expect(try await memory.stat(key).entry.version == first.version)
    let second = try await write(store, "two", WriteOptions(condition: .ifMatches(first.version), metadata: metadata))
    #expect(faulty.unfired.isEmpty)
    #expect(try await memory.stat(key).entry.version == second.version)
    #expect(memory.snapshot()[key] == Array("two".utf8))
  }

  @Test(arguments: [ContentHash.Method.md5, .crc32c, nil])
  func `an old object of the same length and time is not taken for a write that never happened`(_ hash: ContentHash.Method?)
    async throws
  {
    let memory = MemoryStore(MemoryStoreOptions(hash: hash))
    let metadata = ObjectMetadata(modified: Timestamp(seconds: 1_700_000_000, nanoseconds: 5), mode: 0o640)
    let first = try await write(memory, "one", WriteOptions(metadata: metadata))
    let faulty = FaultyStore(memory, [Fault(.write, .failBefore(.unavailable, mayHaveHappened: true))])
    let second = try await write(
      retrying(faulty), "two", WriteOptions(condition: .ifMatches(first.version), metadata: metadata))
    #expect(faulty.calls(.write) == 2)
    #expect(second.version != first.version)
    #expect(memory.snapshot()[key] == Array("two".utf8))
  }

  @Test(arguments: [WriteCondition.ifAbsent, .always])
  func `a lost answer of a store that kept the bytes only still leaves the metadata`(_ condition: WriteCondition) async throws {
    let memory = MemoryStore()
    let metadata = ObjectMetadata(modified: Timestamp(seconds: 1_700_000_000), mode: 0o640)
    let store = RetryingStore(ForgetfulStore(memory), options: quick)
    let receipt = try await write(store, "one", WriteOptions(condition: condition, metadata: metadata))
    let entry = try await memory.stat(key).entry
    #expect(entry.modified == metadata.modified)
    #expect(entry.mode == metadata.mode)
    #expect(entry.version == receipt.version)
  }

  @Test func `a conditional write that lost against another is not called ours`() async throws {
    let memory = MemoryStore()
    _ = try await write(memory, "theirs")
    // The answer that says so is lost, too: all that is known is that something may have happened.
    let faulty = FaultyStore(memory, (1...4).map { Fault(.write, occurrence: $0, .failAfter(.unavailable)) })
    await #expect { _ = try await write(retrying(faulty), "our try", WriteOptions(condition: .ifAbsent)) } throws: {
      ($0 as? StorageError)?.code == .alreadyExists
    }
    #expect(memory.snapshot()[key] == Array("theirs".utf8))
  }

  @Test func `what a write kept aside is not lost to its own repetition`() async throws {
    let memory = MemoryStore()
    _ = try await write(memory, "precious")
    let aside = try ObjectKey("aside")
    let faulty = FaultyStore(memory, [Fault(.write, .failAfter(.unavailable))])
    _ = try await write(retrying(faulty), "new", WriteOptions(keepReplacedAs: aside))
    #expect(faulty.unfired.isEmpty)
    #expect(memory.snapshot() == [key: Array("new".utf8), aside: Array("precious".utf8)])
  }

  @Test func `a move whose answer was lost is recognised`() async throws {
    let memory = MemoryStore()
    _ = try await write(memory, "x")
    let target = try ObjectKey("elsewhere")
    let faulty = FaultyStore(memory, [Fault(.move, .failAfter(.unavailable))])
    let receipt = try await retrying(faulty).move(key, to: target, CopyOptions(condition: .ifAbsent))
    #expect(memory.snapshot() == [target: [UInt8(ascii: "x")]])
    #expect(receipt.version == (try await memory.stat(target).entry.version))
  }

  @Test func `a lost answer that cannot be settled says that it may have happened`() async throws {
    let memory = MemoryStore()
    let faulty = FaultyStore(
      memory,
      [Fault(.write, .failAfter(.unavailable, retry: .never))]
        + (1...9).map { Fault(.stat, occurrence: $0, .failBefore(.unavailable)) })
    await #expect { _ = try await write(retrying(faulty), "x", WriteOptions(condition: .ifAbsent)) } throws: {
      ($0 as? StorageError)?.mayHaveHappened == true
    }
  }

  @Test func `a listing goes on behind its last key`() async throws {
    let memory = MemoryStore()
    let keys = try (0..<30).map { try ObjectKey("\($0 % 3)/\($0)") }.sorted()
    for key in keys { _ = try await memory.write(.empty, to: key, WriteOptions()) }
    for depth in [ListOptions.Depth.recursive, .oneLevel] {
      let faulty = FaultyStore(memory, [1, 2, 5, 6].map { Fault(.list, occurrence: $0, .failBefore(.unavailable)) })
      let listing = retrying(faulty).list(.all, ListOptions(depth: depth, pageSize: depth == .recursive ? 4 : 1))
      var seen: [ObjectKey] = []
      while let page = try await listing.next() { seen += page.entries.map(\.key) + page.folders }
      #expect(seen == (depth == .recursive ? keys : try ["0/", "1/", "2/"].map { try ObjectKey($0) }))
      if depth == .recursive { #expect(faulty.unfired.isEmpty) }
    }
  }

  @Test func `of a bulk delete only what failed for now is asked again`() async throws {
    let memory = MemoryStore()
    let keys = try ["a", "b", "c"].map { try ObjectKey($0) }
    for key in keys { _ = try await memory.write(.bytes([1]), to: key, WriteOptions()) }
    let stub = OutcomeStore(memory, failing: [keys[1]])
    let outcomes = try await RetryingStore(stub, options: quick).delete(keys.map { DeleteTarget($0) })
    #expect(outcomes.map(\.key) == keys)
    #expect(outcomes.allSatisfy { $0.error == nil })
    #expect(stub.asked.withLock { $0 } == [keys, [keys[1]]])
  }

  @Test func `cancellation ends the waiting`() async throws {
    let faulty = FaultyStore(MemoryStore(), (1...9).map { Fault(.stat, occurrence: $0, .failBefore(.unavailable)) })
    let time = ManualClock()
    let store = RetryingStore(faulty, options: quick, clock: time.clock)
    let task = Task { [key] in try await store.stat(key) }
    try await time.waitForSleepers()
    task.cancel()
    await #expect(throws: CancellationError.self) { _ = try await task.value }
  }
}

/// Breaks down in the middle of the first write: the bytes are there, what was to be kept beside them is not, and no answer comes.
private final class ForgetfulStore: StoreLayer {
  let base: any ObjectStore
  private let hasFailed = Lock(false)

  init(_ base: any ObjectStore) { self.base = base }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await body()
  }

  func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    let isFirst = hasFailed.withLock { failed in
      defer { failed = true }
      return !failed
    }
    guard isFirst else { return try await base.write(payload, to: key, options) }
    _ = try await base.write(payload, to: key, WriteOptions(condition: options.condition))
    throw StorageError(.unavailable, retry: .later, store: "stub", key: key, message: "broke down", mayHaveHappened: true)
  }
}

/// Fails some targets of the first bulk delete for now.
private final class OutcomeStore: StoreLayer {
  let base: any ObjectStore
  let asked = Lock([[ObjectKey]]())
  private let failing: Set<ObjectKey>

  init(_ base: any ObjectStore, failing: Set<ObjectKey>) {
    self.base = base
    self.failing = failing
  }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await body()
  }

  func delete(_ targets: [DeleteTarget]) async throws -> [DeleteOutcome] {
    let isFirst = asked.withLock { asked in
      asked.append(targets.map(\.key))
      return asked.count == 1
    }
    guard isFirst else { return try await base.delete(targets) }
    let rest = try await base.delete(targets.filter { !failing.contains($0.key) })
    return targets.map { target in
      rest.first { $0.key == target.key }
        ?? DeleteOutcome(
          key: target.key, error: StorageError(.throttled, retry: .later, store: "stub", key: target.key, message: "slow down"))
    }
  }
}
