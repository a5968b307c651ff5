public import Primitives

/// One line of a log before it is written.
public struct LogRecord: Sendable, Equatable {
  /// When it was said.
  public let time: Timestamp
  /// How much it matters.
  public let level: LogLevel
  /// Which part of the program said it.
  public let label: String
  /// The message.
  public let message: String
  /// The named values.
  public let metadata: LogMetadata

  /// A record of its parts.
  public init(time: Timestamp, level: LogLevel, label: String, message: String, metadata: LogMetadata) {
    self.time = time
    self.level = level
    self.label = label
    self.message = message
    self.metadata = metadata
  }
}

/// How a record becomes a line.
public enum LogFormat: Sendable {
  /// `2026-11-20T10:42:23Z info sync: uploaded key="a b.txt" bytes=512`
  case text
  /// One JSON object per line with `time`, `level`, `label`, `message` and the named values as they are.
  case json

  /// The line with its end. A record is one line whatever is in it: control characters are escaped.
  public func line(_ record: LogRecord) -> String {
    switch self {
    case .text: Self.text(record)
    case .json: Self.json(record)
    }
  }

  private static func text(_ record: LogRecord) -> String {
    var line = "\(record.time.iso8601) \(record.level.rawValue) \(DisplayText.escape(record.label)): "
    line += DisplayText.escape(record.message)
    for field in record.metadata.fields {
      line += " \(DisplayText.escape(field.key))="
      switch field.value {
      case .text, .bytes: line += quoted(field.value)
      default: line += field.value.plain
      }
    }
    return line + "\n"
  }

  private static func quoted(_ value: LogValue) -> String {
    let text: String
    if case .bytes = value { text = value.plain } else { text = DisplayText.escape(value.plain) }
    let isPlain = !text.isEmpty && !text.utf8.contains { $0 == 0x20 || $0 == 0x22 || $0 == 0x3D }
    if isPlain { return text }
    var result = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" { result += "\\" }
      result.unicodeScalars.append(scalar)
    }
    return result + "\""
  }

  private static let reserved: Set<String> = ["time", "level", "label", "message"]

  private static func json(_ record: LogRecord) -> String {
    var line = "{\"time\":\"\(record.time.iso8601)\",\"level\":\"\(record.level.rawValue)\",\"label\":"
    appendJSON(record.label, to: &line)
    line += ",\"message\":"
    appendJSON(record.message, to: &line)
    for field in record.metadata.fields {
      line += ","
      appendJSON(reserved.contains(field.key) ? field.key + "_" : field.key, to: &line)
      line += ":"
      switch field.value {
      case .int(let number): line += String(number)
      case .bool(let flag): line += String(flag)
      case .double(let number) where number.isFinite: line += String(number)
      default: appendJSON(field.value.plain, to: &line)
      }
    }
    return line + "}\n"
  }

  private static func appendJSON(_ text: String, to line: inout String) {
    line += "\""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22: line += "\\\""
      case 0x5C: line += "\\\\"
      case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029:
        let digits = String(scalar.value, radix: 16)
        line += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: line.unicodeScalars.append(scalar)
      }
    }
    line += "\""
  }
}
