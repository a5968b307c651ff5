import COpenSSL

/// Comparisons whose time tells nothing about where two secrets differ.
public enum ConstantTime {
  /// Whether both are the same bytes. The length is not hidden.
  public static func isEqual(_ first: [UInt8], _ second: [UInt8]) -> Bool {
    guard first.count == second.count else { return false }
    return CRYPTO_memcmp(first, second, first.count) == 0
  }
}
