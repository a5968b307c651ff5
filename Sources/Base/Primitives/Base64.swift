/// Bytes as Base64 text (RFC 4648, the standard alphabet, padded).
public enum Base64 {
  /// The text of `bytes`, with padding and without line breaks.
  public static func encode(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.underestimatedCount + 2) / 3 * 4)
    var group: UInt32 = 0
    var held = 0
    for byte in bytes {
      group = group << 8 | UInt32(byte)
      held += 1
      if held == 3 {
        for shift in [18, 12, 6, 0] as [UInt32] { text.append(alphabet[Int(group >> shift & 63)]) }
        (group, held) = (0, 0)
      }
    }
    if held == 1 {
      text.append(alphabet[Int(group >> 2 & 63)])
      text.append(alphabet[Int(group << 4 & 63)])
      text.append(contentsOf: [0x3D, 0x3D])
    } else if held == 2 {
      text.append(alphabet[Int(group >> 10 & 63)])
      text.append(alphabet[Int(group >> 4 & 63)])
      text.append(alphabet[Int(group << 2 & 63)])
      text.append(0x3D)
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The text of `bytes` in the alphabet for URLs (RFC 4648, section 5), without padding, as tokens write it.
  public static func encodeForURL(_ bytes: some Sequence<UInt8>) -> String {
    let text = encode(bytes).utf8.compactMap { byte -> UInt8? in
      switch byte {
      case UInt8(ascii: "+"): UInt8(ascii: "-")
      case UInt8(ascii: "/"): UInt8(ascii: "_")
      case UInt8(ascii: "="): nil
      default: byte
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of a padded text; nil for a wrong length, a foreign character, or bits set that no encoder sets (so that a text
  /// has one spelling only).
  public static func decode(_ text: String) -> [UInt8]? {
    let symbols = Array(text.utf8)
    guard symbols.count % 4 == 0 else { return nil }
    var padding = 0
    if symbols.last == 0x3D { padding = symbols[symbols.count - 2] == 0x3D ? 2 : 1 }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(symbols.count / 4 * 3)
    var group: UInt32 = 0
    for (index, symbol) in symbols.enumerated() {
      var value: UInt8 = 0
      if index < symbols.count - padding {
        value = values[Int(symbol)]
        if value > 63 { return nil }
      }
      group = group << 6 | UInt32(value)
      if index % 4 == 3 {
        bytes.append(UInt8(group >> 16 & 255))
        bytes.append(UInt8(group >> 8 & 255))
        bytes.append(UInt8(group & 255))
        group = 0
      }
    }
    for _ in 0..<padding where bytes.removeLast() != 0 { return nil }
    return bytes
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 255, count: 256)
    for (value, symbol) in alphabet.enumerated() { table[Int(symbol)] = UInt8(value) }
    return table
  }()
}
