import Concurrency
import Glibc
public import Primitives

/// When a log file is put aside, and how many are kept.
public struct LogRotation: Sendable, Equatable {
  /// A line that would make the file longer than this, in bytes, starts a new one.
  public var maximumBytes: Int64
  /// A file whose first line is older than this is put aside.
  public var maximumAge: Duration
  /// How many files are kept beside the current one: `name.1` is the youngest.
  public var kept: Int

  /// Rotation, by default at 10 MiB or 30 days with five files kept.
  public init(maximumBytes: Int64 = 10 << 20, maximumAge: Duration = .seconds(30 * 86400), kept: Int = 5) {
    self.maximumBytes = maximumBytes
    self.maximumAge = maximumAge
    self.kept = kept
  }
}

/// Appends lines to a file that rotates.
///
/// Several processes may write to the same file: each line is one `O_APPEND` write, and whoever rotates holds a lock on the file.
/// A file that was moved or removed (by logrotate) is opened anew within a second. Nothing is synced: a power cut may lose the
/// last lines. A line that cannot be written is dropped and counted, so that a full disk does not stop the work.
public final class LogFile: LogSink {
  private let path: [UInt8]
  private let format: LogFormat
  private let rotation: LogRotation
  private let clock: WallClock
  private let state = Lock(State())

  private struct State {
    var descriptor: Int32 = -1
    var device: UInt64 = 0
    var inode: UInt64 = 0
    /// Of the file's first line.
    var started = Timestamp(seconds: 0)
    var checked = Timestamp(seconds: 0)
    var dropped = 0
  }

  /// A log at `path`, created readable by its owner only, at the first line.
  public init(path: [UInt8], format: LogFormat = .text, rotation: LogRotation = .init(), clock: WallClock = .system) {
    self.path = path
    self.format = format
    self.rotation = rotation
    self.clock = clock
  }

  deinit { state.withLock { if $0.descriptor >= 0 { close($0.descriptor) } } }

  /// How many lines could not be written.
  public var dropped: Int { state.withLock { $0.dropped } }

  public func write(_ record: LogRecord) {
    let line = Array(format.line(record).utf8)
    let now = clock.now()
    state.withLock { state in
      followPath(&state, now: now)
      if state.descriptor < 0 { open(&state, now: now) }
      if state.descriptor >= 0, isDue(state, adding: line.count, now: now) { rotate(&state, now: now) }
      if state.descriptor < 0 || !writeAll(line, to: state.descriptor) { state.dropped += 1 }
    }
  }

  // MARK: The file under the lock

  private func open(_ state: inout State, now: Timestamp) {
    let descriptor = withName("") { Glibc.open($0, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600) }
    guard descriptor >= 0 else { return }
    var info = stat()
    guard fstat(descriptor, &info) == 0 else {
      close(descriptor)
      return
    }
    state.descriptor = descriptor
    state.device = UInt64(info.st_dev)
    state.inode = UInt64(info.st_ino)
    // A file that begins with something else is rotated by its size at least.
    state.started = firstTime(in: descriptor) ?? now
    state.checked = now
  }

  private func shut(_ state: inout State) {
    if state.descriptor >= 0 { close(state.descriptor) }
    state.descriptor = -1
  }

  /// The time in the first line: both formats have it in front, JSON after `{"time":"`.
  private func firstTime(in descriptor: Int32) -> Timestamp? {
    var head = [UInt8](repeating: 0, count: 64)
    let count = head.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
    guard count > 0 else { return nil }
    let time = head[..<count].drop { $0 < 0x30 || $0 > 0x39 }.prefix { $0 != 0x20 && $0 != 0x22 }
    return Timestamp(iso8601: String(decoding: time, as: UTF8.self))
  }

  /// Lets go of a file that the path no longer leads to. Asks at most once a second.
  private func followPath(_ state: inout State, now: Timestamp) {
    guard state.descriptor >= 0, now < state.checked || now - state.checked >= .seconds(1) else { return }
    state.checked = now
    if !leadsTo(state) { shut(&state) }
  }

  private func leadsTo(_ state: State) -> Bool {
    var info = stat()
    let status = withName("") { stat($0, &info) }
    return status == 0 && UInt64(info.st_dev) == state.device && UInt64(info.st_ino) == state.inode
  }

  private func isDue(_ state: State, adding count: Int, now: Timestamp) -> Bool {
    var info = stat()
    guard fstat(state.descriptor, &info) == 0, info.st_size > 0 else { return false }
    return Int64(info.st_size) + Int64(count) > rotation.maximumBytes || now - state.started > rotation.maximumAge
  }

  private func rotate(_ state: inout State, now: Timestamp) {
    // Never waits: whoever holds the lock is rotating, and this line may still go to the old file.
    guard flock(state.descriptor, LOCK_EX | LOCK_NB) == 0 else { return }
    if leadsTo(state) {
      if rotation.kept > 0 {
        for number in stride(from: rotation.kept - 1, to: 0, by: -1) { move(".\(number)", to: ".\(number + 1)") }
        move("", to: ".1")
      } else {
        withName("") { _ = unlink($0) }
      }
    }
    // Closing releases the lock.
    shut(&state)
    open(&state, now: now)
  }

  private func move(_ from: String, to: String) { withName(from) { old in withName(to) { new in _ = rename(old, new) } } }

  private func withName<Result>(_ suffix: String, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    (path + Array(suffix.utf8) + [0]).withUnsafeBytes { body($0.bindMemory(to: CChar.self).baseAddress!) }
  }
}
