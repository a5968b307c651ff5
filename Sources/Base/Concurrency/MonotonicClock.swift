import Glibc

/// Time that only goes forward, as a parameter: tests pass one that they move by hand (`ManualClock`).
public struct MonotonicClock: Sendable {
  /// The time since some fixed moment in the past.
  public let now: @Sendable () -> Duration
  /// Suspends for that long; throws `CancellationError` at once when the task is cancelled.
  public let sleep: @Sendable (Duration) async throws -> Void

  public init(now: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (Duration) async throws -> Void) {
    self.now = now
    self.sleep = sleep
  }

  /// The kernel's monotonic clock.
  public static let system = MonotonicClock(
    now: { .nanoseconds(Int64(systemNanoseconds())) },
    sleep: { try await Task.sleep(for: $0, clock: .suspending) })

  /// The kernel's monotonic clock in nanoseconds, for who counts them by the million; about 25 ns a call.
  public static func systemNanoseconds() -> UInt64 {
    // Read as two words: in a whole-module build the compiler takes timespec's members for those of a module that it hides.
    withUnsafeTemporaryAllocation(of: timespec.self, capacity: 1) { time in
      clock_gettime(CLOCK_MONOTONIC, time.baseAddress!)
      let words = UnsafeRawBufferPointer(time)
      return words.load(as: UInt64.self) * 1_000_000_000 + words.load(fromByteOffset: 8, as: UInt64.self)
    }
  }
}

extension Duration {
  /// Whole nanoseconds, rounded up, clamped to what `UInt64` can sensibly hold (292 years); negative is zero.
  var wholeNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    if seconds < 0 || attoseconds < 0 { return 0 }
    if seconds >= 9_223_372_036 { return UInt64(Int64.max) }
    return UInt64(seconds) * 1_000_000_000 + UInt64((attoseconds + 999_999_999) / 1_000_000_000)
  }

  /// Seconds as a floating point number.
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
