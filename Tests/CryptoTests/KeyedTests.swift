import Crypto
import Testing

/// RFC 4231, sections 4.2 to 4.8.
@Suite struct HMACTests {
  static let vectors: [(key: [UInt8], message: [UInt8], code: String)] = [
    (
      [UInt8](repeating: 0x0B, count: 20), ascii("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      ascii("Jefe"), ascii("what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
    ),
    (
      [UInt8](0x01...0x19), [UInt8](repeating: 0xCD, count: 50),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
    ),
    (
      [UInt8](repeating: 0xAA, count: 131), ascii("Test Using Larger Than Block-Size Key - Hash Key First"),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
    (
      [UInt8](repeating: 0xAA, count: 131),
      ascii(
        "This is a test using a larger than block-size key and a larger than block-size data. "
          + "The key needs to be hashed before being used by the HMAC algorithm."),
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
    ),
  ]

  @Test(arguments: vectors.indices)
  func `HMAC-SHA-256 gives the values of RFC 4231, again and again`(index: Int) {
    let vector = Self.vectors[index]
    let mac = HMACSHA256(key: vector.key)
    #expect(hex(mac.code(vector.message)) == vector.code)
    #expect(hex(mac.code([])) != vector.code)
    #expect(hex(mac.code(vector.message)) == vector.code)
    #expect(hex(HMACSHA256.code(vector.message, key: vector.key)) == vector.code)
  }

  @Test func `an empty key and message give the known value`() {
    #expect(hex(HMACSHA256(key: []).code([])) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
  }

  @Test func `an empty key does not take over the key before`() {
    _ = HMACSHA256(key: ascii("Jefe")).code(ascii("x"))
    #expect(HMACSHA256(key: []).code(ascii("x")) != HMACSHA256(key: ascii("Jefe")).code(ascii("x")))
  }
}

@Suite struct ComparisonAndRandomTests {
  @Test func `constant-time comparison tells equal from unequal`() {
    #expect(ConstantTime.isEqual([], []))
    #expect(ConstantTime.isEqual([1, 2, 3], [1, 2, 3]))
    #expect(!ConstantTime.isEqual([1, 2, 3], [1, 2, 4]))
    #expect(!ConstantTime.isEqual([9, 2, 3], [1, 2, 3]))
    #expect(!ConstantTime.isEqual([1, 2], [1, 2, 3]))
  }

  @Test(arguments: [0, 1, 255, 256, 257, 1000])
  func `random bytes have the asked length and differ from call to call`(count: Int) {
    let first = Random.bytes(count)
    #expect(first.count == count)
    if count >= 255 {
      #expect(first != Random.bytes(count))
      #expect(Set(first.suffix(200)).count > 50)
    }
  }
}
