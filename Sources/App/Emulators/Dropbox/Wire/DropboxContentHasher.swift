import Crypto
import Files
import Primitives

/// The service's content hash: SHA-256 over the SHA-256s of the blocks of 4 MiB.
///
/// Used by one caller at a time; sees the bytes of a body as they come.
final class DropboxContentHasher: ByteSink, @unchecked Sendable {
  /// Bytes of a block.
  static let block: Int64 = 4 << 20

  private let stream = HashStream([.sha256])
  private var filled: Int64 = 0
  /// The hashes of the blocks that are full.
  private var blocks: [UInt8] = []

  func write(_ bytes: UnsafeRawBufferPointer) -> ByteSinkResult {
    var rest = bytes
    while !rest.isEmpty {
      let count = Int(min(Int64(rest.count), Self.block - filled))
      stream.update(UnsafeRawBufferPointer(rebasing: rest[..<count]))
      filled += Int64(count)
      if filled == Self.block { closeBlock() }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
    return .taken
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }

  func restart() {
    stream.reset()
    filled = 0
    blocks = []
  }

  private func closeBlock() {
    blocks += stream.finish()[.sha256] ?? []
    stream.reset()
    filled = 0
  }

  /// The hashes of all blocks, one after another; the last one may be short. Call it once, at the end.
  func finishBlocks() -> [UInt8] {
    if filled > 0 { closeBlock() }
    return blocks
  }

  /// The hash of a content whose blocks have these hashes.
  static func hash(ofBlocks blocks: [UInt8]) -> [UInt8] { SHA256.hash(blocks) }

  /// The hashes of the blocks of the blobs' content, one blob after another. Reads all of it: for the blocking pool.
  /// - Throws: `FileError`.
  static func blocks(of pieces: [Blob], in blobs: BlobFolder) throws -> [UInt8] {
    let hasher = DropboxContentHasher()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
    defer { buffer.deallocate() }
    for piece in pieces {
      let source = FileSource(try blobs.open(piece), offset: 0, length: piece.size)
      while case .bytes(let count) = try source.read(into: buffer) {
        _ = hasher.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    }
    return hasher.finishBlocks()
  }
}
