import Crypto
import Testing

/// Published values: RFC 1321 A.5, FIPS 180-4 examples (NIST), and the check values of the CRC catalogue.
@Suite struct HashVectorTests {
  static let md5 = [
    ("", "d41d8cd98f00b204e9800998ecf8427e"),
    ("a", "0cc175b9c0f1b6a831c399e269772661"),
    ("abc", "900150983cd24fb0d6963f7d28e17f72"),
    ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
    ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
    ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"),
    (String(repeating: "1234567890", count: 8), "57edf4a22be3c955ac49da2e2107b67a"),
  ]

  static let sha256 = [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ]

  static let sha1 = [
    ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
  ]

  func stream(_ algorithm: HashAlgorithm, _ text: String) -> String {
    let hashes = HashStream([algorithm])
    hashes.update(ascii(text))
    return hex(hashes.finish()[algorithm])
  }

  @Test(arguments: md5)
  func `MD5 gives the values of RFC 1321`(text: String, expected: String) {
    #expect(hex(MD5.hash(ascii(text))) == expected)
    #expect(stream(.md5, text) == expected)
  }

  @Test(arguments: sha256)
  func `SHA-256 gives the values NIST published`(text: String, expected: String) {
    #expect(hex(SHA256.hash(ascii(text))) == expected)
    #expect(hex(SHA256.hash(text.utf8)) == expected)
    #expect(stream(.sha256, text) == expected)
  }

  @Test func `SHA-256 of a million times a is what NIST published`() {
    let bytes = [UInt8](repeating: 0x61, count: 1_000_000)
    let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    #expect(hex(SHA256.hash(bytes)) == expected)
    let hashes = HashStream([.sha256])
    hashes.update(bytes)
    #expect(hex(hashes.finish()[.sha256]) == expected)
  }

  @Test(arguments: sha1)
  func `SHA-1 gives the values NIST published`(text: String, expected: String) { #expect(stream(.sha1, text) == expected) }

  @Test func `each CRC gives its check value`() {
    let digits = "123456789"
    #expect(stream(.crc32, digits) == "cbf43926")
    #expect(stream(.crc32c, digits) == "e3069283")
    #expect(stream(.crc64nvme, digits) == "ae8b14860a799888")
    #expect(stream(.crc32, "") == "00000000")
    #expect(stream(.crc32c, "") == "00000000")
    #expect(stream(.crc64nvme, "") == "0000000000000000")
  }

  /// RFC 3720 B.4.
  @Test func `CRC-32C gives the iSCSI examples`() {
    func crc32c(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { CRC.crc32c($0) } }
    #expect(crc32c([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(crc32c([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(crc32c([UInt8](0..<32)) == 0x46DD_794E)
    #expect(crc32c([UInt8]((0..<32).reversed())) == 0x113F_DB5C)
  }

  /// NVM Express NVM command set specification, 64-bit guard examples over 4 KiB.
  @Test func `CRC-64 gives the NVMe examples`() {
    func crc64(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { CRC.crc64nvme($0) } }
    #expect(crc64([UInt8](repeating: 0, count: 4096)) == 0x6482_D367_EB22_B64E)
    #expect(crc64([UInt8](repeating: 0xFF, count: 4096)) == 0xC0DD_BA73_02EC_A3AC)
  }

  @Test(arguments: HashAlgorithm.allCases)
  func `a digest has the length its algorithm states`(algorithm: HashAlgorithm) {
    #expect(algorithm.isAvailable)
    #expect(HashStream([algorithm]).finish()[algorithm]?.count == algorithm.byteCount)
  }
}
