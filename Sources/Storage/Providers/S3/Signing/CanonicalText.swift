import Primitives

/// How a request's parts are spelled before they are signed (AWS Signature Version 4, "create a canonical request").
enum CanonicalText {
  /// A header's value without outer white space, with inner runs of it as one space.
  static func append(headerValue value: String, to text: inout [UInt8]) {
    var value = value
    value.withUTF8 { bytes in
      // Nearly all values: nothing to join.
      if bytes.allSatisfy({ $0 > 0x20 }) { return text.append(contentsOf: bytes) }
      var pendingSpace = false
      var hasText = false
      for byte in bytes {
        if byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
          pendingSpace = true
          continue
        }
        if pendingSpace && hasText { text.append(0x20) }
        pendingSpace = false
        hasText = true
        text.append(byte)
      }
    }
  }

  static func lowercased(_ name: String) -> String {
    name.utf8.contains { (0x41...0x5A).contains($0) } ? name.lowercased() : name
  }

  /// A path as services other than S3 sign it: with `.` and `..` resolved and repeated slashes joined.
  static func normalized(path: String) -> String {
    var kept: [Substring.UTF8View] = []
    for component in Substring(path).utf8.split(separator: 0x2F, omittingEmptySubsequences: true) {
      if component.elementsEqual(".".utf8) { continue }
      if component.elementsEqual("..".utf8) {
        _ = kept.popLast()
        continue
      }
      kept.append(component)
    }
    var text = "/"
    for (index, component) in kept.enumerated() {
      if index > 0 { text += "/" }
      text += String(Substring(component))
    }
    if !kept.isEmpty, path.utf8.last == 0x2F { text += "/" }
    return text
  }
}

/// The query of a request: names and values as they are, encoded and ordered when asked for.
public struct QueryItems: Sendable, Hashable {
  private var items: [Item] = []

  private struct Item: Sendable, Hashable {
    var name: String
    var value: String
  }

  /// No query.
  public init() {}

  /// Whether there is nothing in it.
  public var isEmpty: Bool { items.isEmpty }

  /// Adds an entry of bytes.
  public mutating func append(_ name: String, bytes value: some Sequence<UInt8>) {
    items.append(
      Item(
        name: PercentEncoding.encode(name.utf8, keepSlash: false), value: PercentEncoding.encode(value, keepSlash: false)))
  }

  /// Adds an entry of text; a sub-resource (`?uploads`) has an empty value.
  public mutating func append(_ name: String, _ value: String = "") { append(name, bytes: value.utf8) }

  /// The query in the order and spelling that is signed: it is also what is sent, so that nobody has to normalise it.
  public var canonical: String {
    if items.isEmpty { return "" }
    let sorted = items.count == 1 ? items : items.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
    var text = ""
    for item in sorted {
      if !text.isEmpty { text += "&" }
      text += item.name
      text += "="
      text += item.value
    }
    return text
  }
}
