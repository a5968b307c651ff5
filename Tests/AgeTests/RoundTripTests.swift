import Age
import Crypto
import Primitives
import Testing

private let chunk = 64 << 10

@Suite struct RoundTripTests {
  static let sizes = [
    0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk - 1, 2 * chunk, 2 * chunk + 1, 3 * chunk - 1, 3 * chunk, 3 * chunk + 1,
  ]

  @Test(arguments: sizes)
  func `what was encrypted comes back, however it is pulled and pushed`(size: Int) async throws {
    var random = SeededRandom(seed: UInt64(size))
    let plain = bytes(size, &random)
    let identities = [Identity.generate(), .generate(), .generate()]
    let file = try SealedFile(plainLength: Int64(size), recipients: identities.map { try #require($0.recipient) })
    let sealed = try collect(file.source(0..<file.length) { MemorySource(plain[Int($0.lowerBound)..<Int($0.upperBound)]) })
    #expect(Int64(sealed.count) == file.length)
    for piece in [1000, chunk, chunk + 15, chunk + 16, chunk + 17] {
      let source = file.source(0..<file.length) { range in
        StutteringSource(plain[Int(range.lowerBound)..<Int(range.upperBound)], seed: UInt64(piece))
      }
      #expect(try collect(source, piece: piece) == sealed)
    }
    for identity in identities {
      #expect(try await FileDecryptor.decrypt(sealed, [.generate(), identity]) == plain)
      let sink = StutteringSink(seed: UInt64(size))
      let decryptor = FileDecryptor([identity], into: sink)
      for round in 0..<2 {
        if round == 1 { try decryptor.restart() }
        try push(sealed, to: decryptor, &random)
        try await decryptor.finish()
        #expect(sink.bytes == plain)
      }
    }
    await #expect { try await FileDecryptor.decrypt(sealed, [.generate()]) } throws: { ($0 as? AgeError)?.code == .noMatch }
  }

  @Test(arguments: sizes)
  func `any part of a file can be made and read by itself`(size: Int) async throws {
    var random = SeededRandom(seed: UInt64(size))
    let plain = bytes(size, &random)
    let identity = Identity.generate()
    let file = try SealedFile(plainLength: Int64(size), recipients: [try #require(identity.recipient)])
    func part(_ range: Range<Int64>) throws -> [UInt8] {
      try collect(file.source(range) { MemorySource(plain[Int($0.lowerBound)..<Int($0.upperBound)]) })
    }
    let sealed = try part(0..<file.length)
    let header = try #require(try Header.parse(sealed))
    let key = try header.open([identity])
    let nonce = Array(sealed[header.byteCount..<header.byteCount + 16])
    let layout = try PayloadLayout(headerLength: header.byteCount, fileLength: Int64(sealed.count))
    #expect(layout == file.layout)
    #expect(layout.plainLength == Int64(size))
    for _ in 0..<40 {
      let ends = [Int64(random.next() % UInt64(sealed.count + 1)), Int64(random.next() % UInt64(sealed.count + 1))].sorted()
      #expect(try part(ends[0]..<ends[1]) == Array(sealed[Int(ends[0])..<Int(ends[1])]))
    }
    let borders = [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, size - 1, size].filter { (0...size).contains($0) }
    for start in borders {
      for end in borders where end >= start {
        let window = layout.window(Int64(start)..<Int64(end))
        let sink = StutteringSink(seed: 5)
        let opener = PayloadSink(key: key, nonce: nonce, window: window, into: sink)
        let piece = Array(sealed[Int(window.file.lowerBound)..<Int(window.file.upperBound)])
        try push(piece, to: opener, &random)
        try await opener.finish()
        #expect(sink.bytes == Array(plain[start..<end]))
        // Less or more than was asked for is noticed.
        let short = PayloadSink(key: key, nonce: nonce, window: window, into: MemorySink(limit: .max))
        await #expect(throws: AgeError.self) {
          try push(Array(piece.dropLast()), to: short, &random)
          try await short.finish()
        }
        let long = PayloadSink(key: key, nonce: nonce, window: window, into: MemorySink(limit: .max))
        await #expect(throws: AgeError.self) {
          try push(piece + [0], to: long, &random)
          try await long.finish()
        }
      }
    }
  }

  @Test(arguments: [0, 1, chunk, chunk + 1])
  func `a content that is shorter or longer than announced is refused`(size: Int) throws {
    let file = try SealedFile(plainLength: Int64(size), recipients: [try #require(Identity.generate().recipient)])
    for actual in [size - 1, size + 1] where actual >= 0 {
      let source = file.source(0..<file.length) { _ in MemorySource([UInt8](repeating: 1, count: actual)[...]) }
      #expect { try collect(source) } throws: { ($0 as? AgeError)?.code == .source }
    }
  }

  @Test func `every file has keys of its own`() throws {
    let recipient = try #require(Identity.generate().recipient)
    let files = try (0..<3).map { _ in try SealedFile.encrypt([1, 2, 3], for: [recipient]) }
    #expect(Set(files).count == 3)
  }

  @Test func `a stanza of one's own is bound to the header and ignored by others`() async throws {
    let identity = Identity.generate()
    let file = try SealedFile(plainLength: 3, recipients: [try #require(identity.recipient)]) { key in
      [Stanza("example.org/note", ["v1"], body: ChaChaPoly.sealOnce(secret("for us"), key: key.derived(for: "example.org/note")))]
    }
    var sealed = try collect(file.source(0..<file.length) { _ in MemorySource([1, 2, 3]) })
    #expect(try await FileDecryptor.decrypt(sealed, [identity]) == [1, 2, 3])
    let header = try #require(try Header.parse(sealed))
    let key = try header.open([identity])
    let note = ChaChaPoly.openOnce(header.stanzas[1].body, key: key.derived(for: "example.org/note"))
    #expect(note?.isEqual(to: secret("for us")) == true)
    let place = try #require(String(decoding: sealed, as: UTF8.self).utf8.firstOffset(of: "note"))
    sealed[place] ^= 1
    await #expect { try await FileDecryptor.decrypt(sealed, [identity]) } throws: { ($0 as? AgeError)?.code == .headerMAC }
  }

  @Test func `a passphrase stands alone`() async throws {
    let passphrase = secret("correct horse")
    let sealed = try SealedFile.encrypt([7], for: [.passphrase(passphrase, logN: 4)])
    #expect(try await FileDecryptor.decrypt(sealed, [.generate(), .passphrase(passphrase)]) == [7])
    await #expect { try await FileDecryptor.decrypt(sealed, [.passphrase(secret("correct house"))]) } throws: {
      ($0 as? AgeError)?.code == .noMatch
    }
    await #expect { try await FileDecryptor.decrypt(sealed, [.passphrase(passphrase, maximumLogN: 3)]) } throws: {
      ($0 as? AgeError)?.message.contains("limit") == true
    }
    #expect(throws: AgeError.self) {
      try SealedFile.encrypt([7], for: [.passphrase(passphrase, logN: 4), try #require(Identity.generate().recipient)])
    }
    #expect(throws: AgeError.self) { try SealedFile.encrypt([7], for: []) }
  }
}

extension Collection where Element == UInt8 {
  fileprivate func firstOffset(of text: String) -> Int? {
    let all = Array(self)
    return all.indices.first { all[$0...].starts(with: text.utf8) }
  }
}
