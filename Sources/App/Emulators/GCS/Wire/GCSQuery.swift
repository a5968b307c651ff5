import Primitives

/// The parameters of a request, decoded; also those of a form.
struct GCSQuery: Sendable {
  private var values: [(name: String, value: String)] = []

  /// - Throws: `GCSFailure` for what is no encoding of UTF-8.
  init(_ text: some StringProtocol) throws(GCSFailure) {
    for pair in text.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      values.append((try Self.decode(parts[0]), parts.count > 1 ? try Self.decode(parts[1]) : ""))
    }
  }

  private static func decode(_ text: some StringProtocol) throws(GCSFailure) -> String {
    let spaced = text.utf8.map { $0 == UInt8(ascii: "+") ? 0x20 : $0 }
    guard let bytes = PercentEncoding.decode(spaced), let text = String(validating: bytes, as: UTF8.self) else {
      throw .badRequest("The request's parameters are not encoded UTF-8.")
    }
    return text
  }

  /// The first value; nil without one.
  subscript(_ name: String) -> String? { values.first { $0.name == name }?.value }

  /// All values, in order.
  func all(_ name: String) -> [String] { values.filter { $0.name == name }.map(\.value) }

  /// A number of 64 bits.
  func number(_ name: String) throws(GCSFailure) -> Int64? {
    guard let text = self[name] else { return nil }
    guard let number = Int64(text) else {
      throw .parameter(name, "Invalid value '\(text)'. Values must match the following regular expression: '-?[0-9]+'")
    }
    return number
  }

  /// A truth value.
  func flag(_ name: String) throws(GCSFailure) -> Bool {
    switch self[name]?.lowercased() {
    case nil, "false": return false
    case "true", "": return true
    case let text?: throw .parameter(name, "Invalid value '\(text)'. Values must be true or false.")
    }
  }
}
