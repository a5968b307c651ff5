import FoundationEssentials
import Glibc
import Simulation

// Runs seeded worlds, and makes what goes wrong in one small: isobar-sim --help

let usage = """
  Usage: isobar-sim [--seeds FIRST..LAST] [--minutes M] [--threads N] [--findings N] [--keep FOLDER]
         isobar-sim --world SEED [--shrink]
         isobar-sim --replay FILE

  Lets the sync engine run in simulated worlds, each made from its seed: two stores, a catalog on a disk, a clock, people who edit,
  and everything that can go wrong. Prints worlds per second, what happened how often, and for a world in which a promise was
  broken the shortest scenario that breaks it.

    --seeds FIRST..LAST  which worlds (1..20000)
    --minutes M          stop after that time, even if worlds are left
    --threads N          worlds at once (all cores)
    --findings N         stop after so many broken worlds (1)
    --keep FOLDER        write the shortened scenarios there, for the corpus
    --world SEED         one world, with everything that happened in it
    --shrink             make that world small first
    --replay FILE        one scenario from a file

  Ends with 0 if every promise held, with 1 if not, with 2 for a wrong option.
  """

/// Progress and complaints; the result goes to the standard output.
func say(_ text: String) { _ = Array(text.utf8).withUnsafeBytes { write(2, $0.baseAddress, $0.count) } }

func fail(_ message: String) -> Never {
  say("isobar-sim: \(message)\n\(usage)\n")
  exit(2)
}

func encoded(_ scenario: Scenario) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
  return String(decoding: try encoder.encode(scenario), as: UTF8.self)
}

/// Everything about one world.
func show(_ scenario: Scenario, _ outcome: Simulator.Outcome) throws -> Bool {
  outcome.trace.forEach { print($0) }
  print("\(outcome.jobs) steps of tasks")
  guard let violation = outcome.violation else {
    print("every promise held")
    return true
  }
  print(try encoded(scenario))
  print("BROKEN: \(violation)")
  return false
}

// Sets and dictionaries go through their elements in an order of the process, unless this is said before it starts: without it a
// world would not be the same the next time.
if getenv("SWIFT_DETERMINISTIC_HASHING") == nil {
  setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1)
  execv("/proc/self/exe", CommandLine.unsafeArgv)
}

var seeds: ClosedRange<UInt64> = 1...20_000
var minutes: Double?
var threads = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
var patience = 1
var keep: String?
var world: UInt64?
var mustShrink = false
var replay: String?

var words = CommandLine.arguments.dropFirst()
while let word = words.popFirst() {
  func value() -> String {
    guard let value = words.popFirst() else { fail("\(word) needs a value") }
    return value
  }
  switch word {
  case "--help", "-h":
    print(usage)
    exit(0)
  case "--seeds":
    let text = value()
    let ends = text.split(separator: ".", omittingEmptySubsequences: true).compactMap { UInt64($0) }
    guard ends.count == 2, ends[0] <= ends[1] else { fail("--seeds takes FIRST..LAST, not \(text)") }
    seeds = ends[0]...ends[1]
  case "--minutes":
    guard let number = Double(value()), number > 0 else { fail("--minutes takes a number above 0") }
    minutes = number
  case "--threads":
    guard let number = Int(value()), number > 0 else { fail("--threads takes a number above 0") }
    threads = number
  case "--findings":
    guard let number = Int(value()), number > 0 else { fail("--findings takes a number above 0") }
    patience = number
  case "--keep": keep = value()
  case "--world":
    guard let number = UInt64(value()) else { fail("--world takes a seed") }
    world = number
  case "--shrink": mustShrink = true
  case "--replay": replay = value()
  default: fail("there is no option \(word)")
  }
}

let simulator = try Simulator()
if let replay {
  let scenario = try JSONDecoder().decode(Scenario.self, from: Data(contentsOf: URL(filePath: replay)))
  exit(try show(scenario, simulator.run(scenario, isTraced: true)) ? 0 : 1)
}
if let world {
  var scenario = Scenario.random(seed: world)
  if mustShrink, let violation = simulator.run(scenario).violation {
    scenario = Shrinker.shrink(scenario, violation.kind, on: simulator)
  }
  exit(try show(scenario, simulator.run(scenario, isTraced: true)) ? 0 : 1)
}

let limit = minutes.map { Duration.milliseconds(Int64($0 * 60_000)) }
let report = try await Soak(seeds: seeds, limit: limit, threads: threads, patience: patience).run { report in
  say(
    "\r\(report.worlds) worlds, \(Int(Double(report.worlds) / report.elapsed.inSeconds)) a second, \(report.findings.count) broken "
  )
}
say("\n")
print(
  "\(report.worlds) worlds in \(Int(report.elapsed.inSeconds.rounded())) s on \(threads) threads, \(Int(Double(report.worlds) / report.elapsed.inSeconds)) a second, \(report.jobs) steps of tasks"
)
for (name, count) in report.coverage.counts.sorted(by: { $0.key < $1.key }) { print("  \(name): \(count)") }
for finding in report.findings.sorted(by: { $0.seed < $1.seed }) {
  print("\nBROKEN world \(finding.seed): \(finding.violation)")
  let small = Shrinker.shrink(.random(seed: finding.seed), finding.violation.kind, on: simulator)
  let outcome = simulator.run(small, isTraced: true)
  _ = try show(small, outcome)
  if let keep {
    try Data(try encoded(small).utf8).write(to: URL(filePath: "\(keep)/\(finding.violation.kind.rawValue)-\(finding.seed).json"))
  }
}
exit(report.findings.isEmpty ? 0 : 1)

extension Duration {
  fileprivate var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
