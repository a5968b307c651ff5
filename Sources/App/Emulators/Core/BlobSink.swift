import Crypto
import Files
import Primitives

/// Writes a body into a file under construction and hashes it on the way. Used by one caller at a time.
final class BlobSink: ByteSink, @unchecked Sendable {
  private let file: TemporaryFile
  private let limit: Int64
  private let stream: HashStream
  private let observer: (any ByteSink)?
  private var count: Int64 = 0

  init(_ file: TemporaryFile, limit: Int64, hashes: Set<HashAlgorithm>, observer: (any ByteSink)?) {
    self.file = file
    self.limit = limit
    self.observer = observer
    stream = HashStream(hashes)
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    guard count + Int64(bytes.count) <= limit else { throw BodyTooLong(limit: Int(limit)) }
    if let observer {
      let result = try observer.write(bytes)
      precondition(result == .taken, "an observer must not pause")
    }
    stream.update(bytes)
    try file.write(bytes, at: count)
    count += Int64(bytes.count)
    return .taken
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }

  func restart() throws {
    try observer?.restart()
    try file.truncate(to: 0)
    stream.reset()
    count = 0
  }

  /// The digests of all that was written; once.
  func finish() -> Digests { stream.finish() }
}
