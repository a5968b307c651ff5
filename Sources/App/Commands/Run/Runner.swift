import Catalog
import Composition
import Concurrency
import ObjectStorage
import Primitives
import StoreLayers
import Sync

/// Carries out runs: opens the ends, shows what happens, remembers how the ends were named, and does the housekeeping.
struct Runner {
  private let session: Session
  private let opener: PairOpener

  /// A runner of a session.
  init(_ session: Session) throws {
    self.session = session
    opener = PairOpener(state: try session.stateDirectory())
  }

  /// Runs a request.
  func run(_ request: RunRequest) async throws -> RunResult {
    let (left, rights) = try await open(request)
    let names = rights.map(\.identity.displayName)
    let reporter = RunReporter(session.call, rights: names)
    let kept = Lock<[ObjectKey]>([])
    let observer: @Sendable (Int, SyncEvent) -> Void = { pair, event in
      if case .conflict(let outcome) = event, case .keptBoth(let name) = outcome.resolution {
        kept.withLock { if $0.count < 10 { $0.append(name) } }
      }
      reporter.take(pair, event)
    }
    reporter.start()
    let outcomes: [Result<SyncSummary, any Error>]
    do {
      outcomes =
        rights.count == 1
        ? [try await one(left, rights[0], request, observer)] : try await several(left, rights, request, observer)
    } catch {
      await reporter.finish()
      throw error
    }
    await reporter.finish()
    let pairs = zip(names, outcomes).map { RunResult.Pair(left: left.identity.displayName, right: $0, outcome: $1) }
    return RunResult(pairs: pairs, requests: session.requests, duration: session.elapsed, kept: kept.withLock { $0 })
  }

  /// The plans of a request, one for each right end.
  func plan(_ request: RunRequest) async throws -> [(left: String, right: String, result: Result<SyncPlan, any Error>)] {
    let (left, rights) = try await open(request)
    let reporter = RunReporter(session.call, rights: rights.map(\.identity.displayName))
    reporter.start()
    defer { reporter.abandon() }
    let multi = MultiSync(left: left, rights: rights, opener: opener, options: request.options)
    let plans = try await multi.plan { reporter.take($0, $1) }
    await reporter.finish()
    return plans.map { (left.identity.displayName, $0.right.identity.displayName, $0.result) }
  }

  private func open(_ request: RunRequest) async throws -> (left: OpenStore, rights: [OpenStore]) {
    let left = try await session.open(request.left, symlinks: request.symlinks)
    var rights: [OpenStore] = []
    for right in request.rights {
      rights.append(try await session.open(right, creating: request.createsFolders, symlinks: request.symlinks))
    }
    return (left, rights)
  }

  private func one(
    _ left: OpenStore, _ right: OpenStore, _ request: RunRequest, _ observer: @escaping @Sendable (Int, SyncEvent) -> Void
  ) async throws -> Result<SyncSummary, any Error> {
    do {
      var options = request.options
      let pair = try opener.open(left: left, right: right, options: options)
      defer { pair.close() }
      try request.memory(0, session).store(in: pair.catalog)
      options.rehash = try options.rehash || isRehashDue(request, pair.catalog)
      let sync = PairSync(left: left.end, right: right.end, catalog: pair.catalog, options: options)
      let summary = try await sync.run { observer(0, $0) }
      if summary.stoppedBy == nil { await Housekeeping(request).tidy(sync, pair.catalog) }
      return .success(summary)
    } catch {
      if error is CancellationError || Task.isCancelled { throw CancellationError() }
      return .failure(error)
    }
  }

  private func several(
    _ left: OpenStore, _ rights: [OpenStore], _ request: RunRequest, _ observer: @escaping @Sendable (Int, SyncEvent) -> Void
  ) async throws -> [Result<SyncSummary, any Error>] {
    let outcomes = try await MultiSync(left: left, rights: rights, opener: opener, options: request.options).run(observer: observer)
    for (index, outcome) in outcomes.enumerated() {
      guard case .success(let summary) = outcome.result, summary.stoppedBy == nil else { continue }
      // What fails here is not worth a failed run: the next one does it.
      guard let pair = try? opener.open(left: left, right: rights[index], options: request.options) else { continue }
      defer { pair.close() }
      try? request.memory(index, session).store(in: pair.catalog)
      await Housekeeping(request).tidy(pair.sync, pair.catalog)
    }
    return outcomes.map(\.result)
  }

  private func isRehashDue(_ request: RunRequest, _ catalog: PairCatalog) throws -> Bool {
    guard let length = request.rehashEvery else { return false }
    let last = try catalog.runs(limit: 10_000).first { $0.kind == .rehash && $0.summary?.outcome == .completed }
    return last.map { Timestamp.now() - length >= $0.started } ?? true
  }
}

/// What is done after a run so that nothing grows without end.
struct Housekeeping {
  private let retention: Duration
  private let mergeKeep: Int64
  /// Runs that the history keeps.
  static let runs = 1000

  /// As a request says.
  init(_ request: RunRequest) {
    retention = request.retention
    mergeKeep = request.mergeKeep
  }

  /// Empties what is too old in the trash, and forgets old runs. Costs no request where nothing is due; what fails is left to the
  /// next run.
  func tidy(_ sync: PairSync, _ catalog: PairCatalog) async {
    let limit = Timestamp.now() - retention
    if let due = try? catalog.trash(deletedBefore: limit, limit: 1), !due.isEmpty { _ = try? await sync.emptyTrash(before: limit) }
    try? catalog.pruneHistory(keeping: Self.runs)
    _ = try? catalog.pruneAncestors(keepingBytes: mergeKeep)
  }
}
