import Compression

/// Streams of frames: nothing beyond the limit comes out, in pieces comes what comes whole, and what is read can be written and is the same.
/// The first byte says how long the pieces are.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  let stream = Array(bytes.dropFirst())
  let limits = DecompressionLimits(outputLength: 1 << 20, windowBits: 20)
  _ = stream.withUnsafeBytes { FrameHeader.contentLength($0) }
  let whole = try? Decompressor.decompress(stream, limits)
  precondition(whole?.count ?? 0 <= 1 << 20)
  let piece = max(1, Int(bytes.first ?? 1))
  let decompressor = Decompressor(limits)
  var all: [UInt8]? = []
  do {
    for place in stride(from: 0, to: stream.count, by: piece) {
      try stream[place..<min(place + piece, stream.count)].withUnsafeBytes { bytes in
        try decompressor.write(bytes) { all?.append(contentsOf: $0) }
      }
    }
    try decompressor.finish()
  } catch { all = nil }
  // Of frames that contradict themselves the library refuses some only when they come whole, some only when they come in pieces.
  if let all, let whole { precondition(all == whole) }
  if let whole, let frame = try? Compressor(.fast).frame(of: whole) {
    let again = try? Decompressor.decompress(frame, DecompressionLimits(outputLength: 1 << 20))
    precondition(again == whole)
  }
  return 0
}
