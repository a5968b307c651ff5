import Concurrency
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers

/// Counts the descriptions asked for and the bytes read.
final class CountedStore: StoreLayer {
  let inside: MemoryStore
  private let counts = Lock((stats: 0, read: 0))

  init(_ inside: MemoryStore) { self.inside = inside }

  var base: any ObjectStore { inside }
  var stats: Int { counts.withLock { $0.stats } }
  var read: Int { counts.withLock { $0.read } }

  func reset() { counts.withLock { $0 = (0, 0) } }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    if call.operation == .stat { counts.withLock { $0.stats += 1 } }
    return try await body()
  }

  func receiving(_ sink: any ByteSink) -> any ByteSink {
    CountingSink(sink) { count in self.counts.withLock { $0.read += count } }
  }

  func receiving(_ source: any ByteSource) -> any ByteSource {
    CountingSource(source) { count in self.counts.withLock { $0.read += count } }
  }
}
