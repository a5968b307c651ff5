import Compression
import Primitives
import Testing

@Suite struct RoundTripTests {
  private let limits = DecompressionLimits(outputLength: 4 << 20)

  @Test(arguments: [-7, 1, 3, 9, 19])
  func `what is compressed comes back, whole and in pieces`(number: Int) throws {
    let level = try #require(CompressionLevel(number))
    let (compressor, decompressor) = (Compressor(level), Decompressor(limits))
    for (index, body) in bodies.enumerated() where number < 19 || body.count < 200_000 {
      let seed = UInt64(index)
      let whole = try compressor.frame(of: body)
      let announced = try streamed(body, compressor, seed: seed, announced: true)
      let unknown = try streamed(body, compressor, seed: seed, announced: false)
      for stream in [whole, announced, unknown, whole + unknown] {
        let expected = stream.count == whole.count + unknown.count ? body + body : body
        #expect(try Decompressor.decompress(stream, limits) == expected, "body \(index)")
        decompressor.restart()
        #expect(try read(stream, decompressor, seed: seed, longest: stream.count > 5000 ? 50_000 : 3) == expected, "body \(index)")
        #expect(decompressor.outputLength == Int64(expected.count))
      }
    }
  }

  @Test func `the same bytes give the same frame, whatever came before`() throws {
    let (one, other) = (Compressor(), Compressor())
    _ = try other.frame(of: text(300_000, seed: 1))
    try other.begin(contentLength: 5)
    let body = text(250_000, seed: 2)
    let frame = try one.frame(of: body)
    #expect(try other.frame(of: body) == frame)
    #expect(try other.frame(of: body) == frame)
  }

  @Test func `a frame is appended to what is there`() throws {
    let compressor = Compressor(.fast)
    var stream: [UInt8] = []
    var lengths: [Int] = []
    for body in bodies { lengths.append(try body.withUnsafeBytes { try compressor.appendFrame(of: $0, to: &stream) }) }
    #expect(lengths.reduce(0, +) == stream.count)
    #expect(try Decompressor.decompress(stream, limits) == bodies.flatMap { $0 })
    for body in bodies { #expect(try compressor.frame(of: body).count <= Compressor.bound(body.count)) }
  }

  @Test func `a frame says how long its content is, if that was known`() throws {
    let compressor = Compressor()
    for body in bodies {
      let frame = try compressor.frame(of: body)
      #expect(frame.withUnsafeBytes { FrameHeader.contentLength($0) } == Int64(body.count))
      #expect(Array(frame.prefix(FrameHeader.longest)).withUnsafeBytes { FrameHeader.contentLength($0) } == Int64(body.count))
    }
    let unknown = try streamed(text(1000, seed: 1), compressor, seed: 1, announced: false)
    #expect(unknown.withUnsafeBytes { FrameHeader.contentLength($0) } == nil)
    for bytes in [[], [0x28], FrameHeader.magic, [1, 2, 3, 4, 5, 6, 7, 8, 9]] as [[UInt8]] {
      #expect(bytes.withUnsafeBytes { FrameHeader.contentLength($0) } == nil)
    }
  }

  @Test func `not as many bytes as announced are refused`() throws {
    let compressor = Compressor()
    for count in [999, 1001] {
      let error = #expect(throws: CompressionError.self) {
        try compressor.begin(contentLength: 1000)
        try text(count, seed: 1).withUnsafeBytes { try compressor.write($0) { _ in } }
        try compressor.end { _ in }
      }
      #expect(error?.code == .wrongLength, "\(count)")
    }
    // It can be used again.
    #expect(try Decompressor.decompress(compressor.frame(of: [1, 2]), limits) == [1, 2])
  }

  @Test func `levels outside of the range are none`() {
    #expect(CompressionLevel(20) == nil && CompressionLevel(-8) == nil)
    #expect(CompressionLevel(0) == .usual && CompressionLevel(3) == .usual && CompressionLevel(1) == .fast)
  }

  @Test func `higher levels make less of the same`() throws {
    let body = text(500_000, seed: 9)
    let lengths = try [-5, 1, 9].map { try Compressor(#require(CompressionLevel($0))).frame(of: body).count }
    #expect(lengths[0] > lengths[1] && lengths[1] > lengths[2], "\(lengths)")
  }
}
