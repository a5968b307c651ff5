import FoundationEssentials
import Glibc
import Simulation
import Testing

/// The sync engine in simulated worlds; `isobar-sim` runs more of them. `ISOBAR_WORLDS` sets how many, `ISOBAR_SEED` the first.
@Suite struct SimulationTests {
  @Test(.timeLimit(.minutes(20)))
  func `whatever goes wrong, every promise holds`() async throws {
    let first = Self.number("ISOBAR_SEED") ?? 1
    let count = Self.number("ISOBAR_WORLDS") ?? 20_000
    let report = try await Soak(seeds: first...first + count - 1, threads: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))).run()
    for finding in report.findings {
      Issue.record("world \(finding.seed): \(finding.violation); run isobar-sim --world \(finding.seed) --shrink")
    }
    // What never happens is not tested.
    for name in Self.expected where report.coverage.counts[name] == nil && count >= 20_000 {
      Issue.record("it never came to: \(name)")
    }
  }

  @Test func `a world is the same every time`() throws {
    let simulator = try Simulator()
    for seed: UInt64 in 1...60 {
      let scenario = Scenario.random(seed: seed)
      let (first, second) = (simulator.run(scenario, isTraced: true), simulator.run(scenario, isTraced: true))
      #expect(first.trace == second.trace, "world \(seed)")
      #expect(first.jobs == second.jobs, "world \(seed)")
    }
  }

  @Test func `what once broke a promise does not any more`() throws {
    let simulator = try Simulator()
    for (name, scenario) in try Self.corpus() {
      let outcome = simulator.run(scenario)
      #expect(outcome.violation == nil, "\(name)")
    }
  }

  @Test func `the oracle sees a loss, and the scenario is made small`() throws {
    let simulator = try Simulator()
    var scenario = Scenario.random(seed: 3)
    scenario.steps.append(.edit(.left, .write("a")))
    scenario.steps.append(.run(Scenario.Run(seed: 1, troubles: [.vandal(call: 2, .left), .slow(.right, rate: 100)])))
    let violation = try #require(simulator.run(scenario).violation)
    #expect(violation.kind == .lost)
    let small = Shrinker.shrink(scenario, violation.kind, on: simulator)
    #expect(small.steps.count == 2, "\(small.steps)")
    #expect(simulator.run(small).violation?.kind == .lost)
  }

  private static let expected = [
    "action transferred", "action adopted", "action metadata", "action moved", "action deleted", "action folderCreated",
    "action folderDeleted", "conflicts", "restart", "restart without power", "step loseState", "step restoreState", "step undo",
    "step exclude", "trouble crash", "trouble crashAtDisk", "trouble crashAtFlush", "trouble cancel", "trouble meddle",
    "trouble race", "edit rewrite", "trouble setClock", "trouble unreachable", "trouble lostAnswers", "trouble late",
    "trouble throttled", "trouble brokenBodies",
    "trouble shortBodies",
    "trouble slow", "trouble incompleteListings", "trouble oldListings", "trouble denied", "trouble denied listing",
    "trouble diskFull",
    "trouble full",
  ]

  private static func corpus() throws -> [(String, Scenario)] {
    let folder = "\(#filePath.dropLast("SimulationTests.swift".count))Corpus"
    return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }.sorted().map {
      ($0, try JSONDecoder().decode(Scenario.self, from: Data(contentsOf: URL(filePath: "\(folder)/\($0)"))))
    }
  }

  private static func number(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }
}
