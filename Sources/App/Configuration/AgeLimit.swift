public import Primitives

/// A moment by which files are told apart: so long ago, or a date.
public enum AgeLimit: Hashable, Sendable, CustomStringConvertible {
  /// This long before the run.
  case ago(Duration)
  /// At this time.
  case at(Timestamp)

  /// Reads a duration (`30d`, `12h`) or a date (`2026-01-31T00:00:00Z`, `2026-01-31`).
  public init?(parsing text: String) {
    if let time = Timestamp(iso8601: text) ?? Timestamp(iso8601: text + "T00:00:00Z") {
      self = .at(time)
    } else if let duration = DurationText.parse(text) {
      self = .ago(duration)
    } else {
      return nil
    }
  }

  /// The moment, for a run at `now`.
  public func moment(now: Timestamp) -> Timestamp {
    switch self {
    case .ago(let duration): now - duration
    case .at(let time): time
    }
  }

  public var description: String {
    switch self {
    case .ago(let duration): DurationText.format(duration)
    case .at(let time): time.iso8601
    }
  }
}

/// When contents are read although nothing looks changed.
public enum RehashChoice: Hashable, Sendable, CustomStringConvertible {
  case never
  case always
  /// When the last time is this long ago.
  case every(Duration)

  /// Reads `never`, `always`, or a duration.
  public init?(parsing text: String) {
    switch text {
    case "never", "false": self = .never
    case "always", "true": self = .always
    default:
      guard let duration = DurationText.parse(text) else { return nil }
      self = .every(duration)
    }
  }

  public var description: String {
    switch self {
    case .never: "never"
    case .always: "always"
    case .every(let duration): DurationText.format(duration)
    }
  }
}
