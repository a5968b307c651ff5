import CZstd

/// What the beginning of a frame says.
public enum FrameHeader {
  /// The bytes with which a frame begins.
  public static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

  /// How many bytes of a frame are enough for what is asked here.
  public static let longest = 18

  /// How long the frame says that its content is. Nil if it does not say, if the bytes are no frame's beginning, or too few.
  public static func contentLength(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    // The library's two ways to say “I do not know” are the two largest numbers.
    guard bytes.count >= magic.count, bytes.starts(with: magic) else { return nil }
    return Int64(exactly: ZSTD_getFrameContentSize(bytes.baseAddress, bytes.count))
  }
}
