import Primitives

/// A `.env` file: variables for the configuration beside it.
///
/// A line is `NAME=value`, perhaps after `export`. A value in single quotes is taken as it is; in double quotes `\n`, `\t`, `\r`, `\"`,
/// `\\` and `\$` are resolved, and both kinds of quotes may span lines. A bare value ends at ` #` or the line's end, without the white
/// space around it. Empty lines and lines that begin with `#` say nothing. No variables are expanded in it.
public struct DotEnv: Hashable, Sendable {
  /// The variables; of equal names the last.
  public private(set) var variables: [String: String] = [:]

  /// Reads a file's bytes.
  /// - Throws: `ConfigurationError` with every line that is wrong; no value is in the messages.
  public init(_ bytes: [UInt8], file: String) throws {
    var reader = Reader(bytes)
    let problems = ProblemList()
    while !reader.isAtEnd {
      let line = reader.line
      do {
        if let (name, value) = try reader.next() { variables[name] = value }
      } catch {
        problems.add(.file(file, line: line, column: 1), "", error.message)
        reader.skipLine()
      }
    }
    try problems.check()
  }

  private struct Malformed: Error {
    let message: String
  }

  private struct Reader {
    private let bytes: [UInt8]
    private var position = 0
    private(set) var line = 1

    init(_ bytes: [UInt8]) {
      // Editors on Windows begin files with a byte-order mark.
      self.bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    }

    var isAtEnd: Bool { position >= bytes.count }
    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func advance() {
      if current == 0x0A { line += 1 }
      position += 1
    }

    mutating func skipLine() {
      while let byte = current {
        advance()
        if byte == 0x0A { return }
      }
    }

    private mutating func skipBlanks() {
      while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0D { advance() }
    }

    /// The assignment on this line; nil if it has none.
    mutating func next() throws(Malformed) -> (String, String)? {
      skipBlanks()
      guard let first = current, first != 0x0A, first != UInt8(ascii: "#") else {
        skipLine()
        return nil
      }
      var name = takeName()
      if name == "export", current == 0x20 || current == 0x09 {
        skipBlanks()
        name = takeName()
      }
      skipBlanks()
      guard current == UInt8(ascii: "="), let start = name.utf8.first, !(0x30...0x39).contains(start) else {
        throw Malformed(message: "a line must be NAME=value, with a name of letters, digits and _")
      }
      advance()
      skipBlanks()
      let value: [UInt8]
      switch current {
      case UInt8(ascii: "'"): value = try takeQuoted(UInt8(ascii: "'"), escapes: false)
      case UInt8(ascii: "\""): value = try takeQuoted(UInt8(ascii: "\""), escapes: true)
      default: value = takeBare()
      }
      guard let text = String(validating: value, as: UTF8.self), !value.contains(0) else {
        throw Malformed(message: "the value of \(name) is not valid UTF-8 text")
      }
      skipLine()
      return (name, text)
    }

    private mutating func takeName() -> String {
      let start = position
      while let byte = current {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: advance()
        default: return String(decoding: bytes[start..<position], as: UTF8.self)
        }
      }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func takeBare() -> [UInt8] {
      let start = position
      while let byte = current, byte != 0x0A {
        if byte == UInt8(ascii: "#"), position > start, bytes[position - 1] == 0x20 || bytes[position - 1] == 0x09 { break }
        advance()
      }
      var value = bytes[start..<position]
      while let last = value.last, last == 0x20 || last == 0x09 || last == 0x0D { value.removeLast() }
      return Array(value)
    }

    private mutating func takeQuoted(_ quote: UInt8, escapes: Bool) throws(Malformed) -> [UInt8] {
      advance()
      var value: [UInt8] = []
      while let byte = current {
        advance()
        if byte == quote {
          skipBlanks()
          if let next = current, next != 0x0A, next != UInt8(ascii: "#") {
            throw Malformed(message: "after the closing quote of a value only a comment may follow")
          }
          return value
        }
        guard escapes, byte == UInt8(ascii: "\\"), let next = current else {
          value.append(byte)
          continue
        }
        advance()
        switch next {
        case UInt8(ascii: "n"): value.append(0x0A)
        case UInt8(ascii: "r"): value.append(0x0D)
        case UInt8(ascii: "t"): value.append(0x09)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "$"): value.append(next)
        default: value += [byte, next]
        }
      }
      throw Malformed(message: "the value has no closing quote")
    }
  }
}
