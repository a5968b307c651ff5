import Crypto

/// The SHA-256 of a chunk, as a value without a reference: maps hold many.
public struct ChunkHash: Hashable, Sendable {
  private let words: (UInt64, UInt64, UInt64, UInt64)

  /// Bytes of a hash.
  public static let byteCount = 32

  /// A hash of these bytes; nil unless there are 32.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    self.words = words
  }

  /// The 32 bytes.
  public var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

  public static func == (left: Self, right: Self) -> Bool { left.words == right.words }

  /// The bytes are as good as random: a few are enough.
  public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

/// A chunk and the hash of its bytes.
public struct HashedChunk: Hashable, Sendable {
  /// Where it lies.
  public var chunk: Chunk
  /// The SHA-256 of its bytes.
  public var hash: ChunkHash

  /// A chunk and its hash.
  public init(_ chunk: Chunk, _ hash: ChunkHash) {
    self.chunk = chunk
    self.hash = hash
  }
}

/// Cuts a stream into chunks and hashes each, in one pass. Used by one caller at a time (unchecked `Sendable`, as `HashStream`).
///
/// SHA-256, because a delta trusts that equal hashes are equal bytes, also against somebody who makes files for that. About
/// 1.1 GB/s on one core with SHA instructions: nearly all of the time is the hash.
public final class ChunkHasher: @unchecked Sendable {
  /// Borders are looked for, and bytes hashed, in pieces that stay in the cache from one to the other.
  private static let pieceSize = 64 * 1024

  private var chunker: Chunker
  private let stream = HashStream([.sha256])

  /// At the beginning of a stream.
  public init(_ sizes: ChunkSizes) { chunker = Chunker(sizes) }

  /// Takes the next bytes and tells of each chunk that ends in them, in order.
  public func update(_ bytes: UnsafeRawBufferPointer, _ found: (HashedChunk) throws -> Void) rethrows {
    var start = 0
    while start < bytes.count {
      let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + Self.pieceSize, bytes.count)])
      try update(piece: piece, found)
      start += piece.count
    }
  }

  /// The last chunk, nil if the stream ended at a border (or was empty). The next byte is then the first of another stream.
  public func finish() -> HashedChunk? { chunker.finish().map { HashedChunk($0, takeHash()) } }

  private func update(piece: UnsafeRawBufferPointer, _ found: (HashedChunk) throws -> Void) rethrows {
    var hashed = 0
    let before = chunker.position
    try chunker.update(piece) { chunk in
      let end = Int(chunk.offset + Int64(chunk.length) - before)
      stream.update(UnsafeRawBufferPointer(rebasing: piece[hashed..<end]))
      hashed = end
      try found(HashedChunk(chunk, takeHash()))
    }
    stream.update(UnsafeRawBufferPointer(rebasing: piece[hashed...]))
  }

  private func takeHash() -> ChunkHash {
    guard let digest = stream.finish()[.sha256], let hash = ChunkHash(digest) else { preconditionFailure("SHA-256 was asked for") }
    stream.reset()
    return hash
  }
}
