/// Makes a scenario that fails smaller for as long as it fails in the same way.
public enum Shrinker {
  /// The smallest scenario found.
  /// - Parameter budget: how many worlds may be tried.
  public static func shrink(_ scenario: Scenario, _ kind: Violation.Kind, on simulator: Simulator, budget: Int = 4000) -> Scenario {
    var best = scenario
    var left = budget
    func fails(_ candidate: Scenario) -> Bool {
      if left == 0 || candidate == best { return false }
      left -= 1
      return simulator.run(candidate).violation?.kind == kind
    }
    var improved = true
    while improved, left > 0 {
      improved = false
      // Long pieces first, then single steps.
      var length = max(best.steps.count / 2, 1)
      while length >= 1 {
        var start = 0
        while start < best.steps.count {
          var candidate = best
          candidate.steps.removeSubrange(start..<min(start + length, best.steps.count))
          if fails(candidate) {
            best = candidate
            improved = true
          } else {
            start += length
          }
        }
        length /= 2
      }
      for candidate in simpler(best) where fails(candidate) {
        best = candidate
        improved = true
        break
      }
    }
    return best
  }

  /// Scenarios that are simpler in one thing.
  private static func simpler(_ scenario: Scenario) -> [Scenario] {
    var candidates: [Scenario] = []
    func add(_ change: (inout Scenario) -> Void) {
      var candidate = scenario
      change(&candidate)
      if candidate != scenario { candidates.append(candidate) }
    }
    add { $0.setup.concurrency = 1 }
    add { $0.setup.retries = false }
    add { $0.setup.pageSize = 1000 }
    add { $0.setup.policy = "keep-both" }
    for (index, step) in scenario.steps.enumerated() {
      guard case .run(let run) = step else { continue }
      func change(_ body: (inout Scenario.Run) -> Void) {
        var changed = run
        body(&changed)
        add { $0.steps[index] = .run(changed) }
      }
      for trouble in run.troubles.indices { change { $0.troubles.remove(at: trouble) } }
      change { $0.rehash = false }
      change { $0.seed = 0 }
    }
    return candidates
  }
}
