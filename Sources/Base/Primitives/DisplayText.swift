/// Bytes from outside as text that is safe to show.
public enum DisplayText {
  /// Valid UTF-8 is kept; control characters, invisible direction marks and invalid bytes become `\n`, `\x1b`, `\u{202e}`, `\xff`,
  /// so that a file's name can neither drive a terminal nor pose as another. Not reversible: a backslash is kept as it is.
  public static func escape(_ bytes: some Sequence<UInt8>) -> String {
    let bytes = Array(bytes)
    var text = ""
    text.reserveCapacity(bytes.count)
    var position = 0
    while position < bytes.count {
      let length = scalarLength(in: bytes, at: position)
      if length == 0 {
        text += "\\x" + Hex.encode([bytes[position]])
        position += 1
      } else {
        let piece = String(decoding: bytes[position..<position + length], as: UTF8.self)
        for scalar in piece.unicodeScalars { append(scalar, to: &text) }
        position += length
      }
    }
    return text
  }

  /// The same for text from outside, which is valid UTF-8 but may hold control characters.
  public static func escape(_ text: String) -> String { escape(text.utf8) }

  private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
    switch scalar.value {
    case 0x09: text += "\\t"
    case 0x0A: text += "\\n"
    case 0x0D: text += "\\r"
    case 0..<0x20, 0x7F: text += "\\x" + Hex.encode([UInt8(scalar.value)])
    // C1 controls, zero-width and direction marks, line separators, the byte-order mark.
    case 0x80...0x9F, 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF:
      text += "\\u{" + String(scalar.value, radix: 16) + "}"
    default: text.unicodeScalars.append(scalar)
    }
  }

  /// How many bytes the scalar at `position` takes; 0 if the bytes there are not valid UTF-8 (overlong forms and surrogates included).
  private static func scalarLength(in bytes: [UInt8], at position: Int) -> Int {
    let first = bytes[position]
    let length: Int
    var allowed: ClosedRange<UInt8> = 0x80...0xBF
    switch first {
    case 0..<0x80: return 1
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, allowed) = (3, 0xA0...0xBF)
    case 0xED: (length, allowed) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, allowed) = (4, 0x90...0xBF)
    case 0xF4: (length, allowed) = (4, 0x80...0x8F)
    case 0xF1...0xF3: length = 4
    default: return 0
    }
    guard position + length <= bytes.count, allowed.contains(bytes[position + 1]) else { return 0 }
    for index in position + 2..<max(position + length, position + 2) where bytes[index] & 0xC0 != 0x80 { return 0 }
    return length
  }
}
