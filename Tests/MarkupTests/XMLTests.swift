import Markup
import Primitives
import Testing

private struct Stop: Error, Equatable {}

@Suite struct XMLReaderTests {
  static let listing = """
    <?xml version="1.0" encoding="UTF-8"?>
    <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated>
    <Contents><Key>a &amp; b&lt;é&#x20;&#128512;</Key><Size>434234</Size><ETag>&quot;0f&quot;</ETag></Contents>
    <Contents><Key>two
    lines</Key><Size>0</Size><ETag/></Contents></ListBucketResult>
    """

  /// The (name, text) of each element in the order they end, the document cut into pieces of `size` bytes.
  func ends(_ bytes: [UInt8], size: Int) throws -> [String] {
    var found: [String] = []
    let reader = XMLReader(start: { _, _ in }, end: { name, text in found.append("\(name.string)=\(text.string)") })
    var rest = bytes[...]
    while !rest.isEmpty {
      try reader.feed([UInt8](rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    try reader.finish()
    return found
  }

  @Test func `a listing is read however it is cut`() throws {
    let whole = try ends(utf8(Self.listing), size: .max)
    #expect(
      whole == [
        "IsTruncated=false", "Key=a & b<é 😀", "Size=434234", "ETag=\"0f\"", "Contents=", "Key=two\nlines", "Size=0", "ETag=",
        "Contents=", "ListBucketResult=",
      ])
    for size in [1, 2, 3, 7, 64] { #expect(try ends(utf8(Self.listing), size: size) == whole, "pieces of \(size)") }
  }

  @Test func `names come without prefix and compare as bytes`() throws {
    var seen: [String] = []
    let reader = XMLReader(
      start: { name, attributes in
        switch name {
        case "root": seen.append("root \(attributes["kind"] ?? "-") \(attributes["none"] ?? "-")")
        case "item": seen.append("item \(attributes["type"] ?? "-")")
        default: seen.append("other")
        }
      }, end: { name, _ in if name == "item" { seen.append("end") } })
    try reader.feed(utf8(#"<s:root xmlns:s="urn:x" kind="a&lt;b"><s:item x:type="t"/><items/></s:root>"#))
    try reader.finish()
    #expect(seen == ["root a<b -", "item t", "end", "other"])
  }

  @Test func `numbers in text are read as whole numbers or not at all`() throws {
    var found: [Int64?] = []
    let reader = XMLReader(start: { _, _ in }, end: { name, text in if name == "n" { found.append(text.integer) } })
    let numbers = [
      "0", " 42\n", "-7", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "", "-", "1 2", "x", "1.5",
    ]
    try reader.feed(utf8("<a>" + numbers.map { "<n>\($0)</n>" }.joined() + "</a>"))
    try reader.finish()
    #expect(found == [0, 42, -7, .max, .min, nil, nil, nil, nil, nil, nil])
  }

  @Test(arguments: [
    "<!DOCTYPE a><a/>",
    #"<!DOCTYPE a [<!ENTITY x "1"><!ENTITY y "&x;&x;">]><a>&y;</a>"#,
    #"<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>"#,
    #"<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>"#,
  ])
  func `a document type declaration is refused before anything of it is used`(text: String) {
    var calls = 0
    let reader = XMLReader(start: { _, _ in calls += 1 }, end: { _, _ in calls += 1 })
    let error = markupError {
      try reader.feed(utf8(text))
      try reader.finish()
    }
    #expect(error?.code == .forbidden)
    #expect(error?.place?.line == 1)
    #expect(calls == 0)
  }

  @Test(arguments: [
    "", " ", "<a>", "<a></b>", "<a/><b/>", "<a>&x;</a>", "<a>&#1;</a>", "<a b=1/>", "<a b='1' b='2'/>", "text", "<a>\u{1}</a>",
  ])
  func `what is not well formed is refused`(text: String) {
    #expect(markupError { _ = try XMLDocument.parse(utf8(text)) }?.code == .malformed)
  }

  @Test func `invalid UTF-8 is refused`() {
    #expect(markupError { _ = try XMLDocument.parse(utf8("<a>") + [0xFF] + utf8("</a>")) }?.code == .malformed)
  }

  @Test func `an error names its line and stays`() {
    let reader = XMLReader(start: { _, _ in }, end: { _, _ in })
    let first = markupError { try reader.feed(utf8("<a>\n<b>\n</c></a>")) }
    #expect(first?.place?.line == 3)
    #expect(markupError { try reader.feed(utf8("<a/>")) } == first)
    #expect(markupError { try reader.finish() } == first)
  }

  @Test func `a handler's error stops the reading and comes out`() {
    var calls = 0
    let reader = XMLReader(
      start: { name, _ in
        calls += 1
        if name == "b" { throw Stop() }
      }, end: { _, _ in calls += 1 })
    #expect(throws: Stop.self) { try reader.feed(utf8("<a><b/><c/></a>")) }
    #expect(calls == 2)
  }

  @Test func `depth and size are limited`() throws {
    func nested(_ depth: Int) -> [UInt8] { utf8(String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)) }
    _ = try XMLDocument.parse(nested(64))
    #expect(markupError { _ = try XMLDocument.parse(nested(65)) }?.code == .limitExceeded)
    #expect(markupError { _ = try XMLDocument.parse(nested(100_000)) }?.code == .limitExceeded)
    #expect(markupError { _ = try XMLDocument.parse(utf8("<aaaa/>"), limits: MarkupLimits(byteCount: 6)) }?.code == .limitExceeded)
  }
}

@Suite struct XMLDocumentTests {
  @Test func `a tree has names, attributes, children and joined text`() throws {
    let root = try XMLDocument.parse(utf8("<Error a='1'><Code>NoSuchKey</Code>x<i/>y<Where><Key>é&gt;</Key></Where></Error>"))
    #expect(root.name == "Error")
    #expect(root.attribute("a") == "1")
    #expect(root.child("Code")?.string == "NoSuchKey")
    #expect(root.string == "xy")
    #expect(root.element(at: "Where", "Key")?.text == utf8("é>"))
    #expect(root.element(at: "Where", "None") == nil)
    #expect(root.children("i").count == 1)
  }
}

@Suite struct XMLWriterTests {
  @Test func `a request body is written`() throws {
    var writer = XMLWriter()
    writer.start("Delete", namespace: "http://s3.amazonaws.com/doc/2006-03-01/")
    writer.start("Object")
    try writer.element("Key", utf8("a&b<c>\"d\"\r\n\té"))
    writer.end()
    try writer.element("Quiet", "true")
    writer.end()
    let expected = """
      <?xml version="1.0" encoding="UTF-8"?>
      <Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>a&amp;b&lt;c&gt;"d"&#13;\n\té</Key></Object>\
      <Quiet>true</Quiet></Delete>
      """
    #expect(writer.finish() == utf8(expected))
  }

  @Test(
    arguments: [
      [0x00], [0x61, 0x1B], [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xEF, 0xBF, 0xBE], [0xEF, 0xBF, 0xBF], [0xEF],
    ] as [[UInt8]])
  func `what XML cannot hold is an error, and nothing is written`(text: [UInt8]) throws {
    var writer = XMLWriter()
    writer.start("a")
    #expect(markupError { try writer.element("Key", text) }?.code == .notRepresentable)
    #expect(!XMLWriter.canRepresent(text))
    writer.end()
    #expect(try XMLDocument.parse(writer.finish()).children.isEmpty)
  }

  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func `every text it takes reads back the same`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for _ in 0..<50 {
      let text = utf8(JSONWriterTests.randomText(&random))
      var writer = XMLWriter()
      guard XMLWriter.canRepresent(text) else {
        #expect(throws: MarkupError.self) { try writer.element("a", text) }
        continue
      }
      try writer.element("a", text)
      #expect(try XMLDocument.parse(writer.finish()).text == text, "seed \(seed)")
    }
  }
}
