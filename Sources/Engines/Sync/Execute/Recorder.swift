import Catalog
import Concurrency
import Crypto
import ObjectStorage
import Primitives

/// Gathers what operations did, and writes it to the catalog in batches: the content is made durable first, then the state says so.
final class Recorder: Sendable {
  private struct State {
    var pending: [BaseChange] = []
    var results: [OperationResult] = []
    /// Conflicts that wait, by path: one that a run brings in step is none any more.
    var openConflicts: [ObjectKey: ConflictID]
    var dirty = BothSides(left: false, right: false)
    var summary = SyncSummary()
  }

  /// This run.
  let run: RunID
  private let catalog: Lock<PairCatalog>
  private let ends: BothSides<any ObjectStore>
  private let clock: WallClock
  private let state: Lock<State>
  private let flushing = AsyncSemaphore(limit: 1)

  /// As many paths as one transaction holds. A crash loses at most this much knowledge, never content.
  private static let batch = 1024

  init(
    run: RunID, catalog: PairCatalog, ends: BothSides<any ObjectStore>, clock: WallClock,
    openConflicts: [ObjectKey: ConflictID] = [:]
  ) {
    self.clock = clock
    state = Lock(State(openConflicts: openConflicts))
    self.run = run
    self.catalog = Lock(catalog)
    self.ends = ends
  }

  var summary: SyncSummary { state.withLock { $0.summary } }

  /// Notes that paths are in step (or forgotten), and that `sides` were written to.
  func note(
    _ changes: [BaseChange], result: OperationResult? = nil, wrote sides: [PairSide] = [],
    _ count: (inout SyncSummary) -> Void = { _ in }
  ) {
    state.withLock { state in
      if let result { state.results.append(result) }
      state.pending.append(contentsOf: changes)
      for side in sides { state.dirty[side] = true }
      count(&state.summary)
    }
  }

  /// Counts something that is no change of the base.
  func count(_ body: (inout SyncSummary) -> Void) { state.withLock { body(&$0.summary) } }

  /// Writes the batch if it is full.
  func settle() async throws {
    if state.withLock({ $0.pending.count >= Self.batch }) { try await flush() }
  }

  /// Writes everything noted so far.
  func flush() async throws {
    try await flushing.withPermit {
      let (changes, results, dirty) = state.withLock { state in
        defer {
          state.pending.removeAll(keepingCapacity: true)
          state.results.removeAll(keepingCapacity: true)
          state.dirty = BothSides(left: false, right: false)
        }
        return (state.pending, state.results, state.dirty)
      }
      if changes.isEmpty, results.isEmpty { return }
      do {
        for side in PairSide.allCases where dirty[side] { try await ends[side].flush() }
        try catalog.withLock { try $0.apply(changes, completing: results) }
      } catch {
        // What was done is done: whoever flushes next records it.
        state.withLock { state in
          state.pending.insert(contentsOf: changes, at: 0)
          state.results.insert(contentsOf: results, at: 0)
          for side in PairSide.allCases where dirty[side] { state.dirty[side] = true }
        }
        throw error
      }
      try closeConflicts(changes)
    }
  }

  private func closeConflicts(_ changes: [BaseChange]) throws {
    if state.withLock({ $0.openConflicts.isEmpty }) { return }
    for case .set(let entry) in changes {
      guard let id = state.withLock({ $0.openConflicts.removeValue(forKey: entry.key) }) else { continue }
      try catalog.withLock { try $0.resolveConflict(id, how: "in step", when: clock.now()) }
    }
  }

  // MARK: What must be in the catalog at once

  @discardableResult
  func addTrash(_ record: TrashRecord) throws -> TrashID { try catalog.withLock { try $0.addTrash(record) } }

  func dropTrash(_ id: TrashID) throws { try catalog.withLock { try $0.removeTrash([id]) } }

  func addConflict(_ record: ConflictRecord) throws { try catalog.withLock { _ = try $0.addConflict(record) } }

  func ancestor(of key: ObjectKey) throws -> [UInt8]? { try catalog.withLock { try $0.ancestor(key)?.bytes } }

  func setAncestor(of key: ObjectKey, _ bytes: [UInt8]) throws {
    try catalog.withLock { try $0.setAncestor(key, bytes, hash: ContentHash(.sha256, SHA256.hash(bytes))) }
  }

  func chunkMap(of key: ObjectKey, version: ObjectVersion) throws -> [UInt8]? {
    try catalog.withLock { try $0.chunkMap(key, version: version) }
  }

  func setChunkMap(of key: ObjectKey, version: ObjectVersion, _ map: [UInt8]) throws {
    try catalog.withLock { try $0.setChunkMap(key, version: version, map) }
  }

  func fail(_ failure: SyncFailure, nextAttempt: Timestamp) throws {
    count { summary in
      summary.failed += 1
      if summary.failures.count < SyncSummary.failureLimit { summary.failures.append(failure) }
    }
    try catalog.withLock {
      _ = try $0.recordFailure(
        failure.key, side: failure.side, code: failure.code, message: failure.message, nextAttempt: nextAttempt)
    }
  }

  /// Keeps what a side calls its objects.
  func keep(_ names: PairNames, _ side: PairSide) throws { try catalog.withLock { try names.save(side, to: $0) } }

  func clearFailure(_ key: ObjectKey) throws { try catalog.withLock { try $0.clearFailure(key) } }
}
