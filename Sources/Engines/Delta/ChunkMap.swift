public import Chunking

/// Which chunks a file consists of: what is kept of a file that was uploaded, so that the next version can be sent as a difference.
public struct ChunkMap: Hashable, Sendable {
  /// With which sizes the file was cut. Maps made with different sizes share next to nothing.
  public let sizes: ChunkSizes
  /// The chunks, one behind the other from offset 0.
  public let chunks: [HashedChunk]

  /// Bytes of the file.
  public var length: Int64 { chunks.last.map { $0.chunk.offset + Int64($0.chunk.length) } ?? 0 }

  /// A map of these chunks; nil unless they lie one behind the other from offset 0, none is longer than `sizes` allow, and only the
  /// last is shorter than they allow.
  public init?(sizes: ChunkSizes, chunks: [HashedChunk]) {
    var end: Int64 = 0
    for (index, hashed) in chunks.enumerated() {
      let chunk = hashed.chunk
      let least = index == chunks.count - 1 ? 1 : sizes.minimum
      guard chunk.offset == end, (least...sizes.maximum).contains(chunk.length) else { return nil }
      let (sum, overflow) = end.addingReportingOverflow(Int64(chunk.length))
      if overflow { return nil }
      end = sum
    }
    self.sizes = sizes
    self.chunks = chunks
  }
}

/// Makes the map of a file from its bytes, in one pass. Used by one caller at a time (unchecked `Sendable`, as `ChunkHasher`).
public final class ChunkMapBuilder: @unchecked Sendable {
  private let sizes: ChunkSizes
  private let hasher: ChunkHasher
  private var chunks: [HashedChunk] = []

  /// At the beginning of a file that is cut with `sizes` (`ChunkSizes.suited(to:)` its length).
  public init(_ sizes: ChunkSizes) {
    self.sizes = sizes
    hasher = ChunkHasher(sizes)
  }

  /// Takes the next bytes of the file. About 1 GB/s on one core.
  public func update(_ bytes: UnsafeRawBufferPointer) { hasher.update(bytes) { chunks.append($0) } }

  /// Takes the next bytes of the file.
  public func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// The map of all bytes taken. The next byte is then the first of another file.
  public func finish() -> ChunkMap {
    if let last = hasher.finish() { chunks.append(last) }
    defer { chunks = [] }
    guard let map = ChunkMap(sizes: sizes, chunks: chunks) else {
      preconditionFailure("a chunker's chunks lie one behind the other")
    }
    return map
  }

  /// Forgets all bytes taken: the file comes again from its beginning.
  public func restart() {
    _ = hasher.finish()
    chunks = []
  }
}
