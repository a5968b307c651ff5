/// How often each kind of thing happened: what a simulation never does, it does not test.
public struct Coverage: Sendable {
  /// By name.
  public private(set) var counts: [String: Int] = [:]

  /// Nothing yet.
  public init() {}

  mutating func count(_ name: String, _ times: Int = 1) { counts[name, default: 0] += times }

  /// Adds what another world did.
  public mutating func add(_ other: Coverage) { counts.merge(other.counts, uniquingKeysWith: +) }
}

extension Scenario.Trouble {
  /// Its kind.
  var name: String {
    switch self {
    case .crash: "trouble crash"
    case .crashAtDisk: "trouble crashAtDisk"
    case .crashAtFlush: "trouble crashAtFlush"
    case .cancel: "trouble cancel"
    case .meddle: "trouble meddle"
    case .race: "trouble race"
    case .setClock: "trouble setClock"
    case .unreachable: "trouble unreachable"
    case .lostAnswers: "trouble lostAnswers"
    case .late: "trouble late"
    case .throttled: "trouble throttled"
    case .brokenBodies: "trouble brokenBodies"
    case .shortBodies: "trouble shortBodies"
    case .slow: "trouble slow"
    case .incompleteListings: "trouble incompleteListings"
    case .oldListings: "trouble oldListings"
    case .denied: "trouble denied"
    case .full: "trouble full"
    case .diskFull: "trouble diskFull"
    case .vandal: "trouble vandal"
    }
  }
}
