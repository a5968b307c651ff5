/// Bytes as hexadecimal text.
public enum Hex {
  /// Two lower-case digits a byte.
  public static func encode(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.underestimatedCount * 2)
    for byte in bytes {
      text.append(hexDigit(byte >> 4, letters: 0x61))
      text.append(hexDigit(byte & 15, letters: 0x61))
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of a text of hexadecimal digits in either case; nil if its length is odd or it holds anything else.
  public static func decode(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = hexValue(digits[index]), let low = hexValue(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }
}

/// The digit of a value below 16; `letters` is the code of the digit ten.
func hexDigit(_ value: UInt8, letters: UInt8) -> UInt8 { value < 10 ? 0x30 + value : letters + value - 10 }

/// The value of a digit in either case, or nil.
func hexValue(_ digit: UInt8) -> UInt8? {
  switch digit {
  case 0x30...0x39: digit - 0x30
  case 0x41...0x46: digit - 0x41 + 10
  case 0x61...0x66: digit - 0x61 + 10
  default: nil
  }
}
