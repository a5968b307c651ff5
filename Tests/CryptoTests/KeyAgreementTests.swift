import Crypto
import Testing

private func bytes(_ hex: String) -> [UInt8] {
  let digits = Array(hex.utf8).map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

private func hex(_ secret: SecretBytes?) -> String { hex(secret.map { $0.withBytes { Array($0) } }) }

@Suite struct KeyAgreementTests {
  @Test func `X25519 gives the values of RFC 7748`() {
    // Section 5.2, first vector; section 6.1.
    let scalar = SecretBytes(copying: bytes("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"))
    let point = bytes("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
    #expect(hex(X25519.sharedSecret(scalar, point)) == "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")
    let alice = SecretBytes(copying: bytes("77076d0a7318a57d3c16c17251b26645df4c6f9b0ad2c9a1e1d4a9bb8b1f3b6a"))
    let bob = SecretBytes.random(32)
    #expect(
      hex(X25519.sharedSecret(alice, X25519.publicKey(of: bob))) == hex(X25519.sharedSecret(bob, X25519.publicKey(of: alice))))
  }

  @Test(arguments: [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  ])
  func `a point that makes every secret the same is refused`(point: String) {
    #expect(X25519.sharedSecret(.random(32), bytes(point)) == nil)
  }

  @Test func `HKDF gives the values of RFC 5869`() {
    let key = SecretBytes(copying: [UInt8](repeating: 0x0B, count: 22))
    #expect(
      hex(HKDFSHA256.derive(key, salt: Array(0...12), info: Array(0xF0...0xF9), count: 42))
        == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
    #expect(
      hex(HKDFSHA256.derive(key, salt: [], info: [UInt8](), count: 42))
        == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")
  }

  @Test func `scrypt gives the value of RFC 7914`() {
    let key = Scrypt.derive(
      passphrase: SecretBytes(copying: ascii("pleaseletmein")), salt: ascii("SodiumChloride"), logN: 14, count: 64)
    #expect(
      hex(key)
        == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887")
  }

  @Test func `an Ed25519 key and its exchange key belong together`() {
    for _ in 0..<20 {
      let seed = SecretBytes.random(32)
      let exchange = Ed25519Keys.exchangeKey(of: Ed25519Keys.publicKey(ofSeed: seed))
      #expect(exchange == X25519.publicKey(of: Ed25519Keys.exchangeSecret(ofSeed: seed)))
    }
  }

  @Test func `bytes that are no point have no exchange key`() {
    // Half of all numbers are no y of the curve; one beyond the prime is another spelling of a smaller one.
    let refused = (0..<64).count { Ed25519Keys.exchangeKey(of: [UInt8($0)] + [UInt8](repeating: 7, count: 31)) == nil }
    #expect((16...48).contains(refused))
    #expect(Ed25519Keys.exchangeKey(of: [UInt8](repeating: 0xFF, count: 32)) == nil)
    #expect(Ed25519Keys.exchangeKey(of: [1] + [UInt8](repeating: 0, count: 31)) == nil)
    #expect(Ed25519Keys.exchangeKey(of: [1, 2, 3]) == nil)
  }
}

@Suite struct CipherTests {
  @Test func `AES-SIV gives the known value and opens nothing else`() {
    let key = bytes(
      "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
        + "f0f1f2f3f4f5f6f7f8f9fafbfcfdfefffffefdfcfbfaf9f8f7f6f5f4f3f2f1f0")
    let context = bytes("101112131415161718191a1b1c1d1e1f2021222324252627")
    let siv = AESSIV(key: SecretBytes(copying: key), context: context)
    let message = bytes("112233445566778899aabbccddee")
    for _ in 0..<3 {
      let sealed = siv.seal(message)
      #expect(hex(sealed) == "724dfb2eaf94dbb19b0ba3a299a0801ef3b05a55498ec2552690b89810e4")
      #expect(siv.open(sealed) == message)
      #expect(AESSIV(key: SecretBytes(copying: key), context: context + [0]).open(sealed) == nil)
      for index in sealed.indices {
        var changed = sealed
        changed[index] ^= 1
        #expect(siv.open(changed) == nil)
      }
      #expect(siv.open([]) == nil)
      #expect(siv.open(sealed.prefix(16)) == nil)
    }
  }

  @Test func `names are encrypted on many threads at once`() async {
    let siv = AESSIV(key: .random(AESSIV.keySize), context: [1])
    await withTaskGroup(of: Bool.self) { group in
      for task in 0..<4 {
        group.addTask {
          (0..<2000).allSatisfy { index in
            let name = ascii("name \(task) \(index)")
            return siv.open(siv.seal(name)) == name
          }
        }
      }
      for await isGood in group { #expect(isGood) }
    }
  }

  @Test(arguments: [0, 1, 16, 63, 64, 65, 1000, 65536])
  func `one cipher seals and opens many messages, also in one memory`(count: Int) {
    var random = TestRandom(seed: UInt64(count))
    let cipher = ChaChaPoly(key: .random(32))
    for round in 0..<6 {
      let nonce = random.bytes(12)
      let message = random.bytes(count)
      var sealed = message + [UInt8](repeating: 0, count: 16)
      nonce.withUnsafeBytes { nonce in
        if round.isMultiple(of: 2) {
          sealed.withUnsafeMutableBytes { cipher.seal(UnsafeRawBufferPointer(rebasing: $0[..<count]), nonce: nonce, into: $0) }
        } else {
          sealed.withUnsafeMutableBytes { out in message.withUnsafeBytes { cipher.seal($0, nonce: nonce, into: out) } }
        }
        if count > 16 { #expect(Array(sealed.prefix(count)) != message) }
        var changed = sealed
        changed[Int(random.next() % UInt64(changed.count))] ^= 4
        var out = [UInt8](repeating: 0, count: max(count, 1))
        #expect(!out.withUnsafeMutableBytes { out in changed.withUnsafeBytes { cipher.open($0, nonce: nonce, into: out) } })
        #expect(out.withUnsafeMutableBytes { out in sealed.withUnsafeBytes { cipher.open($0, nonce: nonce, into: out) } })
        #expect(Array(out.prefix(count)) == message)
      }
    }
  }

  @Test func `a secret prints nothing and can be compared and cut`() {
    var bytes = ascii("very secret")
    let secret = SecretBytes(taking: &bytes)
    #expect(bytes.isEmpty)
    var dumped = ""
    dump(secret, to: &dumped)
    #expect("\(secret) \(String(reflecting: secret)) \(dumped)".contains("very") == false)
    #expect(secret.isEqual(to: SecretBytes(copying: ascii("very secret"))))
    #expect(!secret.isEqual(to: SecretBytes(copying: ascii("very Secret"))))
    #expect(secret.slice(5..<11).isEqual(to: SecretBytes(copying: ascii("secret"))))
  }
}
