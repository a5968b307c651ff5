import Markup
import Primitives

/// The argument of a function, or a struct in it, read as strictly as the service does.
///
/// Every refusal has the service's text: `request body: commit.path: expected …`.
struct DropboxArguments {
  private let object: JSONObject
  /// `request body`, `HTTP header "Dropbox-API-Arg"` or `URL parameter "arg"`.
  private let place: String
  /// The fields around this one, each with a dot behind it.
  private let prefix: String

  /// Reads an argument.
  /// - Throws: `.badArgument` if it is not a JSON object.
  init(_ bytes: [UInt8], place: String) throws {
    let value = try Self.parse(bytes, place: place)
    guard case .object(let object) = value else {
      throw DropboxRefusal.badArgument("\(place): expected object, got \(value.kindName)")
    }
    self.init(object, place: place, prefix: "")
  }

  private init(_ object: JSONObject, place: String, prefix: String) {
    self.object = object
    self.place = place
    self.prefix = prefix
  }

  /// Reads any JSON text.
  static func parse(_ bytes: [UInt8], place: String) throws -> JSONValue {
    guard let value = try? JSONValue.parse(bytes, limits: MarkupLimits(byteCount: 4 << 20, depth: 32)) else {
      throw DropboxRefusal.badArgument("\(place): could not decode input as JSON")
    }
    return value
  }

  /// A refusal because of the field `key`.
  func refusal(_ key: String, _ text: String) -> DropboxRefusal { .badArgument("\(place): \(prefix)\(key): \(text)") }

  private func mismatch(_ key: String, _ value: JSONValue, expected: String) -> DropboxRefusal {
    refusal(key, "\(value.shown) expected to be \(expected), got \(value.kindName)")
  }

  private func missing(_ key: String) -> DropboxRefusal {
    let inside = prefix.isEmpty ? "" : "\(prefix.dropLast()): "
    return .badArgument("\(place): \(inside)missing required field '\(key)'")
  }

  /// Refuses fields that the function does not have, as the service does.
  func allow(_ keys: Set<String>) throws {
    for member in object.members where !keys.contains(member.key) && member.key != ".tag" {
      let inside = prefix.isEmpty ? "" : "\(prefix.dropLast()): "
      throw DropboxRefusal.badArgument("\(place): \(inside)unknown field '\(member.key)'")
    }
  }

  /// The field, if it is there and not null.
  func value(_ key: String) -> JSONValue? {
    guard let value = object[key], !value.isNull else { return nil }
    return value
  }

  func optionalString(_ key: String) throws -> String? {
    guard let value = value(key) else { return nil }
    guard case .string(let text) = value else { throw mismatch(key, value, expected: "a string") }
    return text
  }

  func string(_ key: String) throws -> String {
    if let text = try optionalString(key) { return text }
    if object[key] != nil { throw mismatch(key, .null, expected: "a string") }
    throw missing(key)
  }

  func bool(_ key: String, default fallback: Bool) throws -> Bool {
    guard let value = object[key] else { return fallback }
    guard case .bool(let flag) = value else { throw mismatch(key, value, expected: "a boolean") }
    return flag
  }

  func optionalInteger(_ key: String, in range: ClosedRange<Int64>) throws -> Int64? {
    guard let value = value(key) else { return nil }
    guard case .integer(let number) = value else { throw mismatch(key, value, expected: "an integer") }
    guard range.contains(number) else {
      throw refusal(key, "\(number) is not within range [\(range.lowerBound), \(range.upperBound)]")
    }
    return number
  }

  func integer(_ key: String, in range: ClosedRange<Int64>) throws -> Int64 {
    guard let number = try optionalInteger(key, in: range) else { throw missing(key) }
    return number
  }

  /// A struct in the struct.
  func nested(_ key: String) throws -> DropboxArguments {
    guard let value = value(key) else { throw missing(key) }
    guard case .object(let object) = value else { throw mismatch(key, value, expected: "an object") }
    return DropboxArguments(object, place: place, prefix: "\(prefix)\(key).")
  }

  /// A list of structs.
  func list(_ key: String, atMost limit: Int) throws -> [DropboxArguments] {
    try elements(key, atMost: limit).enumerated().map { index, element in
      guard case .object(let object) = element else {
        throw mismatch("\(key)[\(index)]", element, expected: "an object")
      }
      return DropboxArguments(object, place: place, prefix: "\(prefix)\(key)[\(index)].")
    }
  }

  func strings(_ key: String, atMost limit: Int) throws -> [String] {
    try elements(key, atMost: limit).enumerated().map { index, element in
      guard case .string(let text) = element else { throw mismatch("\(key)[\(index)]", element, expected: "a string") }
      return text
    }
  }

  private func elements(_ key: String, atMost limit: Int) throws -> [JSONValue] {
    guard let value = value(key) else { throw missing(key) }
    guard case .array(let elements) = value else { throw mismatch(key, value, expected: "a list") }
    guard elements.count <= limit else { throw refusal(key, "list must have at most \(limit) items") }
    return elements
  }

  /// The tag of a union, which a member without a value may stand for as a plain string; with the fields beside it.
  func union(_ key: String) throws -> (tag: String, fields: DropboxArguments)? {
    guard let value = value(key) else { return nil }
    switch value {
    case .string(let tag): return (tag, DropboxArguments(JSONObject(), place: place, prefix: "\(prefix)\(key)."))
    case .object(let object):
      guard let tag = object[".tag"]?.stringValue else { throw refusal(key, "missing '.tag' key") }
      return (tag, DropboxArguments(object, place: place, prefix: "\(prefix)\(key)."))
    default: throw mismatch(key, value, expected: "an object")
    }
  }

  /// A content hash: 64 hexadecimal digits.
  func contentHash(_ key: String = "content_hash") throws -> [UInt8]? {
    guard let text = try optionalString(key) else { return nil }
    guard text.utf8.count == 64, let bytes = Hex.decode(text) else {
      throw refusal(key, "'\(text)' is not a SHA-256 hash in hexadecimal")
    }
    return bytes
  }

  /// A time in whole seconds, `2026-11-30T17:00:00Z` and nothing else.
  func time(_ key: String) throws -> Int64? {
    guard let text = try optionalString(key) else { return nil }
    // The general reader takes more forms; the one that it writes again unchanged is the service's.
    guard let time = Timestamp(iso8601: text), time.nanoseconds == 0, time.iso8601 == text else {
      throw refusal(key, "time data '\(text)' does not match format '%Y-%m-%dT%H:%M:%SZ'")
    }
    return time.seconds
  }
}

extension JSONValue {
  /// What kind of value it is, in the service's words.
  var kindName: String {
    switch self {
    case .object: "object"
    case .array: "list"
    case .string: "string"
    case .integer: "integer"
    case .number: "float"
    case .bool: "boolean"
    case .null: "null"
    }
  }

  fileprivate var shown: String {
    switch self {
    case .null: "'None'"
    case .string(let text): "'\(text)'"
    default: "'\(String(decoding: bytes().prefix(80), as: UTF8.self))'"
    }
  }
}
