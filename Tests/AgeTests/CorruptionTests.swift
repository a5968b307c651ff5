import Age
import Primitives
import Testing

private let sealedChunk = 64 << 10 + 16

@Suite struct CorruptionTests {
  /// What becomes of a file in bad hands.
  enum Damage: CaseIterable { case flip, cut, cutAtBorder, swap, repeatChunk, dropChunk, append, appendChunk }

  @Test(arguments: 0..<10 as Range<UInt64>)
  func `a thousand damaged files are each an error, and nothing wrong comes out before it`(seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    let identity = Identity.generate()
    let recipient = try #require(identity.recipient)
    var files: [(plain: [UInt8], sealed: [UInt8], start: Int)] = []
    for size in [0, 5, 65536, 70000, 131072, 200_000] {
      let plain = bytes(size, &random)
      let sealed = try SealedFile.encrypt(plain, for: [recipient])
      files.append((plain, sealed, try #require(try Header.parse(sealed)).byteCount + 16))
    }
    var done = 0
    while done < 1000 {
      let file = files[Int(random.next() % UInt64(files.count))]
      let damage = Damage.allCases[Int(random.next() % UInt64(Damage.allCases.count))]
      guard let damaged = apply(damage, file.sealed, file.start, &random), damaged != file.sealed else { continue }
      done += 1
      let sink = MemorySink(limit: .max)
      let decryptor = FileDecryptor([identity], into: sink)
      await #expect(throws: AgeError.self, "seed \(seed), damage \(damage), size \(file.plain.count)") {
        try push(damaged, to: decryptor, &random)
        try await decryptor.finish()
      }
      #expect(file.plain.starts(with: sink.bytes), "seed \(seed), damage \(damage)")
      #expect(sink.bytes.count.isMultiple(of: 64 << 10) || sink.bytes.count == file.plain.count)
    }
  }

  private func apply(_ damage: Damage, _ sealed: [UInt8], _ start: Int, _ random: inout SeededRandom) -> [UInt8]? {
    func below(_ count: Int) -> Int { Int(random.next() % UInt64(max(count, 1))) }
    let chunks = (sealed.count - start + sealedChunk - 1) / sealedChunk
    func chunk(_ index: Int) -> Range<Int> { start + index * sealedChunk..<min(start + (index + 1) * sealedChunk, sealed.count) }
    var file = sealed
    switch damage {
    case .flip: file[below(file.count)] ^= UInt8(1 << below(8))
    case .cut: file.removeLast(1 + below(file.count - 1))
    case .cutAtBorder: file.removeSubrange(chunk(below(chunks)).lowerBound...)
    case .swap:
      guard chunks > 1 else { return nil }
      let (first, second) = (below(chunks), below(chunks))
      guard first < second else { return nil }
      file = Array(sealed[..<chunk(first).lowerBound]) + Array(sealed[chunk(second)])
      file += sealed[chunk(first).upperBound..<chunk(second).lowerBound]
      file += Array(sealed[chunk(first)]) + Array(sealed[chunk(second).upperBound...])
    case .repeatChunk: file.insert(contentsOf: sealed[chunk(below(chunks))], at: chunk(below(chunks)).lowerBound)
    case .dropChunk: file.removeSubrange(chunk(below(chunks)))
    case .append: file += bytes(1 + below(40), &random)
    case .appendChunk: file += sealed[chunk(chunks - 1)]
    }
    return file
  }

  @Test func `a file that ends anywhere is an error`() async throws {
    let identity = Identity.generate()
    let sealed = try SealedFile.encrypt([1, 2, 3], for: [try #require(identity.recipient)])
    for count in 0..<sealed.count {
      await #expect(throws: AgeError.self) { try await FileDecryptor.decrypt(Array(sealed[..<count]), [identity]) }
    }
  }

  @Test func `a header without an end is given up`() async throws {
    let sink = MemorySink(limit: 0)
    let decryptor = FileDecryptor([.generate()], into: sink)
    let line = Array(repeating: UInt8(ascii: "A"), count: 64) + ascii("\n")
    #expect(throws: AgeError.self) {
      _ = try ascii("age-encryption.org/v1\n-> X25519 x\n").withUnsafeBytes { try decryptor.write($0) }
      for _ in 0..<100_000 { _ = try line.withUnsafeBytes { try decryptor.write($0) } }
    }
  }
}
