public import Catalog
import ObjectStorage
import Primitives
public import Sync

/// Two open stores with the state they share, ready to be synced. Holds the pair's lease until `close`.
public struct OpenPair: Sendable {
  /// The left end; the source of a one-way run.
  public let left: OpenStore
  /// The right end.
  public let right: OpenStore
  /// The engine over both.
  public let sync: PairSync
  /// What is remembered of the pair: history, conflicts, failures, trash. One caller at a time, and none while the engine runs.
  public let catalog: PairCatalog
  let upkeep: PairUpkeep
  let clock: WallClock

  /// Syncs as `PairSync.run` does, and does what is due beside it: makes a bucket that is to be made, deletes from the trash what was
  /// kept for long enough.
  /// - Throws: as `PairSync.run`.
  public func run(observer: @escaping @Sendable (SyncEvent) -> Void = { _ in }) async throws -> SyncSummary {
    let summary: SyncSummary
    do { summary = try await sync.run(observer: observer) } catch {
      var isMade = false
      for store in [left, right] where try await store.createContainer(after: error) { isMade = true }
      guard isMade else { throw error }
      summary = try await sync.run(observer: observer)
    }
    let now = clock.now()
    if sync.options.rehash, summary.failed == 0, summary.stoppedBy == nil { try catalog.set(.rehashed, now) }
    if let retention = upkeep.trashRetention, try upkeep.needsEmptying(catalog, now: now) {
      do {
        _ = try await sync.emptyTrash(before: now - retention)
        try catalog.set(.emptied, now)
      } catch is StorageError {
        // The pair is in step, and what could not be deleted is tried again by the next run.
      }
    }
    return summary
  }

  /// Gives the lease back. The stores stay open.
  public func close() { catalog.close() }
}
