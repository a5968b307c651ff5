import Compression
import Primitives
import Testing

@Suite struct HostileTests {
  private func code(_ stream: [UInt8], _ limits: DecompressionLimits) -> CompressionError.Code? {
    do {
      _ = try Decompressor.decompress(stream, limits)
      return nil
    } catch { return (error as? CompressionError)?.code }
  }

  @Test func `no more comes out than is allowed`() throws {
    let bomb = try Compressor().frame(of: Array(repeating: 0, count: 50_000_000))
    #expect(bomb.count < 5000)
    var given = 0
    let decompressor = Decompressor(DecompressionLimits(outputLength: 300_000))
    let error = #expect(throws: CompressionError.self) {
      try bomb.withUnsafeBytes { try decompressor.write($0) { given += $0.count } }
    }
    #expect(error?.code == .tooLong)
    #expect(given <= 300_000)
    #expect(code(bomb, DecompressionLimits(outputLength: 49_999_999)) == .tooLong)
    #expect(code(bomb, DecompressionLimits(outputLength: 50_000_000)) == nil)
    #expect(code(try Compressor().frame(of: [1]), DecompressionLimits(outputLength: 0)) == .tooLong)
  }

  @Test func `a frame that wants more memory than allowed is refused before it gets it`() throws {
    let body = text(3_000_000, seed: 1)
    let frame = try Compressor().frame(of: body)
    #expect(code(frame, DecompressionLimits(outputLength: 1 << 30, windowBits: 20)) == .windowTooLarge)
    #expect(code(frame, DecompressionLimits(outputLength: 1 << 30, windowBits: 22)) == nil)
    // The header of a frame with a window of two gibibytes: magic, descriptor, window.
    #expect(code(FrameHeader.magic + [0x00, 0xA8] + [1, 0, 0], DecompressionLimits(outputLength: 1 << 40)) == .windowTooLarge)
  }

  @Test func `every shortened stream is noticed`() throws {
    let stream = try Compressor().frame(of: text(20_000, seed: 2))
    for length in 1..<stream.count {
      let code = code(Array(stream.prefix(length)), DecompressionLimits(outputLength: 1 << 20))
      #expect(code == .truncated, "\(length) of \(stream.count)")
    }
    #expect(code([], DecompressionLimits(outputLength: 0)) == nil)
  }

  @Test func `damage anywhere is noticed, or changes nothing`() throws {
    for seed in 0..<2000 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let body = seed % 2 == 0 ? text(3000, seed: seed % 20) : randomBytes(300, seed: seed % 20)
      var stream = try Compressor().frame(of: body)
      stream[Int.random(in: 0..<stream.count, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
      if let read = try? Decompressor.decompress(stream, DecompressionLimits(outputLength: 10_000)) {
        #expect(read == body, "seed \(seed)")
      }
    }
  }

  @Test func `garbage before or behind frames is refused, a skippable frame is skipped`() throws {
    let limits = DecompressionLimits(outputLength: 1000)
    let frame = try Compressor().frame(of: [1, 2, 3])
    let skippable: [UInt8] = [0x5E, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 9, 9, 9]
    #expect(try Decompressor.decompress(skippable + frame + skippable + frame, limits) == [1, 2, 3, 1, 2, 3])
    #expect(code([0] + frame, limits) == .malformed)
    #expect(code(frame + [0, 1, 2, 3, 4, 5], limits) == .malformed)
    #expect(code(frame + [0x28], limits) == .truncated)
    #expect(code(skippable.dropLast(), limits) == .truncated)
  }

  @Test func `frames of formats before the first version are refused`() throws {
    for version in 0x1E...0x27 as ClosedRange<UInt8> {
      #expect(code([version, 0xB5, 0x2F, 0xFD, 4, 0x50, 0, 0], DecompressionLimits(outputLength: 1 << 20)) == .malformed)
      let frame = try Compressor().frame(of: [1])
      #expect(code(frame + [version, 0xB5, 0x2F, 0xFD, 4, 0x50, 0, 0], DecompressionLimits(outputLength: 1 << 20)) == .malformed)
    }
  }

  @Test func `a decompressor that failed says so until it is restarted`() throws {
    let decompressor = Decompressor(DecompressionLimits(outputLength: 100))
    let frame = try Compressor().frame(of: [1, 2, 3])
    let garbage: [UInt8] = [1, 2, 3, 4, 5, 6]
    #expect(throws: CompressionError.self) { try garbage.withUnsafeBytes { try decompressor.write($0) { _ in } } }
    #expect(throws: CompressionError.self) { try frame.withUnsafeBytes { try decompressor.write($0) { _ in } } }
    #expect(throws: CompressionError.self) { try decompressor.finish() }
    decompressor.restart()
    #expect(try read(frame, decompressor, seed: 1, longest: 2) == [1, 2, 3])
  }

  @Test func `what the taker throws comes out`() throws {
    struct Full: Error {}
    let frame = try Compressor().frame(of: [1, 2, 3])
    let decompressor = Decompressor(DecompressionLimits(outputLength: 100))
    #expect(throws: Full.self) { try frame.withUnsafeBytes { try decompressor.write($0) { _ in throw Full() } } }
    let compressor = Compressor()
    try compressor.begin()
    #expect(throws: Full.self) { try compressor.end { _ in throw Full() } }
  }
}
