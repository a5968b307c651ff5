import Normalization
import Testing

struct ComposedTextTests {
  /// As Python's unicodedata says.
  @Test(arguments: [
    ("plain", true), ("caf\u{e9}", true), ("cafe\u{301}", false), ("\u{212b}", false), ("\u{c5}", true), ("A\u{30a}", false),
    ("\u{1100}\u{1161}", false), ("\u{ac00}", true), ("\u{344}", false), ("a\u{323}\u{301}", false), ("a\u{301}\u{323}", false),
    ("\u{958}", false), ("\u{915}\u{93c}", true), ("\u{fb01}", true), ("\u{2126}", false), ("\u{1d15e}", false),
    ("\u{1f600}", true), ("\u{301}x", true), ("\u{1e9b}\u{323}", true), ("\u{cc6}\u{cc2}\u{cd5}", false), ("\u{ccb}", true),
    ("", true),
  ])
  func `composed text is told from other`(text: String, isComposed: Bool) {
    #expect(ComposedText.isComposed(text.utf8) == isComposed)
  }

  @Test(arguments: [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0x61, 0xCC]] as [[UInt8]])
  func `what is no UTF-8 is not composed`(bytes: [UInt8]) { #expect(!ComposedText.isComposed(bytes)) }

  @Test(arguments: [
    ("cafe\u{301}", "caf\u{e9}"), ("\u{212b}", "\u{c5}"), ("\u{1100}\u{1161}", "\u{ac00}"), ("a\u{301}\u{323}", "\u{1ea1}\u{301}"),
    ("plain", "plain"), ("", ""),
  ])
  func `text is composed`(text: String, composed: String) {
    #expect(ComposedText.composed(Array(text.utf8)) == Array(composed.utf8))
    #expect(ComposedText.isComposed(composed.utf8))
  }

  @Test func `what is no UTF-8 stays as it is`() {
    for bytes in [[0xFF], [0x65, 0xCC], [0xED, 0xA0, 0x80]] as [[UInt8]] { #expect(ComposedText.composed(bytes) == bytes) }
  }
}
