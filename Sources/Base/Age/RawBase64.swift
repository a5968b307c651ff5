import Primitives

/// Base64 as age headers have it: the standard alphabet, no padding, one spelling only (RFC 4648, sections 3.5 and 4).
enum RawBase64 {
  static func encode(_ bytes: some Sequence<UInt8>) -> String {
    let text = Base64.encode(bytes)
    guard let padding = text.firstIndex(of: "=") else { return text }
    return String(text[..<padding])
  }

  /// Nil for padding, a foreign character, an impossible length, or bits that no encoder sets.
  static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
    if text.contains(UInt8(ascii: "=")) || text.count % 4 == 1 { return nil }
    let padding = String(repeating: "=", count: (4 - text.count % 4) % 4)
    // Bytes that are no ASCII become other characters, which the decoder does not know either.
    return Base64.decode(String(decoding: text, as: UTF8.self) + padding)
  }

  static func decode(_ text: String) -> [UInt8]? { decode(Array(text.utf8)) }
}
