/// Where something stands in a text. Both count from 1; the column counts Unicode scalars.
public struct TextPlace: Hashable, Sendable, CustomStringConvertible {
  /// The line, from 1.
  public var line: Int
  /// The column in the line, from 1.
  public var column: Int

  /// The place at `line` and `column`.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// "line:column", as compilers print it.
  public var description: String { "\(line):\(column)" }

  /// The place of the byte at `offset`. Linear: for errors only.
  static func of(offset: Int, in bytes: UnsafeRawBufferPointer) -> TextPlace {
    var place = TextPlace(line: 1, column: 1)
    for byte in bytes.prefix(max(0, offset)) {
      if byte == 0x0A {
        place.line += 1
        place.column = 1
      } else if byte & 0xC0 != 0x80 {
        place.column += 1
      }
    }
    return place
  }
}

/// Why a text could not be read or written as XML, JSON or YAML.
public struct MarkupError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of failure it is.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Value: String {
      case malformed, limitExceeded, forbidden, notRepresentable, duplicateKey, missingKey, wrongType
    }
    private let value: Value

    /// The text breaks its format's rules.
    public static let malformed = Code(value: .malformed)
    /// The text is larger or deeper than the reader allows.
    public static let limitExceeded = Code(value: .limitExceeded)
    /// Well formed, but refused for safety: a DTD, an alias, a tag.
    public static let forbidden = Code(value: .forbidden)
    /// The format has no way to write this: a control character in XML.
    public static let notRepresentable = Code(value: .notRepresentable)
    /// A mapping has the same key twice.
    public static let duplicateKey = Code(value: .duplicateKey)
    /// A key that must be there is not.
    public static let missingKey = Code(value: .missingKey)
    /// A value is not of the kind asked for.
    public static let wrongType = Code(value: .wrongType)

    /// A stable label, for metrics and JSON.
    public var description: String { value.rawValue }
  }

  /// What kind of failure it is.
  public var code: Code
  /// What is wrong, for people; without the place.
  public var message: String
  /// Where in the text, if it is known.
  public var place: TextPlace?

  /// An error at `place`.
  public init(_ code: Code, _ message: String, at place: TextPlace? = nil) {
    self.code = code
    self.message = message
    self.place = place
  }

  /// "line 3, column 7: message".
  public var description: String {
    guard let place else { return message }
    return "line \(place.line), column \(place.column): \(message)"
  }
}

/// How much a reader takes before it refuses: what comes over the wire is hostile until it is read.
public struct MarkupLimits: Hashable, Sendable {
  /// The largest text, in bytes.
  public var byteCount: Int
  /// The deepest nesting of elements, arrays or mappings.
  public var depth: Int

  /// Limits for an answer or a file of ordinary size: 64 MiB, 64 deep. The depth is held to 1...512, since readers recurse.
  public init(byteCount: Int = 64 << 20, depth: Int = 64) {
    self.byteCount = byteCount
    self.depth = min(max(1, depth), 512)
  }

  func check(_ bytes: UnsafeRawBufferPointer) throws(MarkupError) {
    if bytes.count > byteCount { throw MarkupError(.limitExceeded, "larger than \(byteCount) bytes") }
  }

  var tooDeep: String { "nested deeper than \(depth)" }
}
