/// Writes small XML documents, the bodies of requests.
///
/// XML 1.0 has no way to write most control characters, nor bytes that are not UTF-8; such a text is an error, so that a request
/// names the key it was meant for or none. Ends without starts are the caller's bug and trap.
public struct XMLWriter: Sendable {
  private var bytes: [UInt8] = Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".utf8)
  private var open: [StaticString] = []

  /// A document with its declaration only.
  public init() {}

  /// A start tag. `namespace` becomes `xmlns`.
  public mutating func start(_ name: StaticString, namespace: StaticString? = nil) {
    bytes.append(UInt8(ascii: "<"))
    append(name)
    if let namespace {
      append(" xmlns=\"")
      append(namespace)
      append("\"")
    }
    bytes.append(UInt8(ascii: ">"))
    open.append(name)
  }

  /// The end tag of the element opened last.
  public mutating func end() {
    guard let name = open.popLast() else { preconditionFailure("an end without its start") }
    append("</")
    append(name)
    bytes.append(UInt8(ascii: ">"))
  }

  /// Text in the open element.
  /// - Throws: `.notRepresentable` if a character cannot stand in XML 1.0; nothing is then written.
  public mutating func text(_ text: [UInt8]) throws(MarkupError) {
    try Self.check(text)
    for byte in text {
      switch byte {
      case UInt8(ascii: "&"): append("&amp;")
      case UInt8(ascii: "<"): append("&lt;")
      case UInt8(ascii: ">"): append("&gt;")
      case 0x0D: append("&#13;")  // a bare one would be read as a line feed
      default: bytes.append(byte)
      }
    }
  }

  /// An element with nothing but text.
  /// - Throws: `.notRepresentable` if a character cannot stand in XML 1.0; nothing is then written.
  public mutating func element(_ name: StaticString, _ text: [UInt8]) throws(MarkupError) {
    try Self.check(text)
    start(name)
    try self.text(text)
    end()
  }

  /// An element with nothing but text.
  /// - Throws: `.notRepresentable` if a character cannot stand in XML 1.0; nothing is then written.
  public mutating func element(_ name: StaticString, _ text: String) throws(MarkupError) { try element(name, [UInt8](text.utf8)) }

  /// The document. Every element must be closed.
  public consuming func finish() -> [UInt8] {
    precondition(open.isEmpty, "an element is still open")
    return bytes
  }

  /// Whether `text` can stand in XML 1.0 at all (production `Char`).
  public static func canRepresent(_ text: [UInt8]) -> Bool {
    do throws(MarkupError) {
      try check(text)
      return true
    } catch {
      return false
    }
  }

  private static func check(_ text: [UInt8]) throws(MarkupError) {
    guard (try? UTF8Span(validating: text.span)) != nil else {
      throw MarkupError(.notRepresentable, "bytes that are not UTF-8 cannot be written in XML")
    }
    for (index, byte) in text.enumerated() {
      let isControl = byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D
      // U+FFFE and U+FFFF, the only others left out (surrogates are not UTF-8).
      let isNonCharacter = byte == 0xEF && text[index + 1] == 0xBF && text[index + 2] >= 0xBE
      if isControl || isNonCharacter {
        throw MarkupError(.notRepresentable, "the character at byte \(index) cannot be written in XML")
      }
    }
  }

  private mutating func append(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
