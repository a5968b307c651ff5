import CUTF8Proc
import Glibc

/// Names in Unicode's Normalization Form C, in which some stores keep every name (by utf8proc).
public enum ComposedText {
  /// Whether bytes are UTF-8 and already in Form C. Cheap for nearly every name: no letter below U+0300 is ever changed.
  public static func isComposed(_ bytes: some Collection<UInt8>) -> Bool {
    // 0xCC 0x80 is U+0300.
    if bytes.allSatisfy({ $0 < 0x80 }) { return true }
    let bytes = Array(bytes)
    if bytes.allSatisfy({ $0 < 0xCC }) { return (try? UTF8Span(validating: bytes.span)) != nil }
    return normalized(bytes) == bytes
  }

  /// The bytes in Form C; those that are no UTF-8 stay as they are.
  public static func composed(_ bytes: [UInt8]) -> [UInt8] {
    bytes.allSatisfy { $0 < 0xCC } ? bytes : normalized(bytes) ?? bytes
  }

  /// - Returns: nil for what is no UTF-8.
  private static func normalized(_ bytes: [UInt8]) -> [UInt8]? {
    // utf8proc takes more than UTF-8 allows at the edges: surrogates, and what is too long.
    guard (try? UTF8Span(validating: bytes.span)) != nil else { return nil }
    let options = utf8proc_option_t(UTF8PROC_STABLE.rawValue | UTF8PROC_COMPOSE.rawValue)
    var result: UnsafeMutablePointer<UInt8>?
    let length = bytes.withUnsafeBufferPointer { utf8proc_map($0.baseAddress, $0.count, &result, options) }
    guard let result else { return nil }
    defer { free(result) }
    return length < 0 ? nil : Array(UnsafeBufferPointer(start: result, count: length))
  }
}
