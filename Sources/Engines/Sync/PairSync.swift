public import Catalog
import Concurrency
import ObjectStorage
public import Primitives
import StoreLayers

/// Brings the two ends of a pair in step: observe, plan, execute.
///
/// Stopping at any instruction (a cancelled task, a killed process, a lost machine) leaves both ends whole and a state from which the
/// next run converges. A pair is worked on by one engine at a time: the open catalog holds the lease.
public struct PairSync: Sendable {
  /// The ends.
  public let ends: BothSides<SyncEnd>
  /// How to sync.
  public let options: SyncOptions
  let catalog: PairCatalog
  let clock: WallClock
  private let names = PairNames()

  /// A pair, ready to run.
  /// - Parameters:
  ///   - left: the left end; the source of a one-way run.
  ///   - right: the right end.
  ///   - catalog: the pair's state. Used by this value alone until its runs have ended.
  ///   - options: how to sync.
  ///   - clock: tells the time for names and records; never used to find a direction.
  public init(left: SyncEnd, right: SyncEnd, catalog: PairCatalog, options: SyncOptions, clock: WallClock = .system) {
    ends = BothSides(left: names.end(left, .left), right: names.end(right, .right))
    self.catalog = catalog
    self.options = options
    self.clock = clock
  }

  // MARK: Observe and plan

  /// What a run would do now. Changes nothing on either side and nothing in the state.
  /// - Throws: `GuardStop` if a run would be stopped; `StorageError` if a side cannot be listed whole: without a whole listing nothing
  ///   is concluded from what is missing.
  public func plan(observer: @escaping @Sendable (SyncEvent) -> Void = { _ in }) async throws -> SyncPlan {
    try await checkRoots(marking: false)
    return try await makePlan(observer)
  }

  private func makePlan(_ observer: @escaping @Sendable (SyncEvent) -> Void) async throws -> SyncPlan {
    // What a store is is known without a request; what it can do may have to be probed, and a plan must cost no more than the listing.
    let left = ends.left.store.identity
    let right = ends.right.store.identity
    let plan = SyncPlan(
      costs: BothSides(
        left: .init(isRemote: !left.isLocal, keepsTrash: options.keepTrash),
        right: .init(isRemote: !right.isLocal, keepsTrash: options.keepTrash)),
      rules: BothSides(left: left.names, right: right.names),
      listsSizes: BothSides(left: left.listsSizes, right: right.listsSizes))
    try names.load(from: catalog)
    let filter = options.filter
    let hints = try catalog.isRolledBack ? [] : splitHints()
    let listing = ListOptions(splitHints: hints, prune: { filter.prunes($0) })
    let leftTree = TreeReader(listing: ends.left.store.list(.all, listing), impliesFolders: !left.listsFolders)
    let rightTree = TreeReader(listing: ends.right.store.list(.all, listing), impliesFolders: !right.listsFolders)
    // A state older than the last run knows nothing: both sides are compared anew, and nothing is deleted.
    let base = try catalog.isRolledBack ? nil : catalog.baseScan()
    let builder = PlanBuilder(
      planner: planner, filter: filter, realFolders: BothSides(left: left.listsFolders, right: right.listsFolders))
    var comparesKeys = false
    try await builder.run(
      left: leftTree, right: rightTree,
      base: {
        let entry = try base?.next()
        if let entry, !entry.key.isFolder, entry.key != Filter.storeKeys { plan.knownFiles += 1 }
        return entry
      },
      progress: { paths in
        plan.countPath(paths)
        observer(.observed(paths: paths))
      },
      emit: {
        if $0.key == Filter.storeKeys, $0.kind == .compare { comparesKeys = true }
        try plan.append($0)
      })
    base?.close()
    if comparesKeys { try await DifferentKeys.refuse(left: ends.left.store, right: ends.right.store) }
    plan.files = BothSides(left: leftTree.fileCount, right: rightTree.fileCount)
    plan.linkedFiles = BothSides(left: leftTree.linkedFiles, right: rightTree.linkedFiles)
    for (side, reader) in [(PairSide.left, leftTree), (.right, rightTree)] {
      plan.skippedCount += reader.problemCount
      plan.skipped += reader.problems.map { SkippedPath(side: side, key: $0.key, reason: $0.text) }
    }
    try plan.findMoves()
    if options.direction == .twoWay { try plan.joinSpellings(names) }
    try check(plan)
    if !options.force {
      let detector = ScrambleDetector(
        plan: plan, ends: BothSides(left: ends.left.store, right: ends.right.store), limit: options.changeGuard)
      if let stop = try await detector.objection() { throw stop }
    }
    observer(.planned(plan.totals))
    return plan
  }

  private var planner: Planner { Planner(direction: options.direction, rehash: options.rehash) }

  /// Enough spans that a slow service lists side by side, none smaller than a page and a half.
  private func splitHints() throws -> [ObjectKey] {
    let count = try catalog.baseCount()
    let spans = min(8, count / 1500)
    return spans < 2 ? [] : try catalog.splitHints(spans - 1)
  }

  func loadNames() throws { try names.load(from: catalog) }

  // MARK: Guards

  private func check(_ plan: SyncPlan) throws {
    if options.force || options.direction == .copy { return }
    for side in PairSide.allCases {
      if plan.deletes[side] > 0, plan.knownFiles > 1, plan.files[side.other] == 0 {
        throw GuardStop(.emptySide(side.other, name: ends[side.other].store.identity.displayName, known: plan.knownFiles))
      }
      let known = options.direction == .mirror ? max(plan.knownFiles, plan.files[side]) : plan.knownFiles
      if let stop = options.deleteGuard.objection(deletes: plan.deletes[side], known: known, side: side) { throw stop }
    }
  }

  private func checkRoots(marking: Bool) async throws {
    var marks = BothSides<[UInt8]?>(left: catalog.pair.leftRoot, right: catalog.pair.rightRoot)
    var changed = false
    for side in PairSide.allCases {
      guard let root = ends[side].root else { continue }
      let current = try await root.read()
      if let expected = marks[side] {
        if current == expected { continue }
        if !options.force { throw GuardStop(.replacedRoot(side, name: ends[side].store.identity.displayName)) }
      }
      if marking {
        marks[side] = if let current { current } else { try await root.write() }
        changed = true
      }
    }
    if changed { try catalog.setRoots(left: marks.left, right: marks.right) }
    guard let state = try catalog.stateID() else { return }
    for side in PairSide.allCases {
      if let seen = try ends[side].lastRun?.read(state) { try catalog.note(seenRun: seen, remembering: marking) }
    }
  }

  // MARK: Execute

  /// Observes, plans and carries out.
  /// - Parameter observer: told what happens; see `SyncEvent`.
  /// - Returns: what was done. Single paths that failed are in it; they do not stop the others.
  /// - Throws: `GuardStop` before anything was changed; `StorageError` if a side cannot be listed; `CancellationError` after everything
  ///   done so far was recorded.
  public func run(observer: @escaping @Sendable (SyncEvent) -> Void = { _ in }) async throws -> SyncSummary {
    // A few runs back, too: one that only looked, or was refused, hides a dead one without having cleared up after it.
    let diedBefore = try catalog.runs(limit: 5, before: nil).contains {
      $0.state == .interrupted || $0.summary?.outcome == .cancelled
    }
    let kind: RunKind = options.rehash ? .rehash : .sync
    let started = clock.now()
    let plan: SyncPlan
    do {
      try await checkRoots(marking: true)
      if diedBefore { for side in PairSide.allCases { try await ends[side].recover?() } }
      plan = try await makePlan(observer)
    } catch {
      _ = try? catalog.recordQuietRun(kind, started: started, RunEnding.summary(of: error))
      throw error
    }
    if plan.isEmpty, !catalog.isRolledBack {
      // A run that finds both sides in step costs no write that must reach the disk.
      let summary = nothingDone(plan, observer)
      // A name may have been found out that this run could do nothing about yet.
      for side in PairSide.allCases { try names.save(side, to: catalog) }
      if try catalog.failureCount() > 0 { for failure in try catalog.failures() { try catalog.clearFailure(failure.key) } }
      for side in PairSide.allCases { try await ends[side].finish?() }
      try catalog.recordQuietRun(kind, started: started, RunEnding.summary(summary))
      return summary
    }
    let run = try catalog.beginRun(kind)
    do {
      let state = try catalog.makeStateID()
      for side in PairSide.allCases { ends[side].lastRun?.write(state, catalog.epoch) }
      if catalog.isRolledBack { try catalog.clearBase() }
      // What a side shows may be a moment old, whoever wrote it. If a power cut took it back after the other side had followed, or the
      // state had called it in step, the older state would cross the other way, or what is gone would be deleted.
      for side in PairSide.allCases { try await ends[side].store.flush() }
      let summary = try await execute(plan, run, observedAt: started, observer)
      // What failed may go on where it stopped.
      if summary.failed == 0, summary.stoppedBy == nil { for side in PairSide.allCases { try await ends[side].finish?() } }
      try catalog.endRun(run, RunEnding.summary(summary))
      return summary
    } catch {
      try? catalog.endRun(run, RunEnding.summary(of: error))
      throw error
    }
  }

  private func openConflicts() throws -> [ObjectKey: ConflictID] {
    if try catalog.openConflictCount() == 0 { return [:] }
    let open = try catalog.conflicts(open: true).compactMap { conflict in conflict.id.map { (conflict.key, $0) } }
    return Dictionary(open) { first, _ in first }
  }

  /// Where the summary of a run begins: what was looked at and what takes no part.
  private func nothingDone(_ plan: SyncPlan, _ observer: @Sendable (SyncEvent) -> Void) -> SyncSummary {
    var summary = SyncSummary()
    summary.paths = plan.totals.paths
    summary.skipped = plan.skippedCount
    plan.skipped.forEach { observer(.skipped($0)) }
    for side in PairSide.allCases where plan.linkedFiles[side] > 0 && !plan.isEmpty {
      observer(.hardLinks(on: side, files: plan.linkedFiles[side]))
    }
    return summary
  }

  private func execute(
    _ plan: SyncPlan, _ run: RunID, observedAt: Timestamp, _ observer: @escaping @Sendable (SyncEvent) -> Void
  ) async throws -> SyncSummary {
    let stores = BothSides(left: ends.left.store, right: ends.right.store)
    let recorder = Recorder(run: run, catalog: catalog, ends: stores, clock: clock, openConflicts: try openConflicts())
    recorder.count { $0 = nothingDone(plan, observer) }
    // A store that is only read is not probed: its key may not even allow it.
    var capabilities = BothSides(left: StoreCapabilities(), right: StoreCapabilities())
    for side in PairSide.allCases where plan.writes[side] && (options.direction == .twoWay || side == .right) {
      capabilities[side] = try await stores[side].capabilities()
    }
    let context = RunContext(
      ends: stores, capabilities: capabilities, options: options, recorder: recorder,
      trash: TrashKeeper(run: run, pair: catalog.pair.id, recorder: recorder, clock: clock), clock: clock,
      observedAt: observedAt, emit: observer)
    try names.prepare(plan, stores, catalog, observer)
    for side in PairSide.allCases {
      names[side].keep { [names] shown, stored in
        try recorder.keep(names, side)
        observer(.named(shown, as: stored, on: side))
      }
    }
    defer { for side in PairSide.allCases { names[side].keep(with: nil) } }
    let executor = Executor(context: context, planner: planner, quarantine: try Quarantine(catalog, options))
    do {
      try await executor.carryOut(plan)
    } catch {
      // Whatever was done is recorded, also when the run is cancelled: the flush must not be.
      _ = try? await shielded { try await recorder.flush() }
      throw error
    }
    try await recorder.flush()
    try await names.prune(stores, catalog)
    try catalog.checkpoint()
    return recorder.summary
  }
}

extension ListProblem {
  /// Why, for people.
  var text: String {
    switch reason {
    case .notAFile(let what): what
    case .unreadable(let error): error.description
    case .invalidName(let name): name.description
    }
  }
}
