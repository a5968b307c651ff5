/// Faults at random, the same for the same seed and order of calls.
public struct RandomFaults: Sendable {
  /// The seed: print it where a test fails.
  public var seed: UInt64
  /// How many of a thousand calls fail before their effect.
  public var failBefore: Int
  /// How many of a thousand calls are refused before their effect, as by a service that is asked too often.
  public var throttle: Int
  /// How many of a thousand changing calls fail after their effect.
  public var failAfter: Int
  /// How many of a thousand reads break in the middle.
  public var breakBody: Int
  /// How much longer each call takes that would be a request to a service.
  public var latency: Duration
  /// And how much more at most; each call's share is drawn.
  public var jitter: Duration

  /// The calls that fail; all of them take their time.
  public var operations: Set<StoreCall.Operation>

  /// Rates per thousand calls.
  public init(
    seed: UInt64, failBefore: Int = 50, throttle: Int = 0, failAfter: Int = 20, breakBody: Int = 20, latency: Duration = .zero,
    jitter: Duration = .zero, operations: Set<StoreCall.Operation> = Set(StoreCall.Operation.allCases)
  ) {
    self.seed = seed
    self.operations = operations
    self.failBefore = failBefore
    self.throttle = throttle
    self.failAfter = failAfter
    self.breakBody = breakBody
    self.latency = latency
    self.jitter = jitter
  }

  /// What a service does on a bad day: of a share of the calls some fail, some are refused, and some break when they are done or in the
  /// middle of a body. Only calls that can be repeated fail: not those that end what was pushed or sent in parts.
  /// - Parameter share: about so many of a thousand calls; of those that neither change nor read content, two thirds of that.
  public static func service(seed: UInt64, share: Int, latency: Duration = .zero, jitter: Duration = .zero) -> RandomFaults {
    let last = share / 3
    return RandomFaults(
      seed: seed, failBefore: (share + 2) / 3, throttle: (share + 1) / 3, failAfter: last, breakBody: last, latency: latency,
      jitter: jitter,
      operations: Set(StoreCall.Operation.allCases).subtracting([.capabilities, .openWrite, .commit, .completeMultipart, .flush]))
  }
}
