public import Compression

/// How a `CompressedStore` compresses.
public struct CompressionOptions: Hashable, Sendable {
  /// What is compressed.
  public enum Choice: Hashable, Sendable {
    /// What becomes smaller by a sixteenth at least. Large files are judged by samples.
    case whatShrinks
    /// Everything but empty files.
    case everything
  }

  /// How hard to compress.
  public var level: CompressionLevel
  /// What is compressed.
  public var choice: Choice
  /// Bytes of content in a frame: what must be read to get at a byte in the middle. 64 KiB to 16 MiB.
  public var frameLength: Int
  /// What compresses to this many bytes at most is written in one request; more goes in parts of this length. 64 KiB to 16 MiB; S3
  /// takes no parts below 5 MiB.
  public var partLength: Int
  /// The folder for temporary files; used only where a store takes neither parts nor pushed bytes.
  public var spoolFolder: [UInt8]

  /// Options; by default level 3, frames of 4 MiB, parts of 8 MiB.
  public init(
    level: CompressionLevel = .usual, choice: Choice = .whatShrinks, frameLength: Int = 4 << 20, partLength: Int = 8 << 20,
    spoolFolder: [UInt8] = Array("/tmp".utf8)
  ) {
    self.level = level
    self.choice = choice
    self.frameLength = min(max(frameLength, 64 << 10), 16 << 20)
    self.partLength = min(max(partLength, 64 << 10), 16 << 20)
    self.spoolFolder = spoolFolder
  }
}
