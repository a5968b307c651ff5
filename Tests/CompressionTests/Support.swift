import Compression
import Files
import Glibc
import Primitives
import Testing

func randomBytes(_ count: Int, seed: UInt64) -> [UInt8] {
  var random = SeededRandom(seed: seed)
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + 8)
  while bytes.count < count { withUnsafeBytes(of: random.next().littleEndian) { bytes.append(contentsOf: $0) } }
  return Array(bytes.prefix(count))
}

/// Words, over and over: what compresses well.
func text(_ count: Int, seed: UInt64) -> [UInt8] {
  var random = SeededRandom(seed: seed)
  let words = (0..<200).map { _ in
    (0..<Int.random(in: 1...9, using: &random)).map { _ in UInt8.random(in: 97...122, using: &random) }
  }
  var bytes: [UInt8] = []
  while bytes.count < count { bytes += words[Int.random(in: 0..<200, using: &random)] + [32] }
  return Array(bytes.prefix(count))
}

/// Bodies of many kinds and lengths.
let bodies: [[UInt8]] = [
  [], [7], text(100, seed: 1), randomBytes(100, seed: 2), text(131_072, seed: 3), text(131_073, seed: 4),
  randomBytes(140_000, seed: 5),
  text(1_000_000, seed: 6), Array(repeating: 0, count: 1_500_000),
]

/// One frame of a body that comes in pieces of random lengths.
func streamed(_ bytes: [UInt8], _ compressor: Compressor, seed: UInt64, announced: Bool) throws -> [UInt8] {
  var random = SeededRandom(seed: seed)
  var frame: [UInt8] = []
  try compressor.begin(contentLength: announced ? Int64(bytes.count) : nil)
  var start = 0
  while start < bytes.count {
    let end = min(bytes.count, start + Int.random(in: 1...200_000, using: &random))
    try bytes[start..<end].withUnsafeBytes { try compressor.write($0) { frame.append(contentsOf: $0) } }
    start = end
  }
  try compressor.end { frame.append(contentsOf: $0) }
  return frame
}

/// What a stream that comes in pieces of random lengths gives.
func read(_ stream: [UInt8], _ decompressor: Decompressor, seed: UInt64, longest: Int) throws -> [UInt8] {
  var random = SeededRandom(seed: seed)
  var all: [UInt8] = []
  var start = 0
  while start < stream.count {
    let end = min(stream.count, start + Int.random(in: 1...longest, using: &random))
    try stream[start..<end].withUnsafeBytes { try decompressor.write($0) { all.append(contentsOf: $0) } }
    start = end
  }
  try decompressor.finish()
  return all
}

/// A folder that is there for the length of a call.
func withFolder<T>(_ body: (String) throws -> T) throws -> T {
  var template = Array("/tmp/isobar-compression-XXXXXX".utf8CString)
  let folder = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  defer { _ = try? Subprocess.run(.program("rm", arguments: ["-r", folder]), timeout: .seconds(10)) }
  return try body(folder)
}

func writeFile(_ bytes: [UInt8], to path: String) throws {
  let file = try #require(fopen(path, "w"))
  _ = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
  fclose(file)
}
