/// Computes any set of digests over one stream of bytes, in one pass.
///
/// Each block of 64 KiB goes through every algorithm while it is hot in the cache. Used by one caller at a time (unchecked
/// `Sendable`, as the sources and sinks that hold one); to hash many streams keep one and `reset` it, which allocates nothing.
///
///     let hashes = HashStream([.md5, .sha256])
///     hashes.update(chunk)
///     let md5 = hashes.finish()[.md5]
public final class HashStream: @unchecked Sendable {
  /// What is computed.
  public let algorithms: Set<HashAlgorithm>

  private final class Digest {
    let algorithm: HashAlgorithm
    let context: DigestContext

    init(_ algorithm: HashAlgorithm) {
      self.algorithm = algorithm
      context = DigestContext(algorithm)
    }
  }

  private static let blockSize = 64 * 1024

  private let digests: [Digest]
  private let wantsCRC32: Bool
  private let wantsCRC32C: Bool
  private let wantsCRC64NVME: Bool
  private var crc32: UInt32 = 0
  private var crc32c: UInt32 = 0
  private var crc64nvme: UInt64 = 0
  private var byteCount: Int64 = 0
  private var isFinished = false

  /// A stream at its beginning. Traps if an algorithm is not available (`HashAlgorithm.isAvailable`); an empty set only counts.
  public init(_ algorithms: Set<HashAlgorithm>) {
    self.algorithms = algorithms
    digests = [HashAlgorithm.md5, .sha1, .sha256].filter(algorithms.contains).map(Digest.init)
    wantsCRC32 = algorithms.contains(.crc32)
    wantsCRC32C = algorithms.contains(.crc32c)
    wantsCRC64NVME = algorithms.contains(.crc64nvme)
  }

  /// Takes the next bytes. Must not follow `finish` without a `reset`.
  public func update(_ bytes: UnsafeRawBufferPointer) {
    precondition(!isFinished, "a finished HashStream takes bytes only after reset()")
    byteCount += Int64(bytes.count)
    var offset = 0
    while offset < bytes.count {
      let end = min(offset + Self.blockSize, bytes.count)
      updateBlock(UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
      offset = end
    }
  }

  /// Takes the next bytes.
  public func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// The digests of everything taken since the start or the last `reset`. Ends the stream; called once per stream.
  public func finish() -> Digests {
    precondition(!isFinished, "a HashStream is finished once")
    isFinished = true
    var values: [HashAlgorithm: [UInt8]] = [:]
    for digest in digests { values[digest.algorithm] = digest.context.finish() }
    if wantsCRC32 { values[.crc32] = CRC.bytes(crc32) }
    if wantsCRC32C { values[.crc32c] = CRC.bytes(crc32c) }
    if wantsCRC64NVME { values[.crc64nvme] = CRC.bytes(crc64nvme) }
    return Digests(values, byteCount: byteCount)
  }

  /// Forgets everything taken: the next byte is the first of a new stream.
  public func reset() {
    for digest in digests { digest.context.reset() }
    crc32 = 0
    crc32c = 0
    crc64nvme = 0
    byteCount = 0
    isFinished = false
  }

  private func updateBlock(_ block: UnsafeRawBufferPointer) {
    for digest in digests { digest.context.update(block) }
    if wantsCRC32 { crc32 = CRC.crc32(block, continuing: crc32) }
    if wantsCRC32C { crc32c = CRC.crc32c(block, continuing: crc32c) }
    if wantsCRC64NVME { crc64nvme = CRC.crc64nvme(block, continuing: crc64nvme) }
  }
}
