import CSystem

/// A point in time as seconds and nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX time).
///
/// Any `Int64` of seconds is a valid timestamp; arithmetic beyond it stays at the nearest end instead of trapping, because
/// timestamps come from file systems and from remote servers.
public struct Timestamp: Hashable, Comparable, Sendable {
  /// Whole seconds since 1970, rounded towards the past.
  public let seconds: Int64
  /// The rest, always in `0..<1_000_000_000`, also for times before 1970.
  public let nanoseconds: Int32

  /// A timestamp; `nanoseconds` outside `0..<1_000_000_000` are carried into the seconds.
  public init(seconds: Int64, nanoseconds: Int32 = 0) {
    if nanoseconds >= 0 && nanoseconds < 1_000_000_000 {
      self.seconds = seconds
      self.nanoseconds = nanoseconds
    } else {
      self = Timestamp(totalNanoseconds: Int128(seconds) * 1_000_000_000 + Int128(nanoseconds))
    }
  }

  /// The system's wall clock, at nanosecond resolution. Engine code takes a `WallClock` instead.
  public static func now() -> Timestamp {
    var nanoseconds: Int32 = 0
    let seconds = csys_now(&nanoseconds)
    return Timestamp(seconds: seconds, nanoseconds: nanoseconds)
  }

  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }
}

extension Timestamp {
  var totalNanoseconds: Int128 { Int128(seconds) * 1_000_000_000 + Int128(nanoseconds) }

  init(totalNanoseconds total: Int128) {
    var (seconds, rest) = total.quotientAndRemainder(dividingBy: 1_000_000_000)
    if rest < 0 {
      rest += 1_000_000_000
      seconds -= 1
    }
    if seconds > Int128(Int64.max) {
      self.init(seconds: Int64.max, nanoseconds: 999_999_999)
    } else if seconds < Int128(Int64.min) {
      self.init(seconds: Int64.min, nanoseconds: 0)
    } else {
      self.init(seconds: Int64(seconds), nanoseconds: Int32(rest))
    }
  }

  /// This time moved by `duration`, to the nanosecond (the rest is cut off).
  public static func + (time: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(totalNanoseconds: time.totalNanoseconds + nanoseconds(of: duration))
  }

  /// This time moved back by `duration`, to the nanosecond (the rest is cut off).
  public static func - (time: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(totalNanoseconds: time.totalNanoseconds - nanoseconds(of: duration))
  }

  /// The time from `earlier` to `later`; negative if they are the other way round.
  public static func - (later: Timestamp, earlier: Timestamp) -> Duration {
    let (seconds, rest) = (later.totalNanoseconds - earlier.totalNanoseconds).quotientAndRemainder(dividingBy: 1_000_000_000)
    return Duration(
      secondsComponent: Int64(clamping: seconds), attosecondsComponent: Int64(rest) * 1_000_000_000)
  }

  private static func nanoseconds(of duration: Duration) -> Int128 {
    let (seconds, attoseconds) = duration.components
    return Int128(seconds) * 1_000_000_000 + Int128(attoseconds / 1_000_000_000)
  }

  /// This time rounded towards the past to a multiple of `step` nanoseconds since 1970: what a store of that precision keeps.
  /// A step of one or less changes nothing.
  public func truncated(toNanoseconds step: Int64) -> Timestamp {
    if step <= 1 { return self }
    let total = totalNanoseconds
    var rest = total % Int128(step)
    if rest < 0 { rest += Int128(step) }
    return Timestamp(totalNanoseconds: total - rest)
  }
}

/// Where code that must be tested under any time takes the time of day from.
public struct WallClock: Sendable {
  /// The time of day.
  public let now: @Sendable () -> Timestamp

  /// A clock that reads `now`.
  public init(now: @escaping @Sendable () -> Timestamp) { self.now = now }

  /// The system's clock.
  public static let system = WallClock { Timestamp.now() }
}
