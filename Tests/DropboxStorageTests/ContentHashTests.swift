import Crypto
import Primitives
import Testing

/// Dropbox's hash of content, against values that Python's hashlib gave.
@Suite struct ContentHashTests {
  static let vectors: [(count: Int, hash: String)] = [
    (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (1, "1406e05881e299367766d313e26c05564ec91bf721d31726bd6e46e60689539a"),
    (4_194_303, "ca10fa9242677999fc75ec80ab21eb0568b17f26f99f8a2c83b66e13f0529a1c"),
    (4_194_304, "ed0eb02b95cf56daaa9edada4f065125d5ca51e3e4f21c7688e09f619334b7c2"),
    (4_194_305, "fa18fdfeb3f4bc832537f623696a3b47131dd0ae85e6f8df5f34fbf4bc4fefb0"),
    (9_711_423, "3698bb34cb300e9f588cd624cd70a90f45116dbcc4b316a6f47fb864e48c226b"),
  ]

  static func content(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ ($0 >> 13)) } }

  @Test(arguments: vectors) func `the hash is that of the blocks' hashes`(_ count: Int, _ hash: String) {
    let bytes = Self.content(count)
    let digests = bytes.withUnsafeBytes { SHA256OfParts.digests(of: $0, partSize: 4 << 20) }
    #expect(Hex.encode(SHA256.hash(digests)) == hash)
    let stream = SHA256OfParts(partSize: 4 << 20)
    for piece in [1 << 20, 4_000_037] {
      bytes.withUnsafeBytes { all in
        for start in stride(from: 0, to: all.count, by: piece) {
          stream.update(UnsafeRawBufferPointer(rebasing: all[start..<min(start + piece, all.count)]))
        }
      }
      #expect(Hex.encode(stream.finish()) == hash, "in pieces of \(piece)")
      stream.reset()
    }
  }

  /// The three blocks' hashes and the whole's are published with the description of the algorithm (the picture of the Milky Way).
  @Test func `the published example holds`() throws {
    let blocks = [
      "2a846fa617c3361fc117e1c5c1e1838c336b6a5cef982c1a2d9bdf68f2f1992a",
      "c68469027410ea393eba6551b9fa1e26db775f00eae70a0c3c129a0011a39cf9",
      "7376192de020925ce6c5ef5a8a0405e931b0a9a8c75517aacd9ca24a8a56818b",
    ]
    let digests = try blocks.flatMap { try #require(Hex.decode($0)) }
    #expect(Hex.encode(SHA256.hash(digests)) == "485291fa0ee50c016982abbfa943957bcd231aae0492ccbaa22c58e3997b35e0")
  }
}
