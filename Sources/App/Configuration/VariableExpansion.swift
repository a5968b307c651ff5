import Primitives

/// Variables in the texts of a configuration.
///
/// `${NAME}` is the variable's value, and an error if it is not set. `${NAME:-text}` and `${NAME:text}` are `text` where it is not set
/// or empty; the text may hold variables itself. `$$` is a dollar sign, and so is one that neither `{` nor `$` follows. Names are
/// letters, digits and `_`.
public enum VariableExpansion {
  /// Why a text cannot be expanded.
  public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, for people; no value of a variable is in it.
    public let description: String
  }

  /// The longest result, in bytes: variables in defaults could make a small text long.
  public static let limit = 1 << 20
  private static let maximumDepth = 8

  /// `text` with its variables replaced. Values are taken as they are: a `$` in them means nothing.
  public static func expand(_ text: String, _ lookUp: (String) -> String?) throws -> String {
    let bytes = Array(text.utf8)
    var position = 0
    let result = try expand(bytes, &position, depth: 0, lookUp)
    return String(decoding: result, as: UTF8.self)
  }

  /// Expands up to the end, or, inside a default, up to its closing brace.
  private static func expand(
    _ bytes: [UInt8], _ position: inout Int, depth: Int, _ lookUp: (String) -> String?
  ) throws -> [UInt8] {
    guard depth <= maximumDepth else { throw Failure(description: "variables are nested deeper than \(maximumDepth)") }
    var result: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "}"), depth > 0 { return result }
      position += 1
      guard byte == UInt8(ascii: "$"), position < bytes.count else {
        result.append(byte)
        continue
      }
      switch bytes[position] {
      case UInt8(ascii: "$"):
        result.append(byte)
        position += 1
      case UInt8(ascii: "{"):
        position += 1
        result += try variable(bytes, &position, depth: depth, lookUp)
      default: result.append(byte)
      }
      guard result.count <= limit else { throw Failure(description: "the text becomes longer than \(limit) bytes") }
    }
    guard depth == 0 else { throw unterminated }
    return result
  }

  /// What stands for a variable whose name begins at `position`.
  private static func variable(
    _ bytes: [UInt8], _ position: inout Int, depth: Int, _ lookUp: (String) -> String?
  ) throws -> [UInt8] {
    let name = String(decoding: bytes[position...].prefix(while: isNameByte), as: UTF8.self)
    position += name.utf8.count
    guard position < bytes.count else { throw unterminated }
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else {
      throw Failure(description: "after ${ must come a variable's name (letters, digits, _); write $$ for a dollar sign")
    }
    let value = lookUp(name)
    switch bytes[position] {
    case UInt8(ascii: "}"):
      position += 1
      guard let value else {
        throw Failure(description: "the variable \(name) is not set; set it, or give a default: ${\(name):-default}")
      }
      return Array(value.utf8)
    case UInt8(ascii: ":"):
      position += 1
      if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
      let isUsed = value?.isEmpty ?? true
      // A default that is not used must still be well formed, but may name variables that are not set.
      let fallback = try expand(bytes, &position, depth: depth + 1, isUsed ? lookUp : { _ in "" })
      position += 1
      return isUsed ? fallback : Array(value!.utf8)
    default: throw Failure(description: "the name in ${\(name)… must be followed by } or by :- and a default")
    }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
    default: false
    }
  }

  private static var unterminated: Failure { Failure(description: "a ${ has no closing }; write $$ for a dollar sign") }
}
