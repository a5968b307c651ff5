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
    return try await Self.watch(session, left: left, rights: rights) { observer in
      rights.count == 1
        ? [try await one(left, rights[0], request, observer)] : try await several(left, rights, request, observer)
    }
  }

  /// Shows what happens while `body` runs, and puts the result together.
  static func watch(
    _ session: Session, left: OpenStore, rights: [OpenStore],
    _ body: (@escaping @Sendable (Int, SyncEvent) -> Void) async throws -> [Result<SyncSummary, any Error>]
  ) async throws -> RunResult {
    let names = rights.map(\.identity.displayName)
    let reporter = RunReporter(session.call, rights: names)
    let kept = Lock<[ObjectKey]>([])
    reporter.start()
    let outcomes: [Result<SyncSummary, any Error>]
    do {
      outcomes = try await body { pair, event in
        if case .conflict(let outcome) = event, case .keptBoth(let name) = outcome.resolution {
          kept.withLock { if $0.count < 10 { $0.append(name) } }
        }
        reporter.take(pair, event)
      }
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
    let multi = MultiSync(left: left, rights: rights, opener: opener, options: request.options, upkeep: request.upkeep)
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
      let pair = try opener.open(left: left, right: right, options: request.options, upkeep: request.upkeep)
      defer { pair.close() }
      try request.memory(0, session).store(in: pair.catalog)
      let summary = try await pair.run { observer(0, $0) }
      tidy(pair.catalog, request)
      return .success(summary)
    } catch {
      if error is CancellationError || Task.isCancelled { throw CancellationError() }
      return .failure(error)
    }
  }

  private func several(
    _ left: OpenStore, _ rights: [OpenStore], _ request: RunRequest, _ observer: @escaping @Sendable (Int, SyncEvent) -> Void
  ) async throws -> [Result<SyncSummary, any Error>] {
    let multi = MultiSync(left: left, rights: rights, opener: opener, options: request.options, upkeep: request.upkeep)
    let outcomes = try await multi.run(observer: observer)
    for (index, outcome) in outcomes.enumerated() {
      guard case .success = outcome.result else { continue }
      // What fails here is not worth a failed run: the next one does it.
      guard let pair = try? opener.open(left: left, right: rights[index], options: request.options) else { continue }
      defer { pair.close() }
      try? request.memory(index, session).store(in: pair.catalog)
      tidy(pair.catalog, request)
    }
    return outcomes.map(\.result)
  }

  /// Runs that the history keeps.
  private static let historyLength = 1000

  /// Forgets old runs and old texts, so that the state does not grow without end; what fails is left to the next run.
  private func tidy(_ catalog: PairCatalog, _ request: RunRequest) {
    try? catalog.pruneHistory(keeping: Self.historyLength)
    _ = try? catalog.pruneAncestors(keepingBytes: request.mergeKeep)
  }
}
