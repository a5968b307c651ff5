import Concurrency
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import Testing

/// A store that is made as slow and unreliable as a service.
@Suite struct ServiceFaultTests {
  private let key = try! ObjectKey("a")

  @Test func `what would be a request takes its time, and nothing else does`() async throws {
    let time = ManualClock()
    let store = FaultyStore(
      MemoryStore(), random: .service(seed: 1, share: 0, latency: .seconds(10), jitter: .seconds(2)), clock: time.clock)
    _ = try await store.capabilities()
    try await store.flush()
    #expect(time.sleeperCount == 0)
    let calls: [@Sendable () async throws -> Void] = [
      { _ = try await store.write(.bytes([1]), to: key, WriteOptions()) },
      { _ = try await store.stat(key) },
      { _ = try await store.list(.all, ListOptions()).next() },
      { _ = try await store.read(key, ReadOptions(), into: MemorySink(limit: 10)) },
      { _ = try await store.delete([DeleteTarget(key)]) },
    ]
    for call in calls {
      let task = Task { try await call() }
      try await time.waitForSleepers()
      time.advance(by: .seconds(9))
      #expect(time.sleeperCount == 1)
      time.advance(by: .seconds(3))
      try await task.value
    }
  }

  @Test func `calls are refused, fail before, and fail after they were done, the same for the same seed`() async throws {
    func run(_ seed: UInt64) async throws -> [String] {
      let memory = MemoryStore()
      let store = FaultyStore(memory, random: .service(seed: seed, share: 500))
      var seen: [String] = []
      for number in 0..<200 {
        let key = try ObjectKey("\(number)")
        do {
          _ = try await store.write(.bytes([1]), to: key, WriteOptions())
          seen.append("done")
        } catch let error as StorageError {
          seen.append("\(error.code) \(error.mayHaveHappened)")
          #expect((memory.snapshot()[key] != nil) == error.mayHaveHappened)
        }
      }
      return seen
    }
    let first = try await run(1)
    #expect(Set(first) == ["done", "throttled false", "unavailable false", "unavailable true"])
    #expect(try await run(1) == first)
    #expect(try await run(2) != first)
  }

  @Test func `what cannot be repeated does not fail`() async throws {
    let store = FaultyStore(MemoryStore(), random: .service(seed: 1, share: 1000))
    for _ in 0..<50 {
      _ = try await store.capabilities()
      try await store.flush()
      let write = try await store.openWrite(key, length: 1, WriteOptions())
      _ = try [UInt8(1)].withUnsafeBytes { try write.sink.write($0) }
      await write.abort()
    }
  }
}
