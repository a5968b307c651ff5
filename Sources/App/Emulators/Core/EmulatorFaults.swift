public import HTTPMessages

/// What goes wrong between a client and an emulator: at random, the same for the same seed and order of requests, or by script.
public struct EmulatorFaults: Sendable {
  /// How long every answer takes, beside the work.
  public var latency: Duration
  /// How much longer it takes at most; each answer's share is drawn.
  public var jitter: Duration
  /// The share of requests (0...1) that are refused before anything happens, with one of `statuses`.
  public var refusals: Double
  /// What refused requests are answered.
  public var statuses: [Int]
  /// Seconds in `Retry-After` of a refusal; nil for no such header.
  public var retryAfter: Int?
  /// The share of requests whose connection breaks before anything happens.
  public var resetsBefore: Double
  /// The share of requests that do their work, and whose connection breaks before the answer.
  public var resetsAfter: Double
  /// The share of answers with a body that break in the middle of it.
  public var truncations: Double
  /// What goes wrong in any case.
  public var script: [ScriptedFault]

  /// Faults; by default none.
  public init(
    latency: Duration = .zero, jitter: Duration = .zero, refusals: Double = 0, statuses: [Int] = [503, 429], retryAfter: Int? = 1,
    resetsBefore: Double = 0, resetsAfter: Double = 0, truncations: Double = 0, script: [ScriptedFault] = []
  ) {
    self.latency = latency
    self.jitter = jitter
    self.refusals = refusals
    self.statuses = statuses
    self.retryAfter = retryAfter
    self.resetsBefore = resetsBefore
    self.resetsAfter = resetsAfter
    self.truncations = truncations
    self.script = script
  }

  /// A mixture of everything that networks do: of `rate` (0...1) of the requests half are refused, and the others break before the
  /// work, after it, and in the middle of the answer.
  public static func mixed(rate: Double, latency: Duration = .zero, jitter: Duration = .zero) -> EmulatorFaults {
    EmulatorFaults(
      latency: latency, jitter: jitter, refusals: rate / 2, resetsBefore: rate / 6, resetsAfter: rate / 6, truncations: rate / 6)
  }

  /// Whether nothing goes wrong.
  public var isNone: Bool {
    latency <= .zero && jitter <= .zero && refusals <= 0 && resetsBefore <= 0 && resetsAfter <= 0 && truncations <= 0
      && script.isEmpty
  }
}

/// Something that goes wrong once, at a certain request.
public struct ScriptedFault: Sendable, Hashable, CustomStringConvertible {
  /// What goes wrong.
  public enum Effect: Sendable, Hashable {
    /// The answer takes that much longer.
    case delay(Duration)
    /// Refused before anything happens.
    case refusal(status: Int, retryAfter: Int? = nil)
    /// The connection breaks before anything happens.
    case resetBefore
    /// The work is done, and the connection breaks before the answer.
    case resetAfter
    /// The work is done, and the connection breaks after so many bytes of the answer's body; a shorter body breaks before its end.
    case truncation(after: Int64)

    /// For counting.
    public var kind: FaultKind {
      switch self {
      case .delay: .delay
      case .refusal: .refusal
      case .resetBefore: .resetBefore
      case .resetAfter: .resetAfter
      case .truncation: .truncation
      }
    }
  }

  /// nil: any.
  public let method: HTTPMethod?
  /// What the request's target begins with.
  public let targetPrefix: String
  /// What the request's target has somewhere, its query say; empty: anything.
  public let targetPart: String
  /// Which of these requests, from 1.
  public let occurrence: Int
  /// What goes wrong.
  public let effect: Effect

  /// A fault at the `occurrence`-th request of this method whose target begins with `targetPrefix` and contains `targetPart`.
  public init(
    _ method: HTTPMethod? = nil, _ targetPrefix: String = "", containing targetPart: String = "", occurrence: Int = 1,
    _ effect: Effect
  ) {
    precondition(occurrence >= 1, "requests are counted from 1")
    self.method = method
    self.targetPrefix = targetPrefix
    self.targetPart = targetPart
    self.occurrence = occurrence
    self.effect = effect
  }

  func matches(_ method: HTTPMethod, _ target: String) -> Bool {
    (self.method.map { $0 == method } ?? true) && target.utf8.starts(with: targetPrefix.utf8)
      && (targetPart.isEmpty || target.contains(targetPart))
  }

  public var description: String {
    "\(method?.name ?? "any") \(targetPrefix)…\(targetPart) number \(occurrence): \(effect)"
  }
}

/// A kind of fault, for counting.
public enum FaultKind: String, Sendable, Hashable, CaseIterable {
  case delay, refusal, truncation
  case resetBefore = "reset_before"
  case resetAfter = "reset_after"
}
