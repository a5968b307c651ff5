import Catalog
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import Sync

extension World {
  /// Lets everything happen.
  /// - Returns: the first thing that must never be.
  func violation() async -> Violation? {
    do {
      for step in scenario.steps {
        if case .run(let run) = step { try await checkedRun(run) } else { try await apply(step) }
      }
      try await comeToRest()
      return nil
    } catch let violation as Violation {
      return violation
    } catch {
      return Violation(.unexpectedError, "\(error)")
    }
  }

  private func checkedRun(_ run: Scenario.Run) async throws {
    let before = reachable()
    let seen = BothSides(left: visible(.left), right: visible(.right))
    let excluded = BothSides(left: leftOut(.left), right: leftOut(.right))
    let count = textCount
    for side in PairSide.allCases { stores[side].noteStart() }
    try await carryOut(run)
    let lost = before.union(fresh).subtracting(taken).subtracting(reachable())
    if let text = lost.min() { throw Violation(.lost, "\(lost.count) texts, one is \(text.debugDescription)") }
    try checkSight(of: seen.left.union(seen.right).union(fresh), in: visible())
    // A run that stopped half-way may have something under way; one that ended well took nothing from either side by itself.
    if wasClean, !losesPower {
      for side in PairSide.allCases { try checkSight(of: seen[side].subtracting(renamed), in: visible(side)) }
    }
    try checkContents()
    // What people did meanwhile cannot be told from what the engine did, nor what a power cut undid.
    let isAlone = textCount == count && taken.isEmpty && !losesPower && !run.troubles.contains(where: \.isAnEdit)
    guard isAlone else { return }
    if wasClean, run.direction == .twoWay { forgetRemoved() }
    for side in PairSide.allCases {
      // A conflict copy may come whose name is left out.
      let now = leftOut(side)
      if let (key, text) = excluded[side].first(where: { now[$0.key] != $0.value }) {
        throw Violation(
          .touchedExcluded, "\(side) \(key): \(text.debugDescription) became \(now[key]?.debugDescription ?? "nothing")")
      }
    }
  }

  /// What nobody took away stays in sight, not only in the trash.
  private func checkSight(of before: Set<String>, in now: @autoclosure () -> Set<String>) throws {
    // A policy that lets one side win hides the other's version, and so do one-way runs and what is undone.
    let policies = [ConflictPolicy.keepBoth, .manual].map(\.rawValue)
    let isPlain = scenario.steps.allSatisfy { step in
      switch step {
      case .run(let run): run.direction == .twoWay
      case .undo: false
      default: true
      }
    }
    guard isPlain, policies.contains(scenario.setup.policy) else { return }
    // Texts that are written twice are not told apart.
    let hidden = before.subtracting(removed).subtracting(now()).filter { !$0.hasPrefix("common") }
    if let text = hidden.min() { throw Violation(.hidden, "\(hidden.count) texts, one is \(text.debugDescription)") }
  }

  /// The files of a side that the filter leaves out.
  private func leftOut(_ side: PairSide) -> [ObjectKey: String] {
    filter.exclude.isEmpty ? [:] : live(side).filter { isExcluded($0.key) }
  }

  func isExcluded(_ key: ObjectKey) -> Bool { filter.excludesName(key) }

  /// Everything that a file holds was written by somebody, whole.
  private func checkContents() throws {
    let merges = scenario.setup.policy == ConflictPolicy.merge.rawValue
    for side in PairSide.allCases {
      for (key, text) in texts(of: stores[side], live: false) where written[text] == nil {
        // A merge makes a text of lines that were there.
        if merges, text.hasSuffix("\n"),
          text.split(separator: "\n").allSatisfy({ line in written.keys.contains { $0.contains(line) } })
        {
          continue
        }
        throw Violation(.partialContent, "\(side) \(key): \(text.debugDescription)")
      }
    }
  }

  /// Lets the engine run without troubles until it has nothing to do.
  private func comeToRest() async throws {
    let before = reachable()
    let seen = visible()
    let policy: ConflictPolicy? = scenario.setup.policy == ConflictPolicy.manual.rawValue ? .keepBoth : nil
    for round in 1... {
      forgetCalls()
      let (summary, isAtRest) = try await withPair(.twoWay, policy: policy) { pair, catalog in
        let summary = try await pair.run()
        let isAtRest = summary.didNothing && callsByOperation.allSatisfy { $0.key == .list }
        if isAtRest { try await checkEquality(catalog) }
        return (summary, isAtRest)
      }
      if isAtRest { break }
      if let violation = examine(summary) { throw violation }
      // A run may find that something is not to be done; the next one then knows.
      if round == 14 {
        let calls = callsByOperation.map { "\($0.key): \($0.value)" }.sorted()
        throw Violation(summary.didNothing ? .notQuiet : .noRest, "calls \(calls), \(summary)")
      }
      note("quiet run: \(summary)")
      for failure in summary.failures { try await makeWay(failure) }
    }
    try checkContents()
    try checkSight(of: seen, in: visible())
    let lost = before.subtracting(reachable())
    if let text = lost.min() { throw Violation(.lost, "at last \(lost.count) texts, one is \(text.debugDescription)") }
  }

  /// A file and a folder of one name cannot both be there: somebody has to rename the file.
  private func makeWay(_ failure: SyncFailure) async throws {
    guard failure.code == StorageError.Code.alreadyExists.description else { return }
    for side in PairSide.allCases {
      for file in live(side).keys.sorted() {
        let isInTheWay = file.bytes[...] == failure.key.withoutSlash || failure.key.isBelow(ObjectKey(trusted: file.bytes + [0x2F]))
        guard isInTheWay else { continue }
        note("    \(side) renames \(file) out of the way")
        _ = try? await stores[side].memory.move(
          file, to: ObjectKey(trusted: file.bytes + Array(".renamed-\(side)".utf8)), CopyOptions())
      }
    }
  }

  /// Both sides hold the same, the catalog says so, and a run finds nothing to do.
  private func checkEquality(_ catalog: PairCatalog) async throws {
    let left = live(.left).filter { !isExcluded($0.key) }
    let right = live(.right).filter { !isExcluded($0.key) }
    if left != right {
      let keys = Set(left.keys).union(right.keys).filter { left[$0] != right[$0] }.sorted()
      throw Violation(.notEqual, "differ: \(keys)")
    }
    try await checkBase(left, catalog)
    try await checkTimes()
  }

  private func checkBase(_ files: [ObjectKey: String], _ catalog: PairCatalog) async throws {
    var known: [ObjectKey: BaseEntry] = [:]
    let scan = try catalog.baseScan()
    while let entry = try scan.next() { if !entry.key.isFolder { known[entry.key] = entry } }
    scan.close()
    if Set(known.keys) != Set(files.keys) {
      throw Violation(.wrongBase, "it has \(known.keys.sorted()), the sides have \(files.keys.sorted())")
    }
    for (key, entry) in known {
      for side in PairSide.allCases {
        let there = try await stores[side].memory.stat(key).entry
        if there.version != entry[side].version {
          throw Violation(
            .wrongBase, "\(key) on the \(side) side is \(there.version), not \(String(describing: entry[side].version))")
        }
      }
    }
  }

  /// A text that was written once, and never touched, has the time it was given wherever it is.
  private func checkTimes() async throws {
    for side in PairSide.allCases {
      for (key, text) in live(side) {
        guard let moment = written[text] ?? nil, let there = try await stores[side].memory.stat(key).entry.modified else {
          continue
        }
        if there != moment { throw Violation(.lostTime, "\(side) \(key): \(there.seconds) instead of \(moment.seconds)") }
      }
    }
  }
}

extension Scenario.Trouble {
  /// Whether somebody edits.
  fileprivate var isAnEdit: Bool {
    switch self {
    case .meddle, .race: true
    default: false
    }
  }
}

extension SyncSummary {
  /// Whether nothing was to be done.
  fileprivate var didNothing: Bool {
    transferred + deleted + moved + adopted + metadata + folders + failed + conflicts == 0
  }
}
