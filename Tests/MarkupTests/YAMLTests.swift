import Markup
import Testing

@Suite struct YAMLTests {
  static let file = """
    # places
    stores:
      home:
        endpoint: https://example.net  # its end
        port: 9000
        path_style: true
        region: "9000"
        secret: |
          two
          lines
    pairs:
      - left: /home/é
        right: 'home:'
      - left: b
    empty:
    nothing: ~
    """

  @Test func `a configuration is read with its places and key paths`() throws {
    let root = try YAMLNode.parse(utf8(Self.file))
    let home = try root.required("stores").required("home")
    #expect(try home.required("endpoint").string() == "https://example.net")
    #expect(try home.required("port").integer() == 9000)
    #expect(try home.required("path_style").boolean())
    #expect(home["region"]?.scalar?.style == .quoted)
    #expect(home["secret"]?.scalar?.text == "two\nlines\n")
    #expect(home["secret"]?.scalar?.style == .block)
    let pairs = try root.required("pairs").sequence()
    #expect(pairs.count == 2)
    #expect(try pairs[0].required("left").string() == "/home/é")
    #expect(pairs[1]["left"]?.keyPath == "pairs[1].left")
    #expect(pairs[1]["left"]?.place == TextPlace(line: 14, column: 11))
    #expect(root["empty"]?.isNull == true)
    #expect(root["nothing"]?.isNull == true)
    #expect(try root.mapping().map(\.key) == ["stores", "pairs", "empty", "nothing"])
    #expect(try root.mapping()[1].keyPlace == TextPlace(line: 11, column: 1))
  }

  @Test func `a wrong value's error names key path, line and what it must be`() throws {
    let root = try YAMLNode.parse(utf8(Self.file))
    let home = try root.required("stores").required("home")
    #expect(
      markupError { _ = try home.required("endpoint").integer() }.map { "\($0)" }
        == "line 4, column 15: stores.home.endpoint: must be a whole number")
    // A quoted number is a text.
    #expect(markupError { _ = try home.required("region").integer() }?.code == .wrongType)
    #expect(markupError { _ = try home.required("port").boolean() }?.code == .wrongType)
    #expect(markupError { _ = try home.string() }?.message == "stores.home: must be a text, is a mapping")
    #expect(
      markupError { _ = try root.required("pairs").mapping() }?.message == "pairs: must be a mapping of keys to values, is a list")
    let missing = markupError { _ = try root.required("pairs").sequence()[1].required("right") }
    #expect(missing?.code == .missingKey)
    #expect(missing?.message == "pairs[1]: 'right' is missing")
    #expect(markupError { _ = try root.required("empty") }?.code == .missingKey)
    let converted = markupError { _ = try home.required("port").converted("a duration such as 30s") { _ in nil as Int? } }
    #expect(converted?.message == "stores.home.port: must be a duration such as 30s")
    #expect(try home.required("port").converted("x") { Int($0) } == 9000)
  }

  @Test func `only true and false are truth values`() throws {
    for text in ["yes", "on", "1", "\"true\"", "y"] {
      #expect(markupError { _ = try YAMLNode.parse(utf8(text)).boolean() }?.code == .wrongType)
    }
    #expect(try !YAMLNode.parse(utf8("False")).boolean())
  }

  @Test func `a key twice is an error that names both lines`() {
    let error = markupError { _ = try YAMLNode.parse(utf8("a:\n  b: 1\n  c: 2\n  b: 3\n")) }
    #expect(error?.code == .duplicateKey)
    #expect(error?.place == TextPlace(line: 4, column: 3))
    #expect(error?.message == "a.b: the key stands on line 2 already")
  }

  @Test(arguments: [
    "a: &x 1\nb: *x", "a: &x [1]\n", "b: *x", "- &a [x]\n- &b [*a, *a]\n- [*b, *b]", "a: !!binary AAAA", "a: !thing {}",
    "a: !!str 1",
    "? [a, b]\n: c", "? {a: b}\n: c", "---\na\n---\nb", "&k a: 1",
  ])
  func `what makes a small file large or ambiguous is refused`(text: String) {
    let error = markupError { _ = try YAMLNode.parse(utf8(text)) }
    #expect(error?.code == .forbidden)
    #expect(error?.place != nil)
  }

  @Test(arguments: ["a: [1", "a: 'x", "a:\n\t- b", "a: b: c", "[}", "\"\\q\"", "a: |\n b\n- c", "@x", "%YAML 9\n"])
  func `what is not YAML is refused with a place`(text: String) {
    let error = markupError { _ = try YAMLNode.parse(utf8(text)) }
    #expect(error?.code == .malformed)
    #expect(error?.place != nil)
  }

  @Test func `bytes that are not UTF-8 are refused where they stand`() {
    let error = markupError { _ = try YAMLNode.parse(utf8("a: 1\nb: ") + [0xFF]) }
    #expect(error?.code == .malformed)
    #expect(error?.place == TextPlace(line: 2, column: 4))
    #expect(markupError { _ = try YAMLNode.parse(utf8("a: \u{1}")) }?.code == .malformed)
  }

  @Test(arguments: ["", "\n", "# nothing\n", "---\n", "~", "null"])
  func `a file with nothing in it is nothing`(text: String) throws {
    let root = try YAMLNode.parse(utf8(text))
    #expect(root.isNull)
    #expect(try root.mapping().isEmpty)
    #expect(try root.sequence().isEmpty)
  }

  @Test func `depth and size are limited`() throws {
    func nested(_ depth: Int) -> [UInt8] { utf8(String(repeating: "[", count: depth) + String(repeating: "]", count: depth)) }
    _ = try YAMLNode.parse(nested(64))
    #expect(markupError { _ = try YAMLNode.parse(nested(66)) }?.code == .limitExceeded)
    #expect(markupError { _ = try YAMLNode.parse(utf8("abc"), limits: MarkupLimits(byteCount: 2)) }?.code == .limitExceeded)
  }

  @Test func `a key that could drive a terminal is shown harmlessly`() throws {
    let root = try YAMLNode.parse(utf8("\"a\\e[31m\": [1]"))
    let value = try root.mapping()[0].value
    #expect(!value.keyPath.utf8.contains(0x1B))
    #expect(markupError { _ = try value.string() }?.message.utf8.contains(0x1B) == false)
  }
}
