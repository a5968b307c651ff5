import Concurrency
import MemoryStorage
import ObjectStorage
import Observability
import Primitives
import StoreLayers
import StoreTesting
import Testing

@Suite struct MeteringTests {
  @Test func `attempts are counted by class with bytes and errors`() async throws {
    let registry = MetricsRegistry()
    let meter = RequestMeter(store: "test", registry: registry)
    let store = MeteredStore(MemoryStore(), meter: meter)
    let key = try ObjectKey("a")
    _ = try await store.write(Pattern(seed: 1).payload(1000), to: key, WriteOptions())
    let before = meter.snapshot
    _ = try await store.readBytes(key, limit: 2000)
    _ = try? await store.stat(try ObjectKey("absent"))
    _ = try await store.copy(key, to: try ObjectKey("b"), CopyOptions())
    let listing = store.list(.all, ListOptions(pageSize: 1))
    while try await listing.next() != nil {}
    _ = try await store.delete([DeleteTarget(key)])
    let counts = meter.snapshot.since(before)
    #expect(RequestClass.allCases.map { counts[$0] } == [3, 1, 1, 0, 1, 1, 0])
    #expect(before[.put] == 1)
    #expect((before.bytesSent, counts.bytesSent, counts.bytesReceived) == (1000, 0, 1000))
    #expect(counts.errors == [.notFound: 1])
    #expect(meter.snapshot.total == 8)
    let text = registry.render()
    #expect(text.contains("isobar_store_requests_total{store=\"test\",class=\"list\"} 3"))
    #expect(text.contains("isobar_store_errors_total{store=\"test\",code=\"notFound\"} 1"))
    #expect(text.contains("isobar_store_bytes_total{store=\"test\",direction=\"sent\"} 1000"))
  }

  @Test func `each retry is counted`() async throws {
    let meter = RequestMeter(store: "test")
    let faulty = FaultyStore(
      MemoryStore(), [Fault(.stat, .failBefore(.unavailable)), Fault(.stat, occurrence: 2, .failBefore(.timeout))])
    let store = RetryingStore(
      MeteredStore(faulty, meter: meter), options: RetryOptions(backoff: Backoff(base: .microseconds(10), cap: .microseconds(10))))
    #expect(try await store.find(try ObjectKey("a")) == nil)
    #expect(meter.snapshot[.head] == 3)
    #expect(meter.snapshot.errors == [.unavailable: 1, .timeout: 1, .notFound: 1])
  }

  @Test func `a payload's source is a read when it is pulled`() async throws {
    let meter = RequestMeter(store: "test")
    let memory = MemoryStore()
    let key = try ObjectKey("a")
    _ = try await memory.write(Pattern(seed: 1).payload(70_000), to: key, WriteOptions())
    let object = try await MeteredStore(memory, meter: meter).payload(for: key, ifMatches: nil)
    #expect(meter.snapshot[.get] == 0)
    _ = try await MemoryStore().write(object.payload, to: key, WriteOptions())
    #expect((meter.snapshot[.head], meter.snapshot[.get], meter.snapshot.bytesReceived) == (1, 1, 70_000))
  }
}

@Suite struct LimitTests {
  @Test(.timeLimit(.minutes(10))) func `a permit lasts as long as the body moves`() async throws {
    let store = ConcurrencyLimitedStore(MemoryStore(), limit: 2)
    let key = try ObjectKey("a")
    _ = try await store.write(Pattern(seed: 1).payload(1_000_000), to: key, WriteOptions())
    let stalled = OneShot<Void>()
    let reading = Task {
      let sink = HostileSink(PatternSink(Pattern(seed: 1)), .stalling(after: 1)) { stalled.settle(.success(())) }
      _ = try await store.read(key, ReadOptions(), into: sink)
    }
    try await stalled.wait()
    #expect(store.callsUnderWay == 1)
    store.setLimit(1)
    let waiting = Task { try await store.stat(key) }
    for _ in 0..<100 { await Task.yield() }
    #expect(store.callsUnderWay == 1)
    reading.cancel()
    await #expect(throws: CancellationError.self) { try await reading.value }
    #expect(try await waiting.value.entry.size == 1_000_000)
    #expect(store.callsUnderWay == 0)
  }

  @Test func `never more calls than the limit are under way`() async throws {
    let probe = HighWater(MemoryStore())
    let store = ConcurrencyLimitedStore(probe, limit: 3)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<40 {
        group.addTask { _ = try await store.write(.bytes([1]), to: try ObjectKey("\(index)"), WriteOptions()) }
      }
      try await group.waitForAll()
    }
    #expect(probe.most <= 3)
    #expect(probe.most >= 2)
  }

  @Test(.timeLimit(.minutes(10))) func `copies inside one limited store do not wait for each other for ever`() async throws {
    let store = ConcurrencyLimitedStore(MemoryStore(), limit: 1)
    let source = try ObjectKey("source")
    _ = try await store.write(Pattern(seed: 1).payload(300_000), to: source, WriteOptions())
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<8 {
        group.addTask {
          let target = try ObjectKey("\(index)")
          if index % 2 == 0 {
            let object = try await store.payload(for: source, ifMatches: nil)
            _ = try await store.write(object.payload, to: target, WriteOptions())
          } else {
            let write = try await store.openWrite(target, length: 300_000, WriteOptions())
            _ = try await store.read(source, ReadOptions(), into: write.sink)
            _ = try await write.commit(metadata: nil)
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(store.callsUnderWay == 0)
  }

  @Test(.timeLimit(.minutes(10))) func `aborted and dropped writes give their permits back`() async throws {
    let store = ConcurrencyLimitedStore(MemoryStore(), limit: 1)
    let key = try ObjectKey("a")
    for round in 0..<4 {
      let write = try await store.openWrite(key, length: 1, WriteOptions())
      if round % 2 == 0 { await write.abort() }
    }
    await #expect(throws: StorageError.self) { _ = try await store.openWrite(try ObjectKey("folder/"), length: 1, WriteOptions()) }
    let write = try await store.openWrite(key, length: 0, WriteOptions())
    _ = try await write.commit(metadata: nil)
  }
}

@Suite struct DeadlineTests {
  private let key = try! ObjectKey("a")

  @Test func `a call that hangs ends with a timeout worth a retry`() async throws {
    let time = ManualClock()
    let faulty = FaultyStore(
      MemoryStore(), [Fault(.write, .delay(.seconds(1000))), Fault(.stat, .delay(.seconds(1000)))], clock: time.clock)
    let store = DeadlineStore(faulty, options: DeadlineOptions(base: .seconds(10), minimumRate: 1000), clock: time.clock)
    for changes in [false, true] {
      let task = Task { [key] in
        if changes {
          _ = try await store.write(Pattern(seed: 1).payload(5000), to: key, WriteOptions())
        } else {
          _ = try await store.stat(key)
        }
      }
      try await time.waitForSleepers(2)
      // The write has five seconds more, for its 5000 bytes.
      time.advance(by: .seconds(9))
      #expect(time.sleeperCount == 2)
      time.advance(by: changes ? .seconds(5.5) : .seconds(0.5))
      #expect(time.sleeperCount == 2)
      time.advance(by: .seconds(1))
      await #expect { try await task.value } throws: { error in
        guard let error = error as? StorageError else { return false }
        return error.code == .timeout && error.retry == .later && error.mayHaveHappened == changes
      }
    }
    #expect(faulty.unfired.isEmpty)
  }

  @Test(.timeLimit(.minutes(10))) func `a body that crawls ends, one that moves goes on`() async throws {
    let time = ManualClock()
    let memory = MemoryStore()
    _ = try await memory.write(Pattern(seed: 1).payload(1_000_000), to: key, WriteOptions())
    let store = DeadlineStore(memory, options: DeadlineOptions(base: .seconds(10), minimumRate: 100_000), clock: time.clock)
    let stalled = OneShot<Void>()
    let sink = HostileSink(PatternSink(Pattern(seed: 1)), .stalling(after: 400_000)) { stalled.settle(.success(())) }
    let task = Task { [key] in try await store.read(key, ReadOptions(), into: sink) }
    try await stalled.wait()
    try await time.waitForSleepers(1)
    time.advance(by: .seconds(10.5))
    // What has arrived (four chunks and a half at most) has earned five seconds more.
    try await time.waitForSleepers(1)
    time.advance(by: .seconds(6))
    await #expect { _ = try await task.value } throws: { ($0 as? StorageError)?.code == .timeout }
  }

  @Test func `calls that wait together share one sleeper, and each ends at its own time`() async throws {
    let time = ManualClock()
    let faulty = FaultyStore(
      MemoryStore(), [Fault(.stat, .delay(.seconds(1000))), Fault(.write, .delay(.seconds(1000)))], clock: time.clock)
    let store = DeadlineStore(faulty, options: DeadlineOptions(base: .seconds(10), minimumRate: 1000), clock: time.clock)
    let late = Task { [key] in _ = try await store.write(Pattern(seed: 1).payload(5000), to: key, WriteOptions()) }
    try await time.waitForSleepers(2)
    let early = Task { [key] in _ = try await store.stat(key) }
    try await time.waitForSleepers(3)
    // A call that ends in time leaves nothing behind that ends another.
    await #expect(throws: StorageError.self) { _ = try await store.stat(try ObjectKey("b")) }
    // The earlier deadline took the place of the later in the sleeper's plans.
    while time.sleeperCount > 3 { await Task.yield() }
    time.advance(by: .seconds(11))
    await #expect { try await early.value } throws: { ($0 as? StorageError)?.code == .timeout }
    try await time.waitForSleepers(2)
    #expect(time.sleeperCount == 2)
    time.advance(by: .seconds(5))
    await #expect { try await late.value } throws: { ($0 as? StorageError)?.code == .timeout }
  }

  @Test func `cancellation is not called a timeout`() async throws {
    let time = ManualClock()
    let store = DeadlineStore(
      FaultyStore(MemoryStore(), [Fault(.stat, .delay(.seconds(1000)))], clock: time.clock), clock: time.clock)
    let task = Task { [key] in try await store.stat(key) }
    try await time.waitForSleepers(2)
    task.cancel()
    await #expect(throws: CancellationError.self) { _ = try await task.value }
  }
}

@Suite struct BreakerTests {
  private let key = try! ObjectKey("a")

  @Test func `a store that is down is left alone, then tried by one call`() async throws {
    let time = ManualClock()
    let faulty = FaultyStore(
      MemoryStore(), (1...4).map { Fault(.stat, occurrence: $0, .failBefore(.unavailable)) }, clock: time.clock)
    let options = CircuitBreakerOptions(failures: 3, pause: .seconds(10), longestPause: .seconds(15))
    let store = CircuitBreakerStore(faulty, options: options, clock: time.clock)
    for _ in 0..<3 { await expect(.unavailable, store) }
    #expect(faulty.calls(.stat) == 3)
    await #expect { _ = try await store.stat(key) } throws: { error in
      guard let error = error as? StorageError else { return false }
      return error.code == .unavailable && error.retry == .after(.seconds(10)) && error.message.contains("tried again in 10s")
    }
    #expect(faulty.calls(.stat) == 3)
    time.advance(by: .seconds(10))
    // The probe fails: the pause doubles, up to the longest.
    await expect(.unavailable, store)
    #expect(faulty.calls(.stat) == 4)
    time.advance(by: .seconds(14))
    await expect(.unavailable, store)
    #expect(faulty.calls(.stat) == 4)
    time.advance(by: .seconds(1))
    await expect(.notFound, store)
    await expect(.notFound, store)
    #expect(faulty.calls(.stat) == 6)
    #expect(faulty.unfired.isEmpty)
  }

  @Test func `other errors and single failures keep it closed`() async throws {
    let faulty = FaultyStore(MemoryStore(), [1, 2, 4, 5].map { Fault(.stat, occurrence: $0, .failBefore(.timeout)) })
    let store = CircuitBreakerStore(faulty, options: CircuitBreakerOptions(failures: 3))
    for index in 1...6 { await expect([3, 6].contains(index) ? .notFound : .timeout, store) }
    #expect(faulty.calls(.stat) == 6)
  }

  @Test func `only one call tries an open circuit`() async throws {
    let time = ManualClock()
    let faulty = FaultyStore(
      MemoryStore(), [Fault(.stat, .failBefore(.unavailable)), Fault(.stat, occurrence: 2, .delay(.seconds(5)))], clock: time.clock)
    let store = CircuitBreakerStore(faulty, options: CircuitBreakerOptions(failures: 1, pause: .seconds(10)), clock: time.clock)
    await expect(.unavailable, store)
    time.advance(by: .seconds(11))
    let probe = Task { await expect(.notFound, store) }
    try await time.waitForSleepers()
    await expect(.unavailable, store)
    #expect(faulty.calls(.stat) == 2)
    time.advance(by: .seconds(5))
    await probe.value
    await expect(.notFound, store)
  }

  @Test func `a cancelled probe leaves its place to the next`() async throws {
    let time = ManualClock()
    let faulty = FaultyStore(
      MemoryStore(), [Fault(.stat, .failBefore(.unavailable)), Fault(.stat, occurrence: 2, .delay(.seconds(5)))], clock: time.clock)
    let store = CircuitBreakerStore(faulty, options: CircuitBreakerOptions(failures: 1, pause: .seconds(10)), clock: time.clock)
    await expect(.unavailable, store)
    time.advance(by: .seconds(11))
    let probe = Task { [key] in try await store.stat(key) }
    try await time.waitForSleepers()
    probe.cancel()
    _ = await probe.result
    await expect(.notFound, store)
  }

  private func expect(_ code: StorageError.Code, _ store: any ObjectStore) async {
    await #expect { _ = try await store.stat(key) } throws: { ($0 as? StorageError)?.code == code }
  }
}

@Suite struct DoorTests {
  @Test func `a folder's store shows no key of elsewhere and says where it is`() async throws {
    let memory = MemoryStore()
    for key in ["in/", "in/a", "in/b/c", "inside", "out", "in"] {
      _ = try await memory.write(.empty, to: try ObjectKey(key), WriteOptions())
    }
    let store = try PrefixedStore(memory, folder: try ObjectKey("in/"))
    #expect(store.identity.displayName == "memory/in")
    #expect(store.identity.stableID == "memory:memory/in")
    let page = try await store.list(.all, ListOptions()).next()
    #expect(page?.entries.map(\.key.description) == ["a", "b/c"])
    let missing = try ObjectKey("none")
    await #expect { _ = try await store.stat(missing) } throws: { error in
      (error as? StorageError)?.key == missing && (error as? StorageError)?.store == "memory/in"
    }
    #expect(throws: StorageError.self) { _ = try PrefixedStore(memory, folder: try ObjectKey("in")) }
    let long = try ObjectKey(Array(repeating: UInt8(ascii: "x"), count: ObjectKey.maximumLength))
    await #expect { _ = try await store.stat(long) } throws: { ($0 as? StorageError)?.code == .invalidArgument }
  }

  @Test func `a read-only store refuses every change and reads`() async throws {
    let memory = MemoryStore()
    let (key, other) = (try ObjectKey("a"), try ObjectKey("b"))
    _ = try await memory.write(.bytes([1]), to: key, WriteOptions())
    let before = memory.snapshot()
    let store = ReadOnlyStore(memory)
    let changes: [@Sendable () async throws -> Void] = [
      { _ = try await store.write(.empty, to: key, WriteOptions()) },
      { _ = try await store.openWrite(key, length: 0, WriteOptions()) },
      { _ = try await store.copy(key, to: other, CopyOptions()) },
      { _ = try await store.move(key, to: other, CopyOptions()) },
      { _ = try await store.updateMetadata(ObjectMetadata(), of: key, ifMatches: nil) },
      { _ = try await store.startMultipart(key, WriteOptions()) },
      { if let error = try await store.delete([DeleteTarget(key)]).first?.error { throw error } },
    ]
    for change in changes {
      await #expect { try await change() } throws: { ($0 as? StorageError)?.code == .permissionDenied }
    }
    #expect(memory.snapshot() == before)
    #expect(try await store.readBytes(key, limit: 10) == [1])
    #expect(try await store.list(.all, ListOptions()).next()?.entries.count == 1)
  }

  @Test func `a script's faults happen where they are written, and the rest is reported`() async throws {
    let memory = MemoryStore()
    let (key, other) = (try ObjectKey("a"), try ObjectKey("b"))
    let faulty = FaultyStore(
      memory,
      [
        Fault(.write, key: other, .failAfter(.unavailable)), Fault(.write, occurrence: 2, key: key, .shortBody(after: 3)),
        Fault(.list, .staleListing(missing: key)), Fault(.delete, .failBefore(.throttled)),
      ])
    _ = try await faulty.write(.bytes([1, 2, 3, 4]), to: key, WriteOptions())
    await #expect { _ = try await faulty.write(.bytes([1]), to: other, WriteOptions()) } throws: {
      ($0 as? StorageError)?.mayHaveHappened == true
    }
    await #expect { _ = try await faulty.write(.bytes([5, 6, 7, 8]), to: key, WriteOptions()) } throws: {
      ($0 as? StorageError)?.code == .sourceChanged
    }
    #expect(memory.snapshot() == [key: [1, 2, 3, 4], other: [1]])
    #expect(try await faulty.list(.all, ListOptions()).next()?.entries.map(\.key) == [other])
    #expect(try await faulty.list(.all, ListOptions()).next()?.entries.map(\.key) == [key, other])
    #expect(faulty.unfired.map(\.operation) == [.delete])
  }

  @Test func `random faults are the same for the same seed`() async throws {
    func run(_ seed: UInt64) async throws -> [Bool] {
      let store = FaultyStore(MemoryStore(), random: RandomFaults(seed: seed, failBefore: 300))
      var failed: [Bool] = []
      for index in 0..<200 {
        do { failed.append(try await store.find(try ObjectKey("\(index)")) != nil) } catch { failed.append(true) }
      }
      return failed
    }
    let first = try await run(1)
    #expect(try await run(1) == first)
    #expect(try await run(2) != first)
    #expect((30...90).contains(first.filter { $0 }.count))
  }
}

/// Notes how many calls were under way at once.
private final class HighWater: StoreLayer {
  let base: any ObjectStore
  private let state = Lock((now: 0, most: 0))

  init(_ base: any ObjectStore) { self.base = base }

  var most: Int { state.withLock { $0.most } }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    state.withLock { state in
      state.now += 1
      state.most = max(state.most, state.now)
    }
    defer { state.withLock { $0.now -= 1 } }
    for _ in 0..<20 { await Task.yield() }
    return try await body()
  }
}
