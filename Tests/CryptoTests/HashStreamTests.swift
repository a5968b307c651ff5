import Crypto
import Testing

@Suite struct HashStreamTests {
  func digests(_ bytes: [UInt8]) -> Digests {
    let hashes = HashStream(Set(HashAlgorithm.allCases))
    hashes.update(bytes)
    return hashes.finish()
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func `how a stream is cut does not change its digests`(seed: UInt64) {
    var random = TestRandom(seed: seed)
    let bytes = random.bytes(Int.random(in: 0...200_000, using: &random))
    let whole = digests(bytes)
    let hashes = HashStream(Set(HashAlgorithm.allCases))
    // The first round's bytes must leave nothing behind after the reset.
    hashes.update(random.bytes(100))
    hashes.reset()
    var position = 0
    while position < bytes.count {
      let end = min(bytes.count, position + [0, 1, 15, 17, 4096, 65_536, 70_001].randomElement(using: &random)!)
      hashes.update([UInt8](bytes[position..<end]))
      position = end
    }
    #expect(hashes.finish() == whole, "seed \(seed)")
    #expect(whole.byteCount == Int64(bytes.count))
    #expect(whole[.sha256] == SHA256.hash(bytes))
    #expect(whole[.md5] == MD5.hash(bytes))
  }

  @Test func `only the asked algorithms have a digest`() {
    let hashes = HashStream([.md5, .crc32c])
    hashes.update(ascii("abc"))
    let found = hashes.finish()
    #expect(found.algorithms == [.md5, .crc32c])
    #expect(found[.sha256] == nil)
    #expect(hex(found[.md5]) == "900150983cd24fb0d6963f7d28e17f72")
  }

  @Test func `an empty set counts bytes`() {
    let hashes = HashStream([])
    hashes.update([1, 2, 3])
    #expect(hashes.finish() == Digests(byteCount: 3))
  }

  @Test func `a finished stream can be used again`() {
    let hashes = HashStream([.sha256])
    hashes.update(ascii("something else"))
    _ = hashes.finish()
    hashes.reset()
    hashes.update(ascii("abc"))
    #expect(hex(hashes.finish()[.sha256]) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test func `threads hash at the same time without mixing`() async {
    let expected = (0..<64).map { SHA256.hash([UInt8](repeating: UInt8($0), count: $0 * 37)) }
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<4 {
        group.addTask {
          (0..<2000).allSatisfy { SHA256.hash([UInt8](repeating: UInt8($0 % 64), count: $0 % 64 * 37)) == expected[$0 % 64] }
        }
      }
      for await equal in group { #expect(equal) }
    }
  }
}

@Suite struct CRCTests {
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `combined checksums equal those of the joined bytes`(seed: UInt64) {
    var random = TestRandom(seed: seed)
    let first = random.bytes(Int.random(in: 0...5000, using: &random))
    let second = random.bytes(Int.random(in: 0...5000, using: &random))
    let length = UInt64(second.count)
    func sum<T>(_ bytes: [UInt8], _ crc: (UnsafeRawBufferPointer, T) -> T, _ zero: T) -> T {
      bytes.withUnsafeBytes { crc($0, zero) }
    }
    let crc32 = CRC.combineCRC32(sum(first, CRC.crc32, 0), sum(second, CRC.crc32, 0), secondLength: length)
    let crc32c = CRC.combineCRC32C(sum(first, CRC.crc32c, 0), sum(second, CRC.crc32c, 0), secondLength: length)
    let crc64 = CRC.combineCRC64NVME(sum(first, CRC.crc64nvme, 0), sum(second, CRC.crc64nvme, 0), secondLength: length)
    #expect(crc32 == sum(first + second, CRC.crc32, 0), "seed \(seed)")
    #expect(crc32c == sum(first + second, CRC.crc32c, 0), "seed \(seed)")
    #expect(crc64 == sum(first + second, CRC.crc64nvme, 0), "seed \(seed)")
  }

  @Test func `combining with a long run of zeros is right beyond 32 bits of length`() {
    // 8 GiB of zeros, by doubling 1 MiB: combine must agree with itself however the length is split.
    let megabyte = [UInt8](repeating: 0, count: 1 << 20).withUnsafeBytes { CRC.crc64nvme($0) }
    var doubled = megabyte
    var length: UInt64 = 1 << 20
    while length < 8 << 30 {
      doubled = CRC.combineCRC64NVME(doubled, doubled, secondLength: length)
      length *= 2
    }
    var added = doubled
    added = CRC.combineCRC64NVME(added, megabyte, secondLength: 1 << 20)
    #expect(added == CRC.combineCRC64NVME(megabyte, doubled, secondLength: length))
    #expect(added != doubled)
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `the fast CRC-64 equals division bit by bit, at every length and alignment`(seed: UInt64) {
    var random = TestRandom(seed: seed)
    let bytes = random.bytes(1100)
    func slow(_ bytes: ArraySlice<UInt8>) -> UInt64 {
      var state = ~UInt64(0)
      for byte in bytes {
        state ^= UInt64(byte)
        for _ in 0..<8 { state = state & 1 == 1 ? (state >> 1) ^ 0x9A6C_9329_AC4B_C9B5 : state >> 1 }
      }
      return ~state
    }
    for start in 0..<17 {
      for count in [0, 1, 7, 8, 15, 16, 17, 31, 32, 33, 100, 255, 256, 257, 271, 319, 320, 383, 384, 512, 1000, 1083] {
        let slice = bytes[start..<start + count]
        let fast = slice.withUnsafeBytes { CRC.crc64nvme($0) }
        #expect(fast == slow(slice), "seed \(seed), start \(start), count \(count)")
        let cut = slice.startIndex + count / 3
        let before = bytes[start..<cut].withUnsafeBytes { CRC.crc64nvme($0) }
        let inTwo = bytes[cut..<start + count].withUnsafeBytes { CRC.crc64nvme($0, continuing: before) }
        #expect(inTwo == fast, "seed \(seed), start \(start), count \(count), in two pieces")
      }
    }
  }
}
