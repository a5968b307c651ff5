public import Catalog
import ObjectStorage
public import Primitives

/// What bringing things back did.
public struct RestoreSummary: Sendable {
  /// Records brought back.
  public var restored: [TrashRecord] = []
  /// Records whose object is not in the trash any more.
  public var missing: [TrashRecord] = []
  /// What could not be brought back, and why.
  public var failures: [SyncFailure] = []

  /// Nothing yet.
  public init() {}
}

extension PairSync {
  /// Brings things back to where they were, each on its own side; the next sync carries them across. What stands there now goes to the
  /// trash in its turn.
  public func restore(_ records: [TrashRecord]) async throws -> RestoreSummary {
    try await recorded(.restore) { context in
      var summary = RestoreSummary()
      for record in records {
        do {
          if try await restore(record, context) {
            summary.restored.append(record)
          } else {
            summary.missing.append(record)
          }
          if let id = record.id { try catalog.removeTrash([id]) }
        } catch let error as StorageError {
          summary.failures.append(
            SyncFailure(key: record.key, side: record.side, code: error.code.description, message: error.description))
        }
      }
      return summary
    }
  }

  /// Brings back everything that a run deleted or overwrote, the latest first.
  public func undo(_ run: RunID) async throws -> RestoreSummary {
    try await restore(catalog.trash(run: run, prefix: .all, limit: .max).reversed())
  }

  private func restore(_ record: TrashRecord, _ context: RunContext) async throws -> Bool {
    let store = ends[record.side].store
    guard try await store.find(record.trashKey) != nil else { return false }
    guard let present = try await store.find(record.key)?.entry else {
      _ = try await store.move(record.trashKey, to: record.key, CopyOptions(condition: .ifAbsent))
      return true
    }
    let capabilities = context.capabilities[record.side]
    let place = context.trash.place(for: record.key, capabilities)
    try context.trash.note(present, on: record.side, at: place, reason: .overwritten)
    _ = try await store.copy(present.key, to: place, CopyOptions(sourceMatches: present.version))
    let condition: WriteCondition = .ifMatches(present.version)
    try await context.look(before: condition, at: record.key, on: record.side)
    _ = try await store.copy(record.trashKey, to: record.key, CopyOptions(condition: condition))
    for outcome in try await store.delete([DeleteTarget(record.trashKey)]) {
      if let error = outcome.error { throw error }
    }
    return true
  }

  /// Deletes for good what was taken away before a moment; everything if none is given.
  /// - Returns: how many objects and bytes were deleted.
  public func emptyTrash(before moment: Timestamp? = nil) async throws -> (count: Int, bytes: Int64) {
    var done: (count: Int, bytes: Int64) = (0, 0)
    try loadNames()
    var failures = BothSides<(any Error)?>(left: nil, right: nil)
    var last: TrashID?
    while failures.left == nil || failures.right == nil {
      try Task.checkCancellation()
      let page = try catalog.trash(deletedBefore: moment, after: last, limit: 1000)
      guard let end = page.last?.id else { break }
      last = end
      for side in PairSide.allCases where failures[side] == nil {
        let mine = page.filter { $0.side == side }
        if mine.isEmpty { continue }
        do {
          let outcomes = try await ends[side].store.delete(mine.map { DeleteTarget($0.trashKey) })
          let gone = zip(mine, outcomes).filter { $0.1.error == nil }.map(\.0)
          try catalog.removeTrash(gone.compactMap(\.id))
          done.count += gone.count
          done.bytes += gone.reduce(0) { $0 + $1.size }
          if let error = outcomes.compactMap(\.error).first { throw error }
          try await removeEmptyTrashFolders(on: side, for: mine)
        } catch let error as StorageError where error.code != .cancelled {
          // The other side has a trash of its own.
          failures[side] = error
        }
      }
    }
    if let error = failures.left ?? failures.right { throw error }
    return done
  }

  /// On a side with real folders the emptied ones go too, from the inside out; one that still holds something stays.
  private func removeEmptyTrashFolders(on side: PairSide, for records: [TrashRecord]) async throws {
    guard ends[side].store.identity.listsFolders else { return }
    var folders: Set<ObjectKey> = []
    for record in records {
      var folder = record.trashKey.parent
      while let current = folder, current.bytes.count > TrashKeeper.folder.utf8.count {
        folders.insert(current)
        folder = current.parent
      }
    }
    for folder in folders.sorted(by: >) { _ = try await ends[side].store.delete([DeleteTarget(folder)]) }
  }

  /// Settles a conflict that waits, by a policy other than `manual`.
  /// - Returns: how it ended; nil if it is none any more: the sides agree again, or only one has the path.
  public func resolve(_ conflict: ConflictRecord, by policy: ConflictPolicy) async throws -> ConflictOutcome? {
    try await recorded(.resolve) { context in
      let left = try await ends.left.store.find(conflict.key)?.entry
      let right = try await ends.right.store.find(conflict.key)?.entry
      var outcome: ConflictOutcome?
      if let left, let right, let base = try await agreement(left, right, context) {
        context.recorder.note([.set(base)])
        try await context.recorder.flush()
      } else if left != nil, right != nil {
        let operation = Operation(
          .conflict, conflict.key, on: .right, left: left, right: right, base: try catalog.base(for: conflict.key))
        let result = try await ConflictResolver(context: context).settle(operation, by: policy)
        context.recorder.note(result.changes.map { .set($0) }, wrote: PairSide.allCases)
        try await context.recorder.flush()
        outcome = result.outcome
      }
      if let id = conflict.id { try catalog.resolveConflict(id, how: policy.rawValue, when: clock.now()) }
      return outcome
    }
  }

  /// The base entry if both sides hold the same by now.
  private func agreement(_ left: ObjectEntry, _ right: ObjectEntry, _ context: RunContext) async throws -> BaseEntry? {
    let (equal, hash) = try await Comparer(context: context).compare(left, right)
    return equal ? BaseEntry(agreed: left, right, hash: hash) : nil
  }

  /// Runs `body` as a run of the history, with the context that operations need.
  private func recorded<Result>(_ kind: RunKind, _ body: (RunContext) async throws -> Result) async throws -> Result {
    try loadNames()
    let run = try catalog.beginRun(kind)
    do {
      let stores = BothSides(left: ends.left.store, right: ends.right.store)
      let recorder = Recorder(run: run, catalog: catalog, ends: stores, clock: clock)
      let context = RunContext(
        ends: stores,
        capabilities: BothSides(left: try await stores.left.capabilities(), right: try await stores.right.capabilities()),
        options: options, recorder: recorder,
        trash: TrashKeeper(run: run, pair: catalog.pair.id, recorder: recorder, clock: clock), clock: clock, emit: { _ in })
      let result = try await body(context)
      try catalog.endRun(run, RunEnding.summary(recorder.summary))
      return result
    } catch {
      try? catalog.endRun(run, RunEnding.summary(of: error))
      throw error
    }
  }
}
