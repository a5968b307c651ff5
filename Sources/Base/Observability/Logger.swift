public import Primitives

/// Writes leveled lines with named values to a sink.
///
/// A value to be passed along: `with` gives one that knows more. A line below `level` costs a comparison; neither its message nor
/// its values are built.
public struct Logger: Sendable {
  /// Which part of the program speaks.
  public let label: String
  /// Lines below this level are dropped. nil drops all.
  public var level: LogLevel?
  /// Values that stand in each line.
  public var metadata: LogMetadata
  private let sink: any LogSink
  private let clock: WallClock

  /// A logger for `label` that writes to `sink` the lines of `level` and above.
  public init(label: String, level: LogLevel? = .info, metadata: LogMetadata = [:], sink: any LogSink, clock: WallClock = .system) {
    self.label = label
    self.level = level
    self.metadata = metadata
    self.sink = sink
    self.clock = clock
  }

  /// A logger that writes nothing.
  public static let disabled = Logger(label: "", level: nil, sink: CombinedLog([]))

  /// The same logger for another part of the program, or with more values.
  public func with(label: String? = nil, _ more: LogMetadata = [:]) -> Logger {
    Logger(label: label ?? self.label, level: level, metadata: metadata.merging(more), sink: sink, clock: clock)
  }

  /// Whether a line of this level would be written.
  public func writes(_ level: LogLevel) -> Bool { self.level.map { level >= $0 } ?? false }

  /// Writes a line. Never throws and never fails the caller: a sink that cannot write counts what it lost.
  public func log(_ level: LogLevel, _ message: @autoclosure () -> String, _ values: @autoclosure () -> LogMetadata = [:]) {
    guard writes(level) else { return }
    sink.write(
      LogRecord(time: clock.now(), level: level, label: label, message: message(), metadata: metadata.merging(values())))
  }

  /// Writes a line at `.trace`.
  public func trace(_ message: @autoclosure () -> String, _ values: @autoclosure () -> LogMetadata = [:]) {
    log(.trace, message(), values())
  }

  /// Writes a line at `.debug`.
  public func debug(_ message: @autoclosure () -> String, _ values: @autoclosure () -> LogMetadata = [:]) {
    log(.debug, message(), values())
  }

  /// Writes a line at `.info`.
  public func info(_ message: @autoclosure () -> String, _ values: @autoclosure () -> LogMetadata = [:]) {
    log(.info, message(), values())
  }

  /// Writes a line at `.notice`.
  public func notice(_ message: @autoclosure () -> String, _ values: @autoclosure () -> LogMetadata = [:]) {
    log(.notice, message(), values())
  }

  /// Writes a line at `.warning`.
  public func warning(_ message: @autoclosure () -> String, _ values: @autoclosure () -> LogMetadata = [:]) {
    log(.warning, message(), values())
  }

  /// Writes a line at `.error`.
  public func error(_ message: @autoclosure () -> String, _ values: @autoclosure () -> LogMetadata = [:]) {
    log(.error, message(), values())
  }
}
