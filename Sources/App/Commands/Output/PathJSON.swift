import Markup
import Primitives

/// Paths in JSON. Bytes that are UTF-8 are the string; others cannot be, so `path` shows them escaped and `pathBytes` has them in Base64.
enum PathJSON {
  /// The members that name a path: `path`, and `pathBytes` where the path is no text.
  static func members(_ bytes: [UInt8], name: String = "path") -> [JSONObject.Member] {
    if let text = String(validating: bytes, as: UTF8.self) { return [.init(name, .string(text))] }
    return [.init(name, .string(DisplayText.escape(bytes))), .init(name + "Bytes", .string(Base64.encode(bytes)))]
  }
}

extension Console {
  /// Prints the object of `--json`.
  /// - Throws: `OutputClosed`.
  func printJSON(_ value: JSONValue) throws { try write(value.bytes(.pretty) + [0x0A]) }
}
