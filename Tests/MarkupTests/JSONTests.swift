import Markup
import Primitives
import Testing

@Suite struct JSONParserTests {
  @Test func `every kind of value is read`() throws {
    let text = #" { "o": {}, "a": [1, -2, 1.5, 2e3], "s": "x", "t": true, "f": false, "n": null } "#
    let value = try JSONValue.parse(utf8(text))
    #expect(value.objectValue?.members.map(\.key) == ["o", "a", "s", "t", "f", "n"])
    #expect(value["a"] == [1, -2, 1.5, 2000.0])
    #expect(value["a"]?[3]?.numberValue == 2000)
    #expect(value["s"]?.stringValue == "x")
    #expect(value["t"]?.boolValue == true)
    #expect(value["f"]?.boolValue == false)
    #expect(value["n"]?.isNull == true)
    #expect(value["o"] == [:])
    #expect(value["missing"] == nil)
    #expect(value["a"]?[4] == nil)
  }

  @Test func `integers keep all 64 bits`() throws {
    #expect(try JSONValue.parse(utf8("9223372036854775807")) == .integer(.max))
    #expect(try JSONValue.parse(utf8("-9223372036854775808")) == .integer(.min))
    #expect(try JSONValue.parse(utf8("9223372036854775808")) == .number(9_223_372_036_854_775_808))
    #expect(try JSONValue.parse(utf8("0")) == .integer(0))
    #expect(try JSONValue.parse(utf8("-0")).numberValue?.sign == .minus)
    #expect(try JSONValue.parse(utf8("1E-2")) == .number(0.01))
  }

  @Test func `escapes and surrogate pairs are resolved`() throws {
    let text = #""\" \\ \/ \b \f \n \r \t \u00e9 \uD83D\uDE00 é""#
    #expect(try JSONValue.parse(utf8(text)).stringValue == "\" \\ / \u{8} \u{c} \n \r \t é 😀 é")
    #expect(try JSONValue.parse(utf8(#""\u0000""#)).stringValue == "\0")
  }

  @Test(arguments: [
    "", " ", "{", "[", "[1,]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "[1 2]", "01", "-", "1.", ".5", "1e", "+1", "tru", "nul", "True",
    "\"",
    "\"\\x\"", "\"\\u12\"", "\"\\uD800\"", "\"\\uD800\\n\"", "\"\\uDC00\"", "\"\\uD800\\u0041\"", "\"\n\"", "1 1", "[]]", "1e999",
    "'a'",
    "NaN", "// c\n1", "\u{FEFF}1",
  ])
  func `what RFC 8259 does not allow is refused`(text: String) {
    let error = markupError { _ = try JSONValue.parse(utf8(text)) }
    #expect(error?.code == .malformed)
    #expect(error?.place != nil)
  }

  @Test func `invalid UTF-8 is refused`() {
    #expect(markupError { _ = try JSONValue.parse([0x22, 0xFF, 0x22]) }?.code == .malformed)
    #expect(markupError { _ = try JSONValue.parse([0x22, 0xC0, 0x80, 0x22]) }?.code == .malformed)
    #expect(markupError { _ = try JSONValue.parse([0x22, 0x5C, 0x6E, 0xED, 0xA0, 0x80, 0x22]) }?.code == .malformed)
  }

  @Test func `an error names line and column`() {
    let error = markupError { _ = try JSONValue.parse(utf8("{\n  \"é\": x\n}")) }
    #expect(error?.place == TextPlace(line: 2, column: 8))
    #expect(error.map { "\($0)" } == "line 2, column 8: expected a value, found 'x'")
  }

  @Test(arguments: [3, 40])
  func `of a key that comes twice the last counts, and it is told`(count: Int) throws {
    var text = "{"
    for index in 0..<count { text += "\"k\(index)\":\(index)," }
    text += "\n\"k1\":\"last\"}"
    let document = try JSONDocument.parse(utf8(text))
    #expect(document.root["k1"] == "last")
    #expect(document.root.objectValue?.count == count)
    #expect(document.duplicateKeys.map(\.key) == ["k1"])
    #expect(document.duplicateKeys.first?.place == TextPlace(line: 2, column: 1))
  }

  @Test func `keys that only look alike are different`() throws {
    let document = try JSONDocument.parse(utf8("{\"e\u{301}\":1,\"\u{e9}\":2}"))
    #expect(document.duplicateKeys.isEmpty)
    #expect(document.root["e\u{301}"] == 1)
    #expect(document.root["\u{e9}"] == 2)
  }

  @Test func `depth and size are limited`() throws {
    func nested(_ depth: Int) -> [UInt8] { utf8(String(repeating: "[", count: depth) + String(repeating: "]", count: depth)) }
    _ = try JSONValue.parse(nested(64))
    #expect(markupError { _ = try JSONValue.parse(nested(65)) }?.code == .limitExceeded)
    #expect(markupError { _ = try JSONValue.parse(nested(100_000)) }?.code == .limitExceeded)
    #expect(markupError { _ = try JSONValue.parse(utf8("[1,2]"), limits: MarkupLimits(byteCount: 4)) }?.code == .limitExceeded)
  }
}

@Suite struct JSONWriterTests {
  @Test func `compact and pretty layouts`() {
    let value: JSONValue = ["a": [1, 2.5, true, nil], "b": ["c": "d"], "e": [], "f": [:]]
    #expect(String(decoding: value.bytes(), as: UTF8.self) == #"{"a":[1,2.5,true,null],"b":{"c":"d"},"e":[],"f":{}}"#)
    let pretty = """
      {
        "a": [
          1,
          2.5,
          true,
          null
        ],
        "b": {
          "c": "d"
        },
        "e": [],
        "f": {}
      }
      """
    #expect(String(decoding: value.bytes(.pretty), as: UTF8.self) == pretty)
  }

  @Test func `control characters are escaped, other text is kept`() {
    let value: JSONValue = "\" \\ \n \r \t \u{1} \u{1b} \u{7f} é 😀 /"
    #expect(String(decoding: value.bytes(), as: UTF8.self) == #""\" \\ \n \r \t \u0001 \u001b \u007f é 😀 /""#)
  }

  @Test func `a name that is not UTF-8 is written as it would be shown`() throws {
    var writer = JSONWriter()
    writer.beginArray()
    writer.string([0x61, 0xFF])
    writer.string(utf8("tab\tö"))
    writer.endArray()
    let read = try JSONValue.parse(writer.takeBytes())
    #expect(read[0]?.stringValue == DisplayText.escape([0x61, 0xFF]))
    #expect(read[1]?.stringValue == "tab\tö")
  }

  @Test func `numbers without a JSON word become null`() {
    #expect(JSONValue.array([.number(.infinity), .number(.nan), .number(-0.0)]).bytes() == utf8("[null,null,-0.0]"))
  }

  @Test func `a long text can be taken in pieces`() throws {
    var writer = JSONWriter()
    var bytes: [UInt8] = []
    writer.beginArray()
    for index in 0..<100 {
      writer.integer(index)
      bytes += writer.takeBytes()
    }
    writer.endArray()
    bytes += writer.takeBytes()
    #expect(try JSONValue.parse(bytes).arrayValue?.count == 100)
  }

  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func `what was written reads back the same`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let value = Self.randomValue(&random, depth: 0)
    #expect(try JSONValue.parse(value.bytes()) == value, "seed \(seed)")
    #expect(try JSONValue.parse(value.bytes(.pretty)) == value, "seed \(seed)")
  }

  static func randomValue(_ random: inout SeededRandom, depth: Int) -> JSONValue {
    switch Int.random(in: 0..<(depth < 5 ? 9 : 6), using: &random) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .integer(Int64.random(in: .min ... .max, using: &random))
    case 3: return .number(Double(bitPattern: UInt64.random(in: 0...0x7FE0_0000_0000_0000, using: &random)))
    case 4, 5: return .string(randomText(&random))
    case 6:
      return .array((0..<Int.random(in: 0..<6, using: &random)).map { _ in randomValue(&random, depth: depth + 1) })
    default:
      return .object(
        JSONObject(
          (0..<Int.random(in: 0..<30, using: &random)).map { _ in
            JSONObject.Member(randomText(&random), randomValue(&random, depth: depth + 1))
          }))
    }
  }

  static func randomText(_ random: inout SeededRandom) -> String {
    var text = ""
    for _ in 0..<Int.random(in: 0..<12, using: &random) {
      let limit: UInt32 = [0x30, 0x80, 0x3000, 0x10FFFF].randomElement(using: &random)!
      text.unicodeScalars.append(UnicodeScalar(UInt32.random(in: 0...limit, using: &random)) ?? "?")
    }
    return text
  }
}
