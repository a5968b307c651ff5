/// Bytes in a URI (RFC 3986): unreserved characters stand for themselves, all others become `%XX`.
public enum PercentEncoding {
  /// The encoded text, with upper-case digits.
  /// - Parameter keepSlash: whether `/` stands for itself, as in a path; in a query it must not.
  public static func encode(_ bytes: some Sequence<UInt8>, keepSlash: Bool) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.underestimatedCount + bytes.underestimatedCount / 4)
    for byte in bytes {
      if isUnreserved(byte) || (keepSlash && byte == 0x2F) {
        text.append(byte)
      } else {
        text.append(0x25)
        text.append(hexDigit(byte >> 4, letters: 0x41))
        text.append(hexDigit(byte & 15, letters: 0x41))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of an encoded text; nil if a `%` is not followed by two hexadecimal digits. `+` stands for itself.
  public static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.underestimatedCount)
    var iterator = text.makeIterator()
    while let byte = iterator.next() {
      if byte != 0x25 {
        bytes.append(byte)
        continue
      }
      guard let high = iterator.next().flatMap(hexValue), let low = iterator.next().flatMap(hexValue) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
    default: false
    }
  }
}
