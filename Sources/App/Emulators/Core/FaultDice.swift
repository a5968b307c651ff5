import HTTPMessages
import Primitives

/// Decides what goes wrong with each request. A value, so that the same seed and requests give the same faults.
struct FaultDice {
  /// What becomes of one request.
  struct Fate {
    var delay = Duration.zero
    var refusal: (status: Int, retryAfter: Int?)?
    var resetsBefore = false
    var resetsAfter = false
    /// Bytes after which the body breaks.
    var truncation: Int64?
    /// The script's part in it, beside delays.
    var scripted: ScriptedFault?
  }

  private let faults: EmulatorFaults
  private var random: SeededRandom
  /// Each with how many more matching requests pass before it.
  private var script: [(fault: ScriptedFault, left: Int)]

  init(_ faults: EmulatorFaults, seed: UInt64) {
    self.faults = faults
    random = SeededRandom(seed: seed)
    script = faults.script.map { ($0, $0.occurrence - 1) }
  }

  /// The faults of the script that have not happened.
  var unfired: [ScriptedFault] { script.map(\.fault) }

  mutating func add(_ fault: ScriptedFault) { script.append((fault, fault.occurrence - 1)) }

  /// Puts back a fault that could not happen: the next request that it matches has it.
  mutating func putBack(_ fault: ScriptedFault) { script.append((fault, 0)) }

  mutating func next(_ method: HTTPMethod, _ target: String) -> Fate {
    var fate = drawn()
    for fault in due(method, target) {
      if !fault.isDelay {
        // It happens instead of what was drawn.
        fate = Fate(delay: fate.delay, scripted: fault)
      }
      switch fault.effect {
      case .delay(let duration): fate.delay += duration
      case .refusal(let status, let retryAfter): fate.refusal = (status, retryAfter)
      case .resetBefore: fate.resetsBefore = true
      case .resetAfter: fate.resetsAfter = true
      case .truncation(let after): fate.truncation = after
      }
    }
    return fate
  }

  /// Draws the same number of times for each request, so that what one rate does leaves the others' faults where they are.
  private mutating func drawn() -> Fate {
    var fate = Fate()
    let (share, dice, which, length) = (unit(), unit(), random.next(), random.next())
    fate.delay = faults.latency + faults.jitter * share
    var bound = faults.refusals
    if dice < bound, !faults.statuses.isEmpty {
      fate.refusal = (faults.statuses[Int(which % UInt64(faults.statuses.count))], faults.retryAfter)
      return fate
    }
    bound += faults.resetsBefore
    if dice < bound {
      fate.resetsBefore = true
      return fate
    }
    bound += faults.resetsAfter
    if dice < bound {
      fate.resetsAfter = true
      return fate
    }
    if dice < bound + faults.truncations {
      fate.truncation = Int64(length % 100_000)
    }
    return fate
  }

  private mutating func unit() -> Double { Double(random.next() >> 11) * 0x1p-53 }

  /// The faults of a request; one of them at most is no delay.
  private mutating func due(_ method: HTTPMethod, _ target: String) -> [ScriptedFault] {
    var due: [ScriptedFault] = []
    var kept: [(fault: ScriptedFault, left: Int)] = []
    for (fault, left) in script {
      if !fault.matches(method, target) {
        kept.append((fault, left))
      } else if left > 0 {
        kept.append((fault, left - 1))
      } else if fault.isDelay || due.allSatisfy(\.isDelay) {
        due.append(fault)
      } else {
        kept.append((fault, 0))
      }
    }
    script = kept
    return due
  }
}

extension ScriptedFault {
  fileprivate var isDelay: Bool { effect.kind == .delay }
}
