import Crypto
import HTTPMessages
import HTTPServer
import Primitives

/// The signature of a whole request with the account's key ("Authorize with Shared Key").
enum AzureSharedKey {
  /// What is signed.
  static func stringToSign(_ request: HTTPServerRequest, query: AzureQuery, account: String, version: String?) -> String {
    let headers = request.headers
    func value(_ name: String) -> String { headers.values(of: name).joined(separator: ",") }
    var length = value("content-length")
    // Before 2015-02-21 an empty body's length was signed as it was sent.
    if length == "0", version ?? "" >= "2015-02-21" { length = "" }
    var lines = [
      request.method.name, value("content-encoding"), value("content-language"), length, value("content-md5"),
      value("content-type"), headers.contains("x-ms-date") ? "" : value("date"), value("if-modified-since"), value("if-match"),
      value("if-none-match"), value("if-unmodified-since"), value("range"),
    ]
    lines += canonicalHeaders(headers)
    return lines.joined(separator: "\n") + "\n" + canonicalResource(request.path, query, account)
  }

  private static func canonicalHeaders(_ headers: HTTPHeaders) -> [String] {
    var names: [String] = []
    for field in headers {
      let name = field.name.lowercased()
      if name.hasPrefix("x-ms-"), !names.contains(name) { names.append(name) }
    }
    names.sort(by: AzureHeaderOrder.precedes)
    return names.map { "\($0):\(headers.values(of: $0).joined(separator: ","))" }
  }

  /// The path as it came, and every parameter on a line: names in lower case and in order, values decoded.
  static func canonicalResource(_ path: Substring, _ query: AzureQuery, _ account: String) -> String {
    var values: [String: [String]] = [:]
    for item in query.items { values[item.name.lowercased(), default: []].append(item.value) }
    let names = values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return "/\(account)\(path)"
      + names.map { "\n\($0):\(values[$0]!.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: ","))" }.joined()
  }

  static func signature(_ text: String, key: [UInt8]) -> [UInt8] { HMACSHA256.code(Array(text.utf8), key: key) }
}

/// The order in which the service puts header names before it signs them: that of words, not of bytes.
///
/// Hyphens and apostrophes count only between names that are otherwise equal; punctuation comes before digits, and these before letters.
/// The service's reference says "lexicographically", its own clients carry this order along (`azure-storage-blob`'s
/// `_storage_header_sort` for one), because signatures are refused otherwise: `x-ms-meta-a-c` comes behind `x-ms-meta-ab`.
enum AzureHeaderOrder {
  private static let order = Array("!#$%&*.^_`|~+0123456789abcdefghijklmnopqrstuvwxyz".utf8)
  private static let weights: [UInt8] = {
    var weights = [UInt8](repeating: 0, count: 256)
    for (index, byte) in order.enumerated() { weights[Int(byte)] = UInt8(index + 1) }
    return weights
  }()

  /// Whether `left` comes before `right`; both in lower case.
  static func precedes(_ left: String, _ right: String) -> Bool {
    let (first, second) = (weigh(left), weigh(right))
    if first != second { return first.lexicographicallyPrecedes(second) }
    for (one, other) in zip(left.utf8, right.utf8) where one != other {
      // The name whose hyphen or apostrophe comes first is the later one.
      return rank(one) < rank(other)
    }
    return left.utf8.count > right.utf8.count
  }

  private static func weigh(_ name: String) -> [UInt8] { name.utf8.map { weights[Int($0)] }.filter { $0 != 0 } }

  private static func rank(_ byte: UInt8) -> Int { byte == UInt8(ascii: "'") ? 1 : byte == UInt8(ascii: "-") ? 2 : 0 }
}
