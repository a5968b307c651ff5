@_spi(_Unicode) import Swift

/// Names in Unicode's Normalization Form C, in which some stores keep every name.
///
/// The standard library normalises to compare strings, and shows how only to libraries beside it (`_nfc`); swift-foundation relies on
/// the same.
public enum ComposedText {
  /// Whether bytes are UTF-8 and already in Form C. Cheap for nearly every name: no letter below U+0300 is ever changed.
  public static func isComposed(_ bytes: some Collection<UInt8>) -> Bool {
    // 0xCC 0x80 is U+0300.
    if bytes.allSatisfy({ $0 < 0x80 }) { return true }
    guard let text = String(validating: bytes, as: UTF8.self) else { return false }
    if bytes.allSatisfy({ $0 < 0xCC }) { return true }
    return text.unicodeScalars.elementsEqual(text._nfc)
  }

  /// The bytes in Form C; those that are no UTF-8 stay as they are.
  public static func composed(_ bytes: [UInt8]) -> [UInt8] {
    if isComposed(bytes) { return bytes }
    guard let text = String(validating: bytes, as: UTF8.self) else { return bytes }
    var result = ""
    result.unicodeScalars.append(contentsOf: text._nfc)
    return Array(result.utf8)
  }
}
