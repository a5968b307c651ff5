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
    if payload.length <= inlineLimit {
      hash = try compute(payload, method)
    } else {
      hash = try await BlockingPool.shared.run { try compute(payload, method) }
    }
    try payload.verifyUnchanged()
    return hash
  }

  /// Up to here a hop to another thread costs more than the reading.
  private static let inlineLimit: Int64 = 256 << 10

  private static func compute(_ payload: Payload, _ method: ContentHash.Method) throws -> ContentHash {
    switch method {
    case .md5: return ContentHash(method, try digest(payload, 0..<payload.length, .md5))
    case .sha256: return ContentHash(method, try digest(payload, 0..<payload.length, .sha256))
    case .crc32c: return ContentHash(method, try digest(payload, 0..<payload.length, .crc32c))
    case .crc64nvme: return ContentHash(method, try digest(payload, 0..<payload.length, .crc64nvme))
    case .sha256OfParts(let partSize):
      var parts: [UInt8] = []
      var start: Int64 = 0
      while start < payload.length {
        let end = min(start + max(partSize, 1), payload.length)
        parts += try digest(payload, start..<end, .sha256)
        start = end
      }
      return ContentHash(method, SHA256.hash(parts))
    }
  }

  private static func digest(_ payload: Payload, _ range: Range<Int64>, _ algorithm: HashAlgorithm) throws -> [UInt8] {
    let hash = HashStream([algorithm])
    let source = try payload.makeSource(range)
    let size = Int(min(256 << 10, max(range.upperBound - range.lowerBound, 1)))
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      switch try source.read(into: buffer) {
      case .bytes(let count): hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      case .end: return hash.finish()[algorithm] ?? []
      case .pause: throw NotLocal()
      }
    }
  }

  /// Only sources that never pause are hashed here; `StoreIdentity.isLocal` promises that.
  private struct NotLocal: Error, CustomStringConvertible {
    var description: String { "the content of a remote object was to be read as if it were local" }
  }
}
