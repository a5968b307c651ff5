import CZstd

/// How much a decompressor takes and gives before it refuses: what comes from elsewhere is hostile until it is read.
public struct DecompressionLimits: Hashable, Sendable {
  /// The most bytes that may come out of one stream. A few bytes can stand for gigabytes.
  public var outputLength: Int64
  /// The most memory that a frame may want for looking back, as a power of two in bytes: 23 for 8 MiB.
  public var windowBits: Int

  /// The windows that the library knows.
  public static let windowBits = 10...27

  /// Limits. The window's is held to `windowBits`; 8 MiB is enough for levels up to 19.
  public init(outputLength: Int64, windowBits: Int = 23) {
    self.outputLength = max(0, outputLength)
    self.windowBits = min(max(windowBits, Self.windowBits.lowerBound), Self.windowBits.upperBound)
  }
}

/// Reads a stream of zstd frames, one behind the other (skippable ones are skipped), as it comes in, in pieces of any size. Checks the
/// checksums of frames that have one. `restart` keeps the memory for the next stream.
///
/// Its memory is bounded by the limits (the window, and a quarter of a mebibyte), whatever comes. About 2 GB/s of texts on one core.
///
/// Unchecked: used by one caller at a time.
public final class Decompressor: @unchecked Sendable {
  private let context: OpaquePointer
  private let output: UnsafeMutableRawBufferPointer
  private var limits: DecompressionLimits
  private var isInFrame = false
  private var magic = FrameMagic()
  private var hasFailed = false

  /// Bytes that came out of the stream so far.
  public private(set) var outputLength: Int64 = 0

  /// At the beginning of a stream.
  public init(_ limits: DecompressionLimits) {
    guard let context = ZSTD_createDCtx() else { fatalError("out of memory") }
    self.context = context
    self.limits = limits
    output = .allocate(byteCount: ZSTD_DStreamOutSize(), alignment: 16)
    restart()
  }

  deinit {
    ZSTD_freeDCtx(context)
    output.deallocate()
  }

  /// Forgets the stream: the next byte is the first of another one.
  /// - Parameter limits: those of the next stream; nil for the same.
  public func restart(_ limits: DecompressionLimits? = nil) {
    if let limits { self.limits = limits }
    ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, CInt(self.limits.windowBits))
    (isInFrame, hasFailed, outputLength) = (false, false, 0)
    magic = FrameMagic()
  }

  /// Takes the next bytes of the stream, and gives to `taker` what comes out, in pieces that are valid during the call only.
  /// - Throws: `CompressionError` (`.tooLong` before a byte beyond the limit is given), what `taker` throws. Afterwards only
  ///   `restart` is of use.
  public func write(_ bytes: UnsafeRawBufferPointer, _ taker: (UnsafeRawBufferPointer) throws -> Void) throws {
    var rest = bytes
    repeat {
      let used = try step(rest, taker)
      rest = UnsafeRawBufferPointer(rebasing: rest[used.count...])
      // The buffer was full: there may be more, although no byte is left to be taken.
      if rest.isEmpty, !used.isFull { return }
    } while true
  }

  /// One step: takes some of the bytes and gives at most one piece to `taker`. For a caller that may have to stop in between; once all
  /// bytes are taken it calls again, with none, as long as a piece came that filled the buffer.
  /// - Returns: how many bytes were taken, and whether the piece filled the buffer.
  public func step(
    _ bytes: UnsafeRawBufferPointer, _ taker: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> (count: Int, isFull: Bool) {
    guard !hasFailed else { throw CompressionError(.malformed, "the stream was damaged before") }
    hasFailed = true
    // The library reads the formats from before the first version too, with code that nobody has looked after since.
    guard magic.accepts(bytes) else { throw CompressionError(.malformed, "the compressed data is damaged (no frame begins here)") }
    var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    if !bytes.isEmpty || isInFrame {
      isInFrame = try checked(ZSTD_decompressStream(context, &target, &input)) != 0
      // The library stops at the end of each frame.
      if !isInFrame { magic = FrameMagic() }
    }
    guard Int64(target.pos) <= limits.outputLength - outputLength else {
      throw CompressionError(.tooLong, "the compressed data has more than the \(limits.outputLength) bytes that may come")
    }
    outputLength += Int64(target.pos)
    if target.pos > 0 { try taker(UnsafeRawBufferPointer(rebasing: output[..<target.pos])) }
    hasFailed = false
    return (input.pos, target.pos == target.size)
  }

  /// Says that nothing more comes.
  /// - Throws: `.truncated` if the last frame has not ended.
  public func finish() throws(CompressionError) {
    if hasFailed { throw CompressionError(.malformed, "the stream was damaged before") }
    if isInFrame { throw CompressionError(.truncated, "the compressed data ends too early") }
  }

  /// All that a stream at hand gives.
  /// - Throws: `CompressionError`.
  public static func decompress(_ bytes: [UInt8], _ limits: DecompressionLimits) throws -> [UInt8] {
    let decompressor = Decompressor(limits)
    var all: [UInt8] = []
    try bytes.withUnsafeBytes { try decompressor.write($0) { all.append(contentsOf: $0) } }
    try decompressor.finish()
    return all
  }
}

/// Looks at the first bytes of a frame as they come.
private struct FrameMagic {
  private var seen = 0
  private var isSkippable = false

  private static let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18]

  /// Whether the bytes can go on a frame, of content or skippable. Only the first four of each frame are looked at.
  mutating func accepts(_ bytes: UnsafeRawBufferPointer) -> Bool {
    for byte in bytes.prefix(max(0, 4 - seen)) {
      if seen == 0 { isSkippable = byte & 0xF0 == Self.skippable[0] }
      let isRight = isSkippable ? seen == 0 || byte == Self.skippable[seen] : byte == FrameHeader.magic[seen]
      if !isRight { return false }
      seen += 1
    }
    return true
  }
}
