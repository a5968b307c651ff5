import Chunking
import Delta
import Glibc
import Primitives

// How fast borders are found, alone and with the hash of each chunk, on one core (the best of five rounds counts); and what a new
// version of a file of 1 GiB costs to send. Fails if that is more than 24 MiB.
//   ChunkingBenchmark [MEBIBYTES]

let mebibytes = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 256 : 256
var random = SeededRandom(seed: 1)
let words = (0..<mebibytes * 131_072).map { _ in random.next() }

func best(_ body: (UnsafeRawBufferPointer) -> Int) -> (rate: Double, chunks: Int) {
  let clock = ContinuousClock()
  var least = Duration.seconds(3600)
  var chunks = 0
  for _ in 0..<5 {
    let start = clock.now
    chunks = words.withUnsafeBytes { body($0) }
    least = min(least, clock.now - start)
  }
  let seconds = Double(least.components.seconds) + Double(least.components.attoseconds) / 1e18
  return (Double(mebibytes) * 1_048_576 / 1e9 / seconds, chunks)
}

func show(_ name: String, _ result: (rate: Double, chunks: Int)) {
  let hundredths = Int(result.rate * 100)
  print("\(name): \(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) GB/s, \(result.chunks) chunks")
}

for average in [64, 256, 1024] {
  guard let sizes = ChunkSizes(minimum: average * 256, average: average * 1024, maximum: average * 4096) else { exit(2) }
  show(
    "borders, \(average) KiB",
    best { bytes in
      var (chunker, count) = (Chunker(sizes), 0)
      chunker.update(bytes) { _ in count += 1 }
      return count + (chunker.finish() == nil ? 0 : 1)
    })
}
show(
  "borders in buffers of 64 KiB",
  best { bytes in
    var (chunker, count) = (Chunker(.suited(to: 0)), 0)
    for start in stride(from: 0, to: bytes.count, by: 65_536) {
      chunker.update(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + 65_536, bytes.count)])) { _ in count += 1 }
    }
    return count + (chunker.finish() == nil ? 0 : 1)
  })
show(
  "borders and SHA-256",
  best { bytes in
    let hasher = ChunkHasher(.suited(to: 0))
    var count = 0
    hasher.update(bytes) { _ in count += 1 }
    return count + (hasher.finish() == nil ? 0 : 1)
  })

// A file of 1 GiB made of numbers of its own, then with one byte more in front and a mebibyte of others in the middle.
func map(_ pieces: [(seed: UInt64, bytes: Int)]) -> ChunkMap {
  let builder = ChunkMapBuilder(.suited(to: 1 << 30))
  for piece in pieces {
    var random = SeededRandom(seed: piece.seed)
    var left = piece.bytes
    while left > 0 {
      let block = (0..<8192).map { _ in random.next() }
      block.withUnsafeBytes { builder.update(UnsafeRawBufferPointer(rebasing: $0[..<min(left, $0.count)])) }
      left -= min(left, 65_536)
    }
  }
  return builder.finish()
}
let half = 512 << 20
let old = map([(2, half), (3, 1 << 20), (4, half - 1 << 20)])
let new = map([(5, 1), (2, half), (6, 1 << 20), (4, half - 1 << 20)])
guard let plan = PartCopyPlan(DeltaPlan(from: old, to: new)) else { exit(1) }
print(
  "1 GiB, a byte inserted in front, 1 MiB changed: \(plan.bytesSent >> 10) KiB of \(new.length >> 10) sent in \(plan.parts.count) parts; "
    + "the map has \(new.chunks.count) chunks, \(new.encoded.count >> 10) KiB")
exit(plan.bytesSent <= 24 << 20 ? 0 : 1)
