import Catalog
import Composition
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

  /// Runs a request. What fails, and being interrupted, is in the result, beside what was done until then.
  func run(_ request: RunRequest) async -> RunResult {
    let left: OpenStore
    do { left = try await session.open(request.left, symlinks: request.symlinks) } catch {
      return result(request.rights.map { RunResult.Pair(request.left, $0, error) })
    }
    // A right end that is away does not keep the others from being synced.
    var rights: [OpenStore] = []
    var pairs: [Int: RunResult.Pair] = [:]
    for (index, right) in request.rights.enumerated() {
      do {
        rights.append(try await session.open(right, creating: request.createsFolders, symlinks: request.symlinks))
      } catch {
        pairs[index] = RunResult.Pair(request.left, right, error)
      }
    }
    let open = request.rights.indices.filter { pairs[$0] == nil }
    var ran = RunResult(pairs: [])
    if !rights.isEmpty {
      ran = await Self.watch(session, left: left, rights: rights) { observer in
        rights.count == 1
          ? [try await one(left, rights[0], request, open[0], observer)]
          : try await several(left, rights, request, open, observer)
      }
      for (index, pair) in zip(open, ran.pairs) { pairs[index] = pair }
    }
    var whole = result(request.rights.indices.compactMap { pairs[$0] })
    whole.kept = ran.kept
    return whole
  }

  private func result(_ pairs: [RunResult.Pair]) -> RunResult {
    RunResult(pairs: pairs, requests: session.requests, duration: session.elapsed)
  }

  /// Shows what happens while `body` runs, and puts the result together.
  static func watch(
    _ session: Session, left: OpenStore, rights: [OpenStore],
    _ body: (@escaping @Sendable (Int, SyncEvent) -> Void) async throws -> [Result<SyncSummary, any Error>]
  ) async -> RunResult {
    let names = rights.map(\.identity.displayName)
    let reporter = RunReporter(session.call, rights: names)
    let tally = RunTally()
    reporter.start()
    let outcomes: [Result<SyncSummary, any Error>]
    do {
      outcomes = try await body { pair, event in
        tally.take(pair, event)
        reporter.take(pair, event)
      }
    } catch {
      outcomes = rights.map { _ in .failure(error) }
    }
    await reporter.finish()
    let pairs = zip(names, outcomes).enumerated().map { index, pair in
      RunResult.Pair(left: left.identity.displayName, right: pair.0, outcome: pair.1, partial: tally.summary(index))
    }
    return RunResult(pairs: pairs, requests: session.requests, duration: session.elapsed, kept: tally.kept)
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
    _ left: OpenStore, _ right: OpenStore, _ request: RunRequest, _ number: Int,
    _ observer: @escaping @Sendable (Int, SyncEvent) -> Void
  ) async throws -> Result<SyncSummary, any Error> {
    do {
      let pair = try opener.open(left: left, right: right, options: request.options, upkeep: request.upkeep)
      defer { pair.close() }
      try request.memory(number, session).store(in: pair.catalog)
      let summary = try await pair.run { observer(0, $0) }
      tidy(pair.catalog, request)
      return .success(summary)
    } catch {
      if error is CancellationError || Task.isCancelled { throw CancellationError() }
      return .failure(error)
    }
  }

  private func several(
    _ left: OpenStore, _ rights: [OpenStore], _ request: RunRequest, _ numbers: [Int],
    _ observer: @escaping @Sendable (Int, SyncEvent) -> Void
  ) async throws -> [Result<SyncSummary, any Error>] {
    let multi = MultiSync(left: left, rights: rights, opener: opener, options: request.options, upkeep: request.upkeep)
    let outcomes = try await multi.run(observer: observer)
    for (index, outcome) in outcomes.enumerated() {
      guard case .success = outcome.result else { continue }
      // What fails here is not worth a failed run: the next one does it.
      guard let pair = try? opener.open(left: left, right: rights[index], options: request.options) else { continue }
      defer { pair.close() }
      try? request.memory(numbers[index], session).store(in: pair.catalog)
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
    _ = try? catalog.pruneChunkMaps()
  }
}
