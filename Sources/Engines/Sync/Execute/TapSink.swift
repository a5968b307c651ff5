import Concurrency
import Crypto
import Primitives

/// Passes bytes on, counts them, and hashes them if asked.
final class TapSink: ByteSink, @unchecked Sendable {
  private let inner: any ByteSink
  private let hash: HashStream?
  private let count: @Sendable (Int64) -> Void
  private var total: Int64 = 0

  init(_ inner: any ByteSink, hashing algorithm: HashAlgorithm?, count: @escaping @Sendable (Int64) -> Void) {
    self.inner = inner
    hash = algorithm.map { HashStream([$0]) }
    self.count = count
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    guard try inner.write(bytes) == .taken else { return .pause }
    hash?.update(bytes)
    total += Int64(bytes.count)
    count(Int64(bytes.count))
    return .taken
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { inner.whenReady(resume) }

  func restart() throws {
    try inner.restart()
    hash?.reset()
    count(-total)
    total = 0
  }

  /// The hash of everything taken.
  func digest(_ algorithm: HashAlgorithm) -> [UInt8]? { hash?.finish()[algorithm] }
}

/// Hashes bytes and drops them.
final class HashSink: ByteSink, @unchecked Sendable {
  private let hash: HashStream

  init(_ algorithms: Set<HashAlgorithm>) { hash = HashStream(algorithms) }

  func write(_ bytes: UnsafeRawBufferPointer) -> ByteSinkResult {
    hash.update(bytes)
    return .taken
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
  func restart() { hash.reset() }
  func finish() -> Digests { hash.finish() }
}
