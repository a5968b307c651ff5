import Synchronization

/// A number that only grows. Adding is one atomic instruction.
public final class Counter: Sendable {
  private let count = Atomic<UInt64>(0)
  init() {}

  /// Adds `amount`; wraps at 2^64.
  public func add(_ amount: UInt64 = 1) { count.wrappingAdd(amount, ordering: .relaxed) }

  /// The number now.
  public var value: UInt64 { count.load(ordering: .relaxed) }
}

/// A number that goes up and down.
public final class Gauge: Sendable {
  private let number = Atomic<Int64>(0)
  init() {}

  /// Sets the number.
  public func set(_ value: Int64) { number.store(value, ordering: .relaxed) }

  /// Adds `amount`, which may be negative.
  public func add(_ amount: Int64) { number.wrappingAdd(amount, ordering: .relaxed) }

  /// The number now.
  public var value: Int64 { number.load(ordering: .relaxed) }
}

/// How often values fell below fixed bounds, with their sum. Recording is a search over the bounds and two atomic updates.
public final class Histogram: @unchecked Sendable {
  /// The upper bounds (inclusive), ascending; values above the last are counted in `+Inf`.
  public let bounds: [Double]
  // One counter per bound and one for the rest; allocated once, freed with the object.
  private let counts: UnsafeMutablePointer<Atomic<UInt64>>
  private let total = Atomic<UInt64>(0)

  /// Seconds from a millisecond to a minute, for latencies.
  public static let latencyBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
  /// Bytes from 1 KiB to 4 GiB, by fours.
  public static let sizeBounds = (5...16).map { Double(1 << (2 * $0)) }

  init(bounds: [Double]) {
    self.bounds = bounds
    counts = .allocate(capacity: bounds.count + 1)
    for index in 0...bounds.count { (counts + index).initialize(to: Atomic(0)) }
  }

  deinit {
    counts.deinitialize(count: bounds.count + 1)
    counts.deallocate()
  }

  /// Counts `value`; one that is no number is ignored.
  public func record(_ value: Double) {
    guard !value.isNaN else { return }
    let index = bounds.firstIndex { value <= $0 } ?? bounds.count
    counts[index].wrappingAdd(1, ordering: .relaxed)
    var old = total.load(ordering: .relaxed)
    while true {
      let new = (Double(bitPattern: old) + value).bitPattern
      let (done, seen) = total.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
      if done { return }
      old = seen
    }
  }

  /// Counts a time span, in seconds.
  public func record(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    record(Double(seconds) + Double(attoseconds) * 1e-18)
  }

  /// The counts per bound (not cumulated), the last for `+Inf`.
  public var values: [UInt64] { (0...bounds.count).map { counts[$0].load(ordering: .relaxed) } }

  /// The sum of all values.
  public var sum: Double { Double(bitPattern: total.load(ordering: .relaxed)) }
}
