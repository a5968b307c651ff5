import Catalog
import Glibc
import ObjectStorage
import Primitives
import Synchronization
import Sync
import Testing

/// A state is damaged after real runs, both sides are edited, and the pair is synced: the damage is found and a rebuild offered, or it
/// does no harm. Nothing is deleted that nobody deleted, nothing is lost, and both sides come to agree.
///
/// `ISOBAR_DAMAGES` sets how many damages of each kind are tried, `ISOBAR_SEED` the first seed.
@Suite struct DamageTests {
  @Test(.timeLimit(.minutes(20)), arguments: Damage.allCases)
  func `a damaged state loses and deletes nothing`(_ damage: Damage) async throws {
    let count = Files.number("ISOBAR_DAMAGES") ?? 10
    let first = Files.number("ISOBAR_SEED") ?? UInt64.random(in: 1..<1_000_000_000)
    print("\(damage): seeds \(first)..<\(first + count)")
    var outcomes: [String: Int] = [:]
    for seed in first..<first + count {
      let trial = try await Trial(seed: seed, damage)
      do {
        let outcome = try await trial.run()
        outcomes[outcome, default: 0] += 1
      } catch { Issue.record("\(damage), seed \(seed): \(error)\n\(trial.history)") }
    }
    print("\(damage): \(outcomes)")
  }
}

/// One damage in one world.
private struct Trial {
  struct Problem: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  let damage: Damage
  let world: DamagedWorld
  var history: String { world.log.joined(separator: "\n") }

  init(seed: UInt64, _ damage: Damage) async throws {
    self.damage = damage
    let kinds = DamagedWorld.Ends.allCases
    world = try DamagedWorld(seed: seed, kinds[Int(seed % UInt64(kinds.count))])
  }

  /// What came of the damage: found by the run, and of what kind, or harmless.
  func run() async throws -> String {
    try await world.fill()
    try await settle()
    let older = world.copy()
    try await world.edit()
    let middle = Mutex<DamagedWorld.Copy?>(nil)
    let (folder, at) = (Copier(world), world.below(12))
    let seen = Mutex(0)
    let leavesLog = world.below(3) > 0
    var files: DamagedWorld.Copy = [:]
    // As a killed process leaves it: with a log that was not copied into the file.
    try await world.sync(beforeClosing: { if leavesLog { files = folder.copy() } }) { _ in
      let number = seen.withLock { seen in
        seen += 1
        return seen
      }
      if number == at { middle.withLock { $0 = folder.copy() } }
    }
    if leavesLog { world.put(back: files) }
    try await rest()
    world.agree()

    try await world.damage(damage, older: older, middle: middle.withLock { $0 } ?? older)
    try await world.edit()
    let before = try await world.look()
    let outcome = try await syncOrRebuild()
    try await settle()
    if let problem = try await world.problem(since: before) { throw Problem(problem) }
    // And what was mended works: an edit goes across as if nothing had been.
    world.agree()
    try await world.edit()
    let later = try await world.look()
    try await settle()
    if let problem = try await world.problem(since: later) { throw Problem("later: \(problem)") }
    return outcome
  }

  /// Runs once; what a run finds damaged the check finds too, and a rebuild mends it.
  private func syncOrRebuild() async throws -> String {
    let finding = check()
    do {
      let summary = try await world.sync()
      // Damage in a table that is only written to shows in the middle of a run, which then stops.
      if let error = summary.stoppedBy { throw error }
      guard summary.failures.isEmpty else { throw Problem("paths failed: \(summary.failures)") }
      if case .corrupt(let found) = finding?.state {
        return "sync did not need what the check found: \(found.first ?? "")".prefix60
      }
      if case .rolledBack = finding?.state { return "older than its last run" }
      return finding == nil ? "no state" : "harmless"
    } catch let error as CatalogError {
      world.note("sync: \(error.code): \(error)")
      guard let finding else { throw Problem("a run fails although there is no state: \(error)") }
      switch finding.state {
      case .ok, .rolledBack: throw Problem("a run fails (\(error)), but the check finds nothing")
      case .corrupt: break
      case .unknown(let reason):
        guard reason.code == .newerSchema else { throw Problem("the check knows no better than: \(reason)") }
      }
      let rebuilt = try StateCheck.rebuild(try world.state, id: DamagedWorld.pairID, clock: .system)
      guard let kept = rebuilt.kept, access(String(decoding: kept, as: UTF8.self), F_OK) == 0 else {
        throw Problem("the damaged file was not kept")
      }
      return "\(error.code)"
    }
  }

  private func check() -> StateFinding? {
    guard let state = try? world.state, (try? state.pairIDs().contains(DamagedWorld.pairID)) == true else { return nil }
    return StateCheck.check(state, id: DamagedWorld.pairID)
  }

  /// Lets the clock of the file system pass the last edit: what is fresher than that is looked at again, and no plan is empty.
  private func rest() async throws { try await Task.sleep(for: .milliseconds(12)) }

  /// Syncs until there is nothing to do.
  private func settle() async throws {
    for _ in 0..<8 {
      try await rest()
      // Damage may lie where only a later run comes by.
      if (try? await world.planIsEmpty()) == true { return }
      _ = try await syncOrRebuild()
    }
    throw Problem("no rest")
  }
}

/// Copies the state's files from any thread.
private struct Copier: Sendable {
  let files: [(String, String)]

  init(_ world: DamagedWorld) { files = DamagedWorld.suffixes.map { ($0, world.file($0)) } }

  func copy() -> DamagedWorld.Copy {
    Dictionary(uniqueKeysWithValues: files.compactMap { suffix, path in Files.read(path).map { (suffix, $0) } })
  }
}

extension String {
  fileprivate var prefix60: String { String(prefix(60)) }
}
