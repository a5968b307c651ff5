public import Primitives

/// One value beside a log message. A secret's text is never stored in it.
public enum LogValue: Sendable, Equatable {
  /// Text; control characters in it are escaped when it is printed.
  case text(String)
  /// A name or key as bytes; what is not printable is escaped when it is printed.
  case bytes([UInt8])
  /// A whole number.
  case int(Int64)
  /// A floating-point number.
  case double(Double)
  /// Yes or no.
  case bool(Bool)
  /// Something that must not be printed: `<redacted>`.
  case redacted

  /// A secret: only the fact that there is one.
  public static func secret(_ secret: Secret) -> LogValue { .redacted }

  /// A whole number of any type; clamped to 64 bits.
  public static func number(_ value: some BinaryInteger) -> LogValue { .int(Int64(clamping: value)) }

  /// A time span, as people write it.
  public static func duration(_ value: Duration) -> LogValue { .text(DurationText.format(value)) }

  /// The value as text, without escapes.
  var plain: String {
    switch self {
    case .text(let text): text
    case .bytes(let bytes): DisplayText.escape(bytes)
    case .int(let number): String(number)
    case .double(let number): String(number)
    case .bool(let flag): String(flag)
    case .redacted: "<redacted>"
    }
  }
}

extension LogValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByFloatLiteral
{
  public init(stringLiteral value: String) { self = .text(value) }
  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
}

/// Named values, in the order they were given; a later value replaces an earlier one of the same name.
public struct LogMetadata: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  /// The names with their values.
  public private(set) var fields: [Field] = []

  /// One name with its value.
  public struct Field: Sendable, Equatable {
    /// The name: a constant of the program, not data.
    public let key: String
    /// The value.
    public let value: LogValue
  }

  public init(dictionaryLiteral elements: (String, LogValue)...) {
    for (key, value) in elements { set(key, value) }
  }

  /// Sets one value.
  public mutating func set(_ key: String, _ value: LogValue) {
    let field = Field(key: key, value: value)
    if let index = fields.firstIndex(where: { $0.key == key }) { fields[index] = field } else { fields.append(field) }
  }

  /// These values with `other`'s set over them.
  public func merging(_ other: LogMetadata) -> LogMetadata {
    var result = self
    for field in other.fields { result.set(field.key, field.value) }
    return result
  }
}
