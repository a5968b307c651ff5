import Concurrency
import MemoryStorage
import ObjectStorage
import StoreLayers
import Testing

@testable import Sync

/// Flushes in the middle of a run.
@Suite struct SharedFlushTests {
  @Test func `who asks during a flush waits for the next, and all who wait share it`() async throws {
    let store = SlowFlushStore()
    let flush = SharedFlush(store)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await flush() }
      while store.begun < 1 { await Task.yield() }
      for _ in 0..<10 { group.addTask { try await flush() } }
      // All ten have asked by the time the first is let go: nothing else is there to run.
      for _ in 0..<1000 { await Task.yield() }
      #expect(store.begun == 1)
      store.gate.setLimit(1)
      while store.begun < 2 { await Task.yield() }
      store.gate.setLimit(100)
      try await group.waitForAll()
    }
    #expect((2...3).contains(store.begun))
  }

  @Test func `a flush that failed is not taken for one that was done`() async throws {
    let faulty = FaultyStore(MemoryStore(), [Fault(.flush, .failBefore(.unavailable))])
    let flush = SharedFlush(faulty)
    await #expect(throws: StorageError.self) { try await flush() }
    try await flush()
    #expect(faulty.calls(.flush) == 2)
  }
}

/// A store whose flushes wait until they are let go.
private final class SlowFlushStore: StoreLayer {
  let base: any ObjectStore = MemoryStore()
  let gate = AsyncSemaphore(limit: 0)
  private let count = Lock(0)
  var begun: Int { count.withLock { $0 } }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await body()
  }

  func flush() async throws {
    count.withLock { $0 += 1 }
    try await gate.acquire()
  }
}
