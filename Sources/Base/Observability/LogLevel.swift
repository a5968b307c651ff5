/// How much a log line matters, from least to most.
public enum LogLevel: String, CaseIterable, Comparable, Sendable {
  /// Every step, for the program's developers.
  case trace
  /// Requests and decisions, for finding out why something happened.
  case debug
  /// What was done.
  case info
  /// What a person wants to know even without asking.
  case notice
  /// Something went wrong and was dealt with.
  case warning
  /// Something was not done.
  case error

  private var rank: Int {
    switch self {
    case .trace: 0
    case .debug: 1
    case .info: 2
    case .notice: 3
    case .warning: 4
    case .error: 5
    }
  }

  public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }
}
