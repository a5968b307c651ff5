import CZstd

/// Writes zstd frames (RFC 8878), each with a checksum of its content. Each frame reuses the memory of the
/// one before (a few mebibytes at the usual level), so that one compressor is kept for many.
///
/// Level 3 makes about 0.5 GB/s of texts on one core, and 5 GB/s of what cannot be compressed.
///
/// Unchecked: used by one caller at a time.
public final class Compressor: @unchecked Sendable {
  private let context: OpaquePointer
  private let output: UnsafeMutableRawBufferPointer

  /// A compressor of this level.
  public init(_ level: CompressionLevel = .usual) {
    guard let context = ZSTD_createCCtx() else { fatalError("out of memory") }
    self.context = context
    output = .allocate(byteCount: ZSTD_CStreamOutSize(), alignment: 16)
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, CInt(level.value))
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
  }

  deinit {
    ZSTD_freeCCtx(context)
    output.deallocate()
  }

  // MARK: whole frames

  /// The most bytes that a frame of `count` bytes can have.
  public static func bound(_ count: Int) -> Int { ZSTD_compressBound(count) }

  /// Appends one frame of all of `bytes` to `destination`. The same bytes give the same frame. Abandons a frame that was begun.
  /// - Returns: the frame's length.
  @discardableResult
  public func appendFrame(of bytes: UnsafeRawBufferPointer, to destination: inout [UInt8]) throws(CompressionError) -> Int {
    abandon()
    let start = destination.count
    let bound = Self.bound(bytes.count)
    destination.append(contentsOf: repeatElement(0, count: bound))
    let result = destination.withUnsafeMutableBytes { all in
      ZSTD_compress2(context, all.baseAddress! + start, bound, bytes.baseAddress, bytes.count)
    }
    do {
      let length = try checked(result)
      destination.removeLast(bound - length)
      return length
    } catch {
      destination.removeLast(bound)
      throw error
    }
  }

  /// One frame of all of `bytes`.
  public func frame(of bytes: [UInt8]) throws(CompressionError) -> [UInt8] {
    var frame: [UInt8] = []
    let result = bytes.withUnsafeBytes { bytes in Result { () throws(CompressionError) in try appendFrame(of: bytes, to: &frame) } }
    _ = try result.get()
    return frame
  }

  // MARK: frames in pieces

  /// Begins a frame, and abandons one that was begun before.
  /// - Parameter contentLength: how many bytes will come, if that is known: it is written into the frame, and held against them.
  public func begin(contentLength: Int64? = nil) throws(CompressionError) {
    abandon()
    guard let contentLength else { return }
    guard contentLength >= 0 else { throw CompressionError(.wrongLength, "a length is not negative") }
    try checked(ZSTD_CCtx_setPledgedSrcSize(context, UInt64(contentLength)))
  }

  /// Takes the next bytes of the frame and gives to `taker` what comes out, in pieces that are valid during the call only.
  public func write(_ bytes: UnsafeRawBufferPointer, _ taker: (UnsafeRawBufferPointer) throws -> Void) throws {
    var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
    while input.pos < input.size { try step(&input, ZSTD_e_continue, taker) }
  }

  /// Ends the frame and gives its rest to `taker`. Without bytes it is a frame of nothing.
  /// - Throws: `.wrongLength` if not as many bytes came as `begin` announced; what `taker` throws.
  public func end(_ taker: (UnsafeRawBufferPointer) throws -> Void) throws {
    var input = ZSTD_inBuffer(src: nil, size: 0, pos: 0)
    while try step(&input, ZSTD_e_end, taker) > 0 {}
  }

  @discardableResult
  private func step(
    _ input: inout ZSTD_inBuffer, _ directive: ZSTD_EndDirective, _ taker: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Int {
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let left = try checked(ZSTD_compressStream2(context, &target, &input, directive))
    if target.pos > 0 { try taker(UnsafeRawBufferPointer(rebasing: output[..<target.pos])) }
    return left
  }

  private func abandon() { ZSTD_CCtx_reset(context, ZSTD_reset_session_only) }
}
