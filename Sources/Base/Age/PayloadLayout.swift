/// Where the bytes of a file's content lie in the encrypted file.
///
/// A file is its header, 16 bytes of nonce, and chunks of 64 KiB + 16 bytes, the last of which may be shorter. What is computed from a
/// file's length is only as good as the length: that the last chunk is the last is proved by opening it.
public struct PayloadLayout: Hashable, Sendable {
  /// Bytes of the nonce in front of the chunks.
  public static let nonceSize = 16

  /// Where the chunks begin.
  public let start: Int64
  /// Bytes of the content.
  public let plainLength: Int64

  /// The layout of a file yet to be made.
  /// - Parameter headerLength: bytes in front of the nonce.
  public init(headerLength: Int, plainLength: Int64) {
    start = Int64(headerLength + Self.nonceSize)
    self.plainLength = plainLength
  }

  /// The layout of a file of `fileLength` bytes.
  /// - Throws: `AgeError` `.payload` for a length that no file has.
  public init(headerLength: Int, fileLength: Int64) throws {
    start = Int64(headerLength + Self.nonceSize)
    let sealed = fileLength - start
    guard sealed >= Self.tag else { throw AgeError(.payload, "the file was cut: it ends before its content begins") }
    let (full, rest) = sealed.quotientAndRemainder(dividingBy: Self.sealedSize)
    // A last chunk without content is only that of an empty file.
    if rest > 0, rest <= Self.tag, full > 0 || rest < Self.tag { throw AgeError(.payload, "the file was cut within a chunk") }
    plainLength = full * Self.plainSize + (rest == 0 ? 0 : rest - Self.tag)
  }

  private static let plainSize = Int64(ChunkCipher.plainSize)
  private static let sealedSize = Int64(ChunkCipher.sealedSize)
  private static let tag = sealedSize - plainSize

  /// How many chunks there are; an empty file has one.
  public var chunkCount: Int64 { max((plainLength + Self.plainSize - 1) / Self.plainSize, 1) }

  /// Bytes of the whole file.
  public var fileLength: Int64 { start + plainLength + chunkCount * Self.tag }

  /// What has to be read of the file to get some of its content.
  public struct Window: Hashable, Sendable {
    /// The bytes of the file that hold it: whole chunks.
    public let file: Range<Int64>
    let firstChunk: Int64
    /// The one behind the last chunk that holds it.
    let endChunk: Int64
    /// The last chunk of the file.
    let lastChunk: Int64
    /// Bytes at the beginning of the first chunk that are not wanted.
    let skip: Int
    /// Bytes wanted.
    let count: Int64
  }

  /// The chunks that hold `range` of the content, which lies within it; the whole of an empty file is its one chunk.
  public func window(_ range: Range<Int64>) -> Window {
    precondition(range.lowerBound >= 0 && range.upperBound <= plainLength, "a range beyond the content")
    let first = min(range.lowerBound / Self.plainSize, chunkCount - 1)
    let last = range.isEmpty ? first : (range.upperBound - 1) / Self.plainSize
    return Window(
      file: start + first * Self.sealedSize..<min(start + (last + 1) * Self.sealedSize, fileLength), firstChunk: first,
      endChunk: last + 1, lastChunk: chunkCount - 1, skip: Int(range.lowerBound - first * Self.plainSize), count: Int64(range.count)
    )
  }

  /// The content of one chunk.
  func plainRange(ofChunk chunk: Int64) -> Range<Int64> {
    chunk * Self.plainSize..<min((chunk + 1) * Self.plainSize, plainLength)
  }

  /// The chunks (and places within them) that hold a part of the file behind the nonce.
  func chunks(ofFile range: Range<Int64>) -> (chunks: Range<Int64>, skip: Int) {
    let begin = max(range.lowerBound, start) - start
    let end = max(range.upperBound, start) - start
    let first = begin / Self.sealedSize
    return (first..<max(first, (end + Self.sealedSize - 1) / Self.sealedSize), Int(begin - first * Self.sealedSize))
  }
}
