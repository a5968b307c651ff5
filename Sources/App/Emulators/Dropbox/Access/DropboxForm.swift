import Primitives

/// Names and values as forms and queries carry them.
struct DropboxForm: Sendable {
  private var values: [String: String] = [:]

  /// Reads `a=1&b=2`; a name that comes twice, and bytes that are no UTF-8, make it nil.
  init?(_ text: some Sequence<UInt8>) {
    for pair in Array(text).split(separator: UInt8(ascii: "&")) {
      let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      func decoded(_ part: ArraySlice<UInt8>) -> String? {
        PercentEncoding.decode(part.map { $0 == UInt8(ascii: "+") ? 0x20 : $0 }).flatMap { String(validating: $0, as: UTF8.self) }
      }
      guard let name = decoded(parts[0]), let value = parts.count > 1 ? decoded(parts[1]) : "", values[name] == nil
      else { return nil }
      values[name] = value
    }
  }

  subscript(_ name: String) -> String? { values[name] }
}
