import Primitives

/// Writes JSON piece by piece into bytes.
///
/// Calls out of order (a value without its key, an end without its begin) are the caller's bug and trap.
///
///     var json = JSONWriter()
///     json.beginObject()
///     json.member("transferred", 3)
///     json.endObject()
///     write(json.takeBytes())
public struct JSONWriter: Sendable {
  /// How it is laid out.
  public enum Layout: Sendable {
    /// No white space at all.
    case compact
    /// Two spaces a level, one member or element a line.
    case pretty
  }

  private enum Level {
    case object, array
  }

  private let layout: Layout
  private var bytes: [UInt8] = []
  private var levels: [Level] = []
  private var isFirst = true
  private var hasKey = false

  /// A writer at the start of a text.
  public init(_ layout: Layout = .compact) { self.layout = layout }

  /// What was written since the last call, so that a long text need not be held whole.
  public mutating func takeBytes() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }

  /// Opens an object.
  public mutating func beginObject() { begin(.object, UInt8(ascii: "{")) }
  /// Closes the object opened last.
  public mutating func endObject() { end(.object, UInt8(ascii: "}")) }
  /// Opens an array.
  public mutating func beginArray() { begin(.array, UInt8(ascii: "[")) }
  /// Closes the array opened last.
  public mutating func endArray() { end(.array, UInt8(ascii: "]")) }

  /// The key of the value that comes next.
  public mutating func key(_ key: String) {
    precondition(levels.last == .object && !hasKey, "a key outside an object")
    separate()
    quote(key)
    bytes.append(UInt8(ascii: ":"))
    if layout == .pretty { bytes.append(UInt8(ascii: " ")) }
    hasKey = true
  }

  /// Any value, whole.
  public mutating func value(_ value: JSONValue) {
    switch value {
    case .object(let object):
      beginObject()
      for member in object.members { self.member(member.key, member.value) }
      endObject()
    case .array(let elements):
      beginArray()
      for element in elements { self.value(element) }
      endArray()
    case .string(let text): string(text)
    case .integer(let number): integer(number)
    case .number(let number): self.number(number)
    case .bool(let flag): literal(flag ? "true" : "false")
    case .null: literal("null")
    }
  }

  /// A key and its value.
  public mutating func member(_ key: String, _ value: JSONValue) {
    self.key(key)
    self.value(value)
  }

  /// A string.
  public mutating func string(_ text: String) {
    prepareValue()
    quote(text)
  }

  /// A name or path. Bytes that are UTF-8 are written as they are; others as `DisplayText` shows them, since JSON cannot hold them.
  public mutating func string(_ name: [UInt8]) {
    string(String(validating: name, as: UTF8.self) ?? DisplayText.escape(name))
  }

  /// A whole number of any size.
  public mutating func integer(_ number: some BinaryInteger) { literal(String(number)) }

  /// A number; null if it is infinite or not a number, which JSON has no word for.
  public mutating func number(_ number: Double) { literal(number.isFinite ? number.description : "null") }

  private mutating func literal(_ text: String) {
    prepareValue()
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func begin(_ level: Level, _ bracket: UInt8) {
    prepareValue()
    bytes.append(bracket)
    levels.append(level)
    isFirst = true
  }

  private mutating func end(_ level: Level, _ bracket: UInt8) {
    precondition(levels.last == level && !hasKey, "an end without its begin")
    levels.removeLast()
    if layout == .pretty && !isFirst { newLine() }
    bytes.append(bracket)
    isFirst = false
  }

  private mutating func prepareValue() {
    if levels.last == .object {
      precondition(hasKey, "a value in an object without its key")
      hasKey = false
    } else {
      precondition(!levels.isEmpty || isFirst, "a second value at the top")
      separate()
    }
  }

  private mutating func separate() {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    if layout == .pretty && !levels.isEmpty { newLine() }
    isFirst = false
  }

  private mutating func newLine() {
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: 2 * levels.count))
  }

  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0x0A: bytes.append(contentsOf: "\\n".utf8)
      case 0x0D: bytes.append(contentsOf: "\\r".utf8)
      case 0x09: bytes.append(contentsOf: "\\t".utf8)
      case 0..<0x20, 0x7F:
        // DEL needs no escape in JSON, but a terminal that shows the text should not get it.
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

extension JSONValue {
  /// The value as a JSON text.
  public func bytes(_ layout: JSONWriter.Layout = .compact) -> [UInt8] {
    var writer = JSONWriter(layout)
    writer.value(self)
    return writer.takeBytes()
  }
}
