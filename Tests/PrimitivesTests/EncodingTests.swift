import Primitives
import Testing

struct EncodingTests {
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func `the standard's Base64 examples hold`(text: String, encoded: String) {
    #expect(Base64.encode(text.utf8) == encoded)
    #expect(Base64.decode(encoded) == Array(text.utf8))
    #expect(Base64.encodeForURL(text.utf8) == encoded.filter { $0 != "=" })
  }

  @Test func `Base64 for URLs has an alphabet of its own`() {
    #expect(Base64.encode([0xFB, 0xEF, 0xFF]) == "++//")
    #expect(Base64.encodeForURL([0xFB, 0xEF, 0xFF]) == "--__")
  }

  @Test(arguments: ["Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "====", "Z===", "Zg= =", "Zm9v\n", "Zm-v", "=m9v", "Z=9v"])
  func `what is not canonical Base64 is refused`(text: String) { #expect(Base64.decode(text) == nil) }

  @Test func `random bytes come back from all encodings`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed", seed)
    var random = SeededRandom(seed: seed)
    for count in 0..<200 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(Base64.decode(Base64.encode(bytes)) == bytes, "seed \(seed)")
      #expect(Hex.decode(Hex.encode(bytes)) == bytes, "seed \(seed)")
      #expect(PercentEncoding.decode(PercentEncoding.encode(bytes, keepSlash: false).utf8) == bytes, "seed \(seed)")
      #expect(PercentEncoding.decode(PercentEncoding.encode(bytes, keepSlash: true).utf8) == bytes, "seed \(seed)")
    }
  }

  @Test func `only unreserved characters stand for themselves`() {
    let kept = "ABCXYZabcxyz0189-._~"
    #expect(PercentEncoding.encode(kept.utf8, keepSlash: false) == kept)
    #expect(PercentEncoding.encode("a/b c+é*'".utf8, keepSlash: true) == "a/b%20c%2B%C3%A9%2A%27")
    #expect(PercentEncoding.encode("a/b".utf8, keepSlash: false) == "a%2Fb")
    let all = PercentEncoding.encode(UInt8.min...UInt8.max, keepSlash: false)
    #expect(all.utf8.count { $0 == 0x25 } == 256 - 66)
  }

  @Test func `percent digits are read in either case, plus is plus, and broken ones are refused`() {
    #expect(PercentEncoding.decode("%2f%2F+a".utf8) == Array("//+a".utf8))
    for text in ["%", "%2", "%2g", "a%", "%%20", "%é"] { #expect(PercentEncoding.decode(text.utf8) == nil, "\(text)") }
  }

  @Test func `seeded numbers are those of the published generator, and repeat`() {
    // SplitMix64 from the seed 1234567, as its reference implementation prints.
    var random = SeededRandom(seed: 1_234_567)
    #expect(
      [random.next(), random.next(), random.next()] == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      ])
    var (first, second) = (SeededRandom(seed: 9), SeededRandom(seed: 9))
    #expect((0..<100).allSatisfy { _ in first.next() == second.next() })
  }
}
