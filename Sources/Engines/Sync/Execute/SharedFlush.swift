import Concurrency
import ObjectStorage

/// Makes what was written to a store durable in the middle of a run. Whoever asks while a flush is under way shares the next one with
/// everybody else who does.
final class SharedFlush: Sendable {
  private let store: any ObjectStore
  private let turn = AsyncSemaphore(limit: 1)
  /// The number of the last flush that has begun, and of the last one that ended well.
  private let flushes = Lock((begun: 0, done: 0))

  init(_ store: any ObjectStore) { self.store = store }

  /// Returns when all that was written before the call is durable.
  /// - Throws: `StorageError` of the flush that this call began, `CancellationError`.
  func callAsFunction() async throws {
    let before = flushes.withLock { $0.begun }
    try await turn.withPermit {
      if flushes.withLock({ $0.done > before }) { return }
      let number = flushes.withLock { flushes in
        flushes.begun += 1
        return flushes.begun
      }
      try await store.flush()
      flushes.withLock { $0.done = number }
    }
  }
}
