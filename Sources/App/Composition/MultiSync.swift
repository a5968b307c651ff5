import Catalog
import Concurrency
import ObjectStorage
public import Sync

/// Keeps one left end in step with several right ends, in one run.
///
/// The pairs are synced one after the other. What a later one brought to the left end is carried to the earlier ones by syncing
/// those again, until nothing changes or `rounds` are done. A pair that fails is left alone for the rest of the run, and the others
/// go on.
public struct MultiSync: Sendable {
  /// What became of one right end.
  public struct Outcome: Sendable {
    /// The right end.
    public let right: OpenStore
    /// What was done, over all rounds; or why the pair could not be synced.
    public let result: Result<SyncSummary, any Error>
  }

  private let left: OpenStore
  private let rights: [OpenStore]
  private let opener: PairOpener
  private let options: SyncOptions
  private let upkeep: PairUpkeep
  private let rounds: Int

  /// - Parameters:
  ///   - left: the left end; the source of a one-way run.
  ///   - rights: the right ends, in order.
  ///   - opener: finds the state of each pair.
  ///   - options: how to sync; the same for each pair.
  ///   - upkeep: what is done beside syncing, when it is due.
  ///   - rounds: the most times that a pair is synced.
  public init(
    left: OpenStore, rights: [OpenStore], opener: PairOpener, options: SyncOptions, upkeep: PairUpkeep = PairUpkeep(),
    rounds: Int = 4
  ) {
    self.left = left
    self.rights = rights
    self.opener = opener
    self.options = options
    self.upkeep = upkeep
    self.rounds = max(1, rounds)
  }

  /// What a run would do first, for each right end. What one pair would bring to the left end is not in the plans of the others.
  /// - Throws: `StorageError` `.invalidArgument` if one right end lies inside another; `CancellationError`. What fails for one pair is in
  ///   its result.
  public func plan(
    observer: @escaping @Sendable (Int, SyncEvent) -> Void = { _, _ in }
  ) async throws -> [(right: OpenStore, result: Result<SyncPlan, any Error>)] {
    try refuseOverlaps()
    var plans: [(right: OpenStore, result: Result<SyncPlan, any Error>)] = []
    for (index, right) in rights.enumerated() {
      let result: Result<SyncPlan, any Error> = try await capture {
        let pair = try opener.open(left: left, right: right, options: options, upkeep: upkeep)
        defer { pair.close() }
        return try await pair.sync.plan { observer(index, $0) }
      }
      plans.append((right, result))
    }
    return plans
  }

  /// Syncs every pair.
  /// - Parameter observer: told what happens, with the number of the right end.
  /// - Returns: an outcome for each right end, in order.
  /// - Throws: `StorageError` `.invalidArgument` if one right end lies inside another; `CancellationError`, after everything done so far
  ///   was recorded.
  public func run(observer: @escaping @Sendable (Int, SyncEvent) -> Void = { _, _ in }) async throws -> [Outcome] {
    try refuseOverlaps()
    var summaries = [SyncSummary?](repeating: nil, count: rights.count)
    var failures = [(any Error)?](repeating: nil, count: rights.count)
    // The left end's state is counted: a pair that saw an older one is not in step yet.
    var state = 1
    var seen = [Int](repeating: 0, count: rights.count)
    for _ in 0..<rounds {
      var isSettled = true
      for (index, right) in rights.enumerated() where failures[index] == nil && seen[index] < state {
        isSettled = false
        let change = Lock(false)
        let result: Result<SyncSummary, any Error> = try await capture {
          let pair = try opener.open(left: left, right: right, options: options, upkeep: upkeep)
          defer { pair.close() }
          return try await pair.run { event in
            if event.changes(.left) { change.withLock { $0 = true } }
            observer(index, event)
          }
        }
        if change.withLock({ $0 }) { state += 1 }
        seen[index] = state
        switch result {
        case .success(let summary): summaries[index] = summaries[index].map { $0.followed(by: summary) } ?? summary
        case .failure(let error): failures[index] = error
        }
      }
      if isSettled { break }
    }
    return rights.indices.map { index in
      Outcome(right: rights[index], result: failures[index].map { .failure($0) } ?? .success(summaries[index] ?? SyncSummary()))
    }
  }

  /// What is carried into one right end would come back through the other, one folder deeper each time.
  private func refuseOverlaps() throws {
    for (index, right) in rights.enumerated() {
      for other in rights[..<index] { try PairOpener.refuseOverlap(other, right) }
    }
  }

  private func capture<Value>(_ body: () async throws -> Value) async throws -> Result<Value, any Error> {
    do { return .success(try await body()) } catch {
      // A run that is to end ends as a whole.
      if error is CancellationError || Task.isCancelled { throw CancellationError() }
      return .failure(error)
    }
  }
}
