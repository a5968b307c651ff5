import Concurrency
import Glibc

/// Takes the lines of loggers, from any thread.
public protocol LogSink: Sendable {
  /// Takes one record. Does not throw; must not block for longer than a write to a local file.
  func write(_ record: LogRecord)
}

/// Gives each record to several sinks, in order.
public struct CombinedLog: LogSink {
  private let sinks: [any LogSink]

  /// A sink over `sinks`; without any it drops all.
  public init(_ sinks: [any LogSink]) { self.sinks = sinks }

  public func write(_ record: LogRecord) {
    for sink in sinks { sink.write(record) }
  }
}

/// Passes on only what is important enough: a terse terminal beside a detailed file.
public struct FilteredLog: LogSink {
  private let level: LogLevel
  private let sink: any LogSink

  /// Passes records of `level` and above on to `sink`.
  public init(_ level: LogLevel, _ sink: any LogSink) {
    self.level = level
    self.sink = sink
  }

  public func write(_ record: LogRecord) {
    if record.level >= level { sink.write(record) }
  }
}

/// Writes lines to a descriptor that it does not own: standard error, mostly.
public final class DescriptorLog: LogSink {
  private let format: LogFormat
  private let style: TerminalStyle
  private let descriptor: Lock<Int32>

  /// Writes to `descriptor` (2 is standard error); `style` says whether levels are coloured there (in `.text` only).
  public init(descriptor: Int32 = 2, format: LogFormat = .text, style: TerminalStyle = .plain) {
    self.descriptor = Lock(descriptor)
    self.format = format
    self.style = style
  }

  public func write(_ record: LogRecord) {
    var line = format.line(record)
    if case .text = format, style.isColoured {
      let text = line.dropLast()
      switch record.level {
      case .error: line = style.paint(String(text), .red) + "\n"
      case .warning: line = style.paint(String(text), .yellow) + "\n"
      case .debug, .trace: line = style.paint(String(text), .grey) + "\n"
      case .info, .notice: break
      }
    }
    // One write at a time, so that lines do not mix when the descriptor is a pipe.
    descriptor.withLock { _ = writeAll(Array(line.utf8), to: $0) }
  }
}

/// Keeps records in memory, for tests.
public final class CapturedLog: LogSink {
  private let kept = Lock<[LogRecord]>([])

  /// An empty log.
  public init() {}

  /// What was written so far.
  public var records: [LogRecord] { kept.withLock { $0 } }

  public func write(_ record: LogRecord) { kept.withLock { $0.append(record) } }
}

/// Writes all of `bytes`; false if that failed part of the way.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count > 0 {
      rest = rest.dropFirst(count)
    } else if count < 0 && errno == EAGAIN {
      // Somebody made the terminal nonblocking: wait for room, but not for ever.
      var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      if poll(&waiting, 1, 1000) <= 0 { return false }
    } else if count == 0 || errno != EINTR {
      return false
    }
  }
  return true
}
