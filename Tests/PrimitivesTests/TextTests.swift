import Primitives
import Testing

struct TextTests {
  @Test func `a secret shows itself only when asked`() {
    let secret = Secret("hunter2")
    var dumped = ""
    dump((secret, [secret], Optional(secret)), to: &dumped)
    for text in ["\(secret)", String(describing: secret), String(reflecting: secret), "\([secret])", dumped] {
      #expect(!text.contains("hunter2"))
    }
    #expect("\(secret)" == "<redacted>")
    #expect(secret.reveal() == "hunter2")
    #expect(secret == Secret("hunter2") && secret != Secret("hunter3") && secret != Secret("hunter"))
    #expect(Secret("").isEmpty && !secret.isEmpty)
  }

  @Test(arguments: [
    ("snyc", "sync"), ("sycn", "sync"), ("Sync", "sync"), ("synch", "sync"), ("statsu", "status"), ("dry-rn", "dry-run"),
  ])
  func `a near word is suggested`(typed: String, meant: String) {
    #expect(Suggestion.closest(to: typed, in: ["copy", "status", "sync", "dry-run", "ls"]) == meant)
  }

  @Test(arguments: ["", "banana", "xy", "sttt"])
  func `a far word is not suggested`(typed: String) {
    #expect(Suggestion.closest(to: typed, in: ["copy", "status", "sync"]) == nil)
    #expect(Suggestion.closest(to: String(repeating: "s", count: 100_000), in: ["sync"]) == nil)
  }

  @Test(
    arguments: [
      (Array("plain é 漢字 👍\\".utf8), "plain é 漢字 👍\\"), (Array("a\nb\tc\r".utf8), "a\\nb\\tc\\r"),
      (Array("\u{1b}[2J\u{7f}".utf8), "\\x1b[2J\\x7f"),
      ([0x66, 0xFF, 0xC3], "f\\xff\\xc3"), ([0xC0, 0xAF], "\\xc0\\xaf"), ([0xED, 0xA0, 0x80], "\\xed\\xa0\\x80"),
      ([0xF4, 0x90, 0x80, 0x80], "\\xf4\\x90\\x80\\x80"), ([0xE2, 0x82, 0x41], "\\xe2\\x82A"),
      (Array("\u{202e}gpj".utf8), "\\u{202e}gpj"),
      (Array("\u{85}".utf8), "\\u{85}"), (Array("\u{feff}".utf8), "\\u{feff}"), ([], ""), ([0], "\\x00"),
    ] as [([UInt8], String)])
  func `names are shown without what drives a terminal`(bytes: [UInt8], shown: String) {
    #expect(DisplayText.escape(bytes) == shown)
  }

  @Test func `whatever the bytes, what is shown has no control characters, and valid text is kept`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed", seed)
    var random = SeededRandom(seed: seed)
    for _ in 0..<2000 {
      let bytes = (0..<8).map { _ in UInt8.random(in: 0...255, using: &random) }
      let shown = DisplayText.escape(bytes)
      #expect(!shown.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }, "seed \(seed)")
      let scalar = Unicode.Scalar(UInt32.random(in: 0xA1...0x5FF, using: &random))!
      if scalar.value != 0x61C { #expect(DisplayText.escape(String(scalar)) == String(scalar), "seed \(seed)") }
    }
  }

  @Test func `a body in memory is given in order and bounded`() throws {
    let source = MemorySource([9, 1, 2, 3][1...])
    var buffer: [UInt8] = [0, 0]
    #expect(buffer.withUnsafeMutableBytes { source.read(into: $0) } == .bytes(2))
    #expect(buffer == [1, 2])
    #expect(buffer.withUnsafeMutableBytes { source.read(into: $0) } == .bytes(1))
    #expect(buffer.withUnsafeMutableBytes { source.read(into: $0) } == .end)
    let sink = MemorySink(limit: 3)
    #expect(try [1, 2 as UInt8].withUnsafeBytes { try sink.write($0) } == .taken)
    #expect(throws: BodyTooLong.self) { try [UInt8](repeating: 0, count: 2).withUnsafeBytes { try sink.write($0) } }
    #expect(sink.bytes.count == 2)
    sink.restart()
    #expect(sink.bytes.isEmpty)
  }
}
