/// How many requests to one server are best under way at once, learnt from how they go. Pure: it knows the time only as it is told.
///
/// A server that refuses (429, 503) halves the limit. One that takes longer the more it has to do gets as much as makes it busy: by
/// Little's law, where latency is `r` times what it is without a queue, all but one in `r` of the requests under way stand in a queue,
/// and to send fewer costs nothing. Otherwise the limit grows as long as somebody waits for it. What a request normally takes is kept
/// for each kind of request by itself; if it turns out that fewer requests are no faster, the new latency is what is normal from then on.
struct AdaptiveLimit: Sendable {
  /// The request that ended.
  struct Sample: Sendable {
    /// Requests of one kind take equally long.
    var kind: Int
    /// When it began.
    var begun: Duration
    /// From the last byte sent to the first received; nil if that is not known.
    var wait: Duration?
    /// Whether the server asked for less.
    var isRefused: Bool

    init(kind: Int, begun: Duration, wait: Duration? = nil, isRefused: Bool = false) {
      (self.kind, self.begun, self.wait, self.isRefused) = (kind, begun, wait, isRefused)
    }
  }

  private struct Kind {
    /// Seconds that one takes without a queue, as far as is known.
    var normal: Double?
    var sum = 0.0
    var count = 0.0
  }

  /// Requests that may be under way now.
  private(set) var limit: Int
  /// The most that there ever may be.
  let most: Int
  /// Refusals go down to here, latency goes no further than `patient`: a queue there costs little, and a wrong guess would.
  private let least: Int
  private let patient: Int

  private var kinds: [Int: Kind] = [:]
  private var windowBegan: Duration?
  private var samples = 0
  private var wasReached = false
  /// Requests from before say nothing about the limit as it is now.
  private var changed: Duration = .zero
  /// What the server refused last: from a little below on, the limit grows slowly.
  private var refusedAt: Int?
  private var calmWindows = 0
  /// A limit lowered because of latency, and how long requests took before.
  private var cut: (limit: Int, ratio: Double)?

  /// Whether latency was high in the window before: the one in which it rose does not say how far.
  private var wasHigh = false

  private static let window = Duration.milliseconds(500)

  /// - Parameters:
  ///   - start: the first limit, at least 1.
  ///   - most: the highest, at least `start`.
  init(start: Int, most: Int) {
    precondition(start >= 1 && most >= start, "a limit begins between 1 and the most")
    (limit, self.most) = (start, most)
    (least, patient) = (min(2, start), max(1, start / 2))
  }

  /// Takes note of a request's end.
  /// - Parameter isReached: whether as many as the limit allows were under way, or somebody waited.
  /// - Returns: whether the limit changed.
  mutating func ended(_ sample: Sample, at now: Duration, isReached: Bool) -> Bool {
    let before = limit
    if sample.isRefused {
      // All that were under way together are refused together, and mean it once.
      if sample.begun >= changed {
        refusedAt = limit
        set(max(least, limit / 2), now)
      }
      return limit != before
    }
    guard sample.begun >= changed else { return false }
    if windowBegan == nil { windowBegan = now }
    wasReached = wasReached || isReached
    if let wait = sample.wait {
      kinds[sample.kind, default: Kind()].sum += wait / .seconds(1)
      kinds[sample.kind, default: Kind()].count += 1
    }
    samples += 1
    if let windowBegan, now - windowBegan >= Self.window, samples >= max(8, limit) { endWindow(now) }
    return limit != before
  }

  private mutating func set(_ limit: Int, _ now: Duration) {
    (self.limit, changed) = (limit, now)
    beginWindow()
    (calmWindows, cut, wasHigh) = (0, nil, false)
  }

  private mutating func beginWindow() {
    (windowBegan, samples, wasReached) = (nil, 0, false)
    for kind in kinds.keys { (kinds[kind]!.sum, kinds[kind]!.count) = (0, 0) }
  }

  private mutating func endWindow(_ now: Duration) {
    var (taken, normal) = (0.0, 0.0)
    for (id, kind) in kinds where kind.count > 0 {
      let mean = kind.sum / kind.count
      taken += kind.sum
      normal += kind.count * (kind.normal ?? mean)
      kinds[id]!.normal = min(kind.normal ?? mean, mean)
    }
    let ratio = normal > 0 ? taken / normal : 1
    let isWanted = wasReached
    beginWindow()
    if let cut {
      self.cut = nil
      // Half of what was to be expected is enough: more than that is not proven by one window.
      let expected = cut.ratio * Double(limit) / Double(cut.limit)
      if ratio > (expected + cut.ratio) / 2 {
        for id in kinds.keys { kinds[id]!.normal! *= ratio }
        set(cut.limit, now)
      }
    } else if !isWanted {
      return
    } else if ratio > 1.5, limit > patient {
      guard wasHigh else {
        wasHigh = true
        return
      }
      let was = limit
      set(max(patient, Int(Double(limit) / ratio * 1.1)), now)
      cut = (was, ratio)
    } else {
      wasHigh = false
      if ratio < 1.25, limit < most { grow(now) }
    }
  }

  private mutating func grow(_ now: Duration) {
    calmWindows += 1
    let isNearRefusal = refusedAt.map { limit * 4 >= $0 * 3 } ?? false
    if isNearRefusal, calmWindows < 8 { return }
    set(min(most, limit + (isNearRefusal ? 1 : max(1, limit / 8))), now)
    if let refused = refusedAt, limit > refused { refusedAt = nil }
  }
}
