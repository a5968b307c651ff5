import Primitives

/// User metadata in the form that the service takes: names are C# identifiers, whose case does not count, and values printable ASCII.
///
/// A name's letters `a-z` and digits stand for themselves, and so does an underscore that begins no escape. Every other byte, and a
/// digit at the beginning, becomes `_x` and two hexadecimal digits: `content-sha` is `content_x2dsha`. A value that is not printable
/// ASCII, is empty, or begins or ends with a space, is written as in RFC 8187: `utf-8''gr%C3%BCn`.
enum MetadataNames {
  private static let mark = "utf-8''"

  static func encode(_ name: String) -> String {
    let bytes = Array(name.utf8)
    var text = ""
    for (index, byte) in bytes.enumerated() {
      switch byte {
      case 0x61...0x7A: text.unicodeScalars.append(Unicode.Scalar(byte))
      case 0x30...0x39 where index > 0: text.unicodeScalars.append(Unicode.Scalar(byte))
      case 0x5F where escape(in: bytes, at: index) == nil: text += "_"
      default: text += "_x" + Hex.encode([byte])
      }
    }
    return text
  }

  /// The name that was encoded; names that others made are taken as they are, in lower case.
  static func decode(_ text: String) -> String {
    let bytes = Array(text.lowercased().utf8)
    var name: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if let byte = escape(in: bytes, at: index) {
        name.append(byte)
        index += 4
      } else {
        name.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: name, as: UTF8.self)
  }

  /// The byte that `_xHH` at this place stands for.
  private static func escape(in bytes: [UInt8], at index: Int) -> UInt8? {
    guard index + 3 < bytes.count, bytes[index] == 0x5F, bytes[index + 1] == 0x78 else { return nil }
    return Hex.decode(String(decoding: bytes[(index + 2)...(index + 3)], as: UTF8.self))?.first
  }

  static func encode(value: String) -> String {
    let isPlain =
      !value.isEmpty && value.first != " " && value.last != " " && !value.hasPrefix(mark)
      && value.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    return isPlain ? value : mark + PercentEncoding.encode(value.utf8, keepSlash: false)
  }

  static func decode(value: String) -> String {
    guard value.hasPrefix(mark), let bytes = PercentEncoding.decode(value.utf8.dropFirst(mark.utf8.count)),
      let text = String(validating: bytes, as: UTF8.self)
    else { return value }
    return text
  }
}
