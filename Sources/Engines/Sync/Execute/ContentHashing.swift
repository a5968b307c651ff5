import Concurrency
import Crypto
import ObjectStorage
import Primitives

/// Reads content to hash it, to save sending it.
enum ContentHashing {
  /// The hash of a payload by `method`. Long payloads are read on the blocking pool, short ones where the caller runs.
  /// - Throws: what the source throws; `.sourceChanged` if the payload is no longer the one it was made for.
  static func hash(_ payload: Payload, by method: ContentHash.Method) async throws -> ContentHash {
    let hash: ContentHash
    switch method {
    case .md5: hash = ContentHash(method, try await digest(payload, 0..<payload.length, .md5))
    case .sha256: hash = ContentHash(method, try await digest(payload, 0..<payload.length, .sha256))
    case .crc32c: hash = ContentHash(method, try await digest(payload, 0..<payload.length, .crc32c))
    case .crc64nvme: hash = ContentHash(method, try await digest(payload, 0..<payload.length, .crc64nvme))
    case .sha256OfParts(let partSize):
      var parts: [UInt8] = []
      var start: Int64 = 0
      while start < payload.length {
        let end = start + min(max(partSize, 1), payload.length - start)
        parts += try await digest(payload, start..<end, .sha256)
        start = end
      }
      hash = ContentHash(method, SHA256.hash(parts))
    }
    try payload.verifyUnchanged()
    return hash
  }

  /// Up to here a hop to another thread costs more than the reading.
  private static let inlineLimit: Int64 = 256 << 10
  /// How much is read in one go on the pool: others get their turn, and a cancelled run ends soon.
  private static let stretch: Int64 = 32 << 20

  private static func digest(_ payload: Payload, _ range: Range<Int64>, _ algorithm: HashAlgorithm) async throws -> [UInt8] {
    let hash = HashStream([algorithm])
    guard try await read(payload, range, { hash.update($0) }) else { throw NotLocal() }
    return hash.finish()[algorithm] ?? []
  }

  /// Gives all bytes of a range to `taker`: on the blocking pool, a stretch at a time, or, if there are few, where the caller runs.
  /// - Returns: false if the source has to be waited for.
  /// - Throws: what the source throws; `CancellationError`.
  static func read(
    _ payload: Payload, _ range: Range<Int64>, _ taker: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
  ) async throws -> Bool {
    let reader = StretchReader(
      try payload.makeSource(range), size: Int(min(1 << 20, max(range.upperBound - range.lowerBound, 1))), taker)
    let isShort = range.upperBound - range.lowerBound <= inlineLimit
    while true {
      try Task.checkCancellation()
      switch isShort ? try reader.read(stretch) : try await BlockingPool.shared.run({ try reader.read(stretch) }) {
      case .more: continue
      case .ended: return true
      case .paused: return false
      }
    }
  }

  /// Only sources that never pause are hashed here; `StoreIdentity.isLocal` promises that.
  private struct NotLocal: Error, CustomStringConvertible {
    var description: String { "the content of a remote object was to be read as if it were local" }
  }
}

/// A source on its way through the pool. Unchecked: used by one caller at a time.
private final class StretchReader: @unchecked Sendable {
  enum Step: Sendable { case more, ended, paused }

  private let source: any ByteSource
  private let buffer: UnsafeMutableRawBufferPointer
  private let taker: @Sendable (UnsafeRawBufferPointer) -> Void

  init(_ source: any ByteSource, size: Int, _ taker: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) {
    self.source = source
    self.taker = taker
    buffer = .allocate(byteCount: size, alignment: 64)
  }

  deinit { buffer.deallocate() }

  func read(_ stretch: Int64) throws -> Step {
    var left = stretch
    while left > 0 {
      switch try source.read(into: buffer) {
      case .bytes(let count):
        taker(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        left -= Int64(count)
      case .end: return .ended
      case .pause: return .paused
      }
    }
    return .more
  }
}
