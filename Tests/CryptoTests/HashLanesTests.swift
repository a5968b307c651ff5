import Crypto
import Testing

@Suite struct HashLanesTests {
  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func `streams side by side have the digests that each has alone`(seed: UInt64) {
    var random = TestRandom(seed: seed)
    let count = Int.random(in: 1...HashLanes.width, using: &random)
    // Around the block, and around the place where the length no longer fits into the last one.
    let tail = [0, 1, 55, 56, 57, 63].randomElement(using: &random)!
    let length = 64 * Int.random(in: 0...3000, using: &random) + tail
    let messages = (0..<count).map { _ in random.bytes(length) }
    let lanes = HashLanes([.md5, .sha256, .crc32c], count: count)
    var position = 0
    while position < length {
      let end = min(length, position + 64 * Int.random(in: 1...1500, using: &random))
      messages.withChunks(position..<end) { lanes.update($0) }
      position = end
    }
    let found = lanes.finish()
    #expect(found.count == count)
    for (message, digests) in zip(messages, found) {
      let alone = HashStream([.md5, .sha256, .crc32c])
      alone.update(message)
      #expect(digests == alone.finish(), "seed \(seed), \(count) streams of \(length) bytes")
    }
  }

  @Test(arguments: 0...130) func `every length is padded as MD5 wants it`(length: Int) {
    let messages = (0..<HashLanes.width).map { lane in (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ lane) } }
    let lanes = HashLanes([.md5], count: messages.count)
    if length > 0 { messages.withChunks(0..<length) { lanes.update($0) } }
    #expect(lanes.finish().map { $0[.md5] } == messages.map { MD5.hash($0) })
  }

  @Test func `without MD5 it computes what else is asked for`() {
    let lanes = HashLanes([.sha256], count: 2)
    [ascii("abc"), ascii("xyz")].withChunks(0..<3) { lanes.update($0) }
    let found = lanes.finish()
    #expect(found.map { $0[.sha256] } == [SHA256.hash(ascii("abc")), SHA256.hash(ascii("xyz"))])
    #expect(found[0].algorithms == [.sha256])
    #expect(found[0].byteCount == 3)
  }
}

extension [[UInt8]] {
  /// The same range of every message.
  fileprivate func withChunks(_ range: Range<Int>, _ body: ([UnsafeRawBufferPointer]) -> Void) {
    let all = flatMap { $0[range] }
    all.withUnsafeBytes { bytes in
      body(indices.map { UnsafeRawBufferPointer(rebasing: bytes[$0 * range.count..<($0 + 1) * range.count]) })
    }
  }
}
