import Chunking
import Crypto
import Delta
import Primitives

/// Makes the map of what is written to it, and a hash if asked, and drops it. Unchecked: written to by one caller at a time, as every
/// sink.
final class MapSink: ByteSink, @unchecked Sendable {
  private let builder: ChunkMapBuilder
  private let algorithm: HashAlgorithm?
  private let hash: HashStream?

  init(_ sizes: ChunkSizes, hashing algorithm: HashAlgorithm? = nil) {
    builder = ChunkMapBuilder(sizes)
    self.algorithm = algorithm
    hash = algorithm.map { HashStream([$0]) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> ByteSinkResult {
    builder.update(bytes)
    hash?.update(bytes)
    return .taken
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }

  func restart() {
    builder.restart()
    hash?.reset()
  }

  /// The map of everything taken.
  func finish() -> ChunkMap { builder.finish() }

  /// The hash of everything taken; asked for once.
  var digest: [UInt8]? { algorithm.flatMap { hash?.finish()[$0] } }
}
