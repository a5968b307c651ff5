import Primitives

/// The parameters of a request's address, decoded. Names are compared without regard to case.
struct AzureQuery {
  /// In the order of the request; names as they were spelled, values decoded.
  let items: [(name: String, value: String)]

  /// - Throws: `InvalidUri` for what is not percent-encoded UTF-8.
  init(_ text: Substring?) throws(AzureFault) {
    var items: [(name: String, value: String)] = []
    for pair in text?.split(separator: "&") ?? [] {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      items.append((try Self.decode(parts[0]), parts.count == 2 ? try Self.decode(parts[1]) : ""))
    }
    self.items = items
  }

  /// The first value of a parameter; nil if it is missing.
  subscript(name: String) -> String? {
    items.first { Self.isSame($0.name, name) }?.value
  }

  static func isSame(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count && left.lowercased() == right.lowercased()
  }

  private static func decode(_ text: Substring) throws(AzureFault) -> String {
    // A plus in a query is a space to this service.
    let spaced = text.utf8.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
    guard let bytes = PercentEncoding.decode(spaced), let decoded = String(validating: bytes, as: UTF8.self) else {
      throw .invalidURI
    }
    return decoded
  }
}
