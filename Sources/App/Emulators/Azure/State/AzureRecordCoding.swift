import Markup
import Primitives

/// Between values of the emulator and the JSON of its rows.
enum AzureCoding {
  /// A row that this emulator did not write.
  struct Damaged: Error, CustomStringConvertible {
    let description: String
  }

  static func time(_ time: Timestamp?) -> JSONValue { time.map { .string($0.decimalSeconds) } ?? .null }
  static func time(_ json: JSONValue?) -> Timestamp? { json?.stringValue.flatMap { Timestamp(decimalSeconds: $0) } }

  static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

  static func fields(_ fields: [AzureField]) -> JSONValue {
    .array(fields.map { .array([.string($0.name), .string($0.value)]) })
  }
  static func fields(_ json: JSONValue?) -> [AzureField] {
    (json?.arrayValue ?? []).compactMap { pair in
      guard let name = pair[0]?.stringValue, let value = pair[1]?.stringValue else { return nil }
      return AzureField(name: name, value: value)
    }
  }
}

extension JSONObject {
  /// Sets a member, unless the value is what a missing one means.
  mutating func set(_ key: String, _ value: JSONValue) {
    if value.isNull || value == .array([]) || value == .bool(false) { return }
    self[key] = value
  }
}
