import Primitives
import Testing

struct HexTests {
  @Test func `every byte has two digits and comes back`() {
    let all = Array(UInt8.min...UInt8.max)
    let text = Hex.encode(all)
    #expect(text.hasPrefix("000102030405060708090a0b") && text.hasSuffix("fdfeff"))
    #expect(Hex.decode(text) == all)
    #expect(Hex.decode(text.uppercased()) == all)
  }

  @Test(arguments: ["0", "0g", "xx", "00 ", "é"])
  func `what is not hexadecimal is refused`(text: String) { #expect(Hex.decode(text) == nil) }
}
