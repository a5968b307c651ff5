import Catalog
import ObjectStorage
public import Sync

/// What a move did.
public struct MoveSummary: Sendable {
  /// What was copied.
  public var copied = SyncSummary()
  /// Files removed from the source, each after its copy was seen to be equal.
  public var removed = 0
  /// Files that are still at the source, and why: not copied, not equal, or changed meanwhile.
  public var kept: [SyncFailure] = []
  /// How many files are still at the source; `kept` has the first of them.
  public var keptCount = 0
  /// Emptied folders removed from the source.
  public var folders = 0
}

/// Moves files from the left end of a pair to the right one: copies, then removes each source whose copy holds the same bytes.
///
/// A source is deleted only in the state that was compared. Interrupted at any point, every file is at one end at least, and the
/// next run goes on.
public struct Mover: Sendable {
  private let pair: PairSync
  private static let batch = 500

  /// A move along `pair`, whose options should be those of a copy.
  public init(_ pair: PairSync) { self.pair = pair }

  /// Copies, compares, deletes.
  /// - Parameter observer: told of the copying; see `SyncEvent`. Each removal comes as `.finished` with `.deleted(on: .left)`.
  /// - Throws: `GuardStop`, `StorageError` if an end cannot be listed, `CancellationError`.
  public func run(observer: @escaping @Sendable (SyncEvent) -> Void = { _ in }) async throws -> MoveSummary {
    var summary = MoveSummary()
    summary.copied = try await pair.run(observer: observer)
    if let stop = summary.copied.stoppedBy { throw stop }
    var ready: [DeleteTarget] = []
    let join = FileJoin(left: pair.ends.left.store, right: pair.ends.right.store, filter: pair.options.filter)
    try await withThrowingTaskGroup(of: Verdict.self) { group in
      var running = 0
      func take(_ verdict: Verdict) async throws {
        switch verdict {
        case .moved(let target):
          ready.append(target)
          if ready.count == Self.batch { try await remove(&ready, &summary, observer) }
        case .kept(let failure): keep(failure, &summary)
        }
      }
      while let files = try await join.next() {
        // What stays at the source, now or ever, could not be opened without its keys.
        guard let left = files.left, left.key != Filter.storeKeys else { continue }
        guard let right = files.right else {
          keep(Self.failure(left.key, "notCopied", "it has no copy: it was not copied, or was left out"), &summary)
          continue
        }
        if running == pair.options.concurrency, let verdict = try await group.next() {
          running -= 1
          try await take(verdict)
        }
        group.addTask { try await verify(left, right) }
        running += 1
      }
      while let verdict = try await group.next() { try await take(verdict) }
    }
    try await remove(&ready, &summary, observer)
    try await removeEmptyFolders(&summary)
    return summary
  }

  private enum Verdict: Sendable {
    case moved(DeleteTarget)
    case kept(SyncFailure)
  }

  private func verify(_ left: ObjectEntry, _ right: ObjectEntry) async throws -> Verdict {
    let comparer = Comparer(left: pair.ends.left.store, right: pair.ends.right.store)
    do {
      if try await comparer.compare(left, right).equal { return .moved(DeleteTarget(left.key, ifMatches: left.version)) }
      return .kept(Self.failure(left.key, "differs", "its copy is not equal to it"))
    } catch let error as StorageError where error.code != .cancelled {
      return .kept(Self.failure(left.key, error.code.description, error.description))
    }
  }

  private func remove(
    _ targets: inout [DeleteTarget], _ summary: inout MoveSummary, _ observer: (SyncEvent) -> Void
  ) async throws {
    if targets.isEmpty { return }
    // A copy must survive a power loss before its source goes.
    try await pair.ends.right.store.flush()
    for outcome in try await pair.ends.left.store.delete(targets) {
      if let error = outcome.error {
        keep(Self.failure(outcome.key, error.code.description, error.description), &summary)
      } else {
        summary.removed += 1
        observer(.finished(outcome.key, .deleted(on: .left)))
      }
    }
    targets.removeAll(keepingCapacity: true)
  }

  /// Inner folders before those around them; one that still holds something stays.
  private func removeEmptyFolders(_ summary: inout MoveSummary) async throws {
    let store = pair.ends.left.store
    let filter = pair.options.filter
    let listing = store.list(.all, ListOptions(prune: { filter.prunes($0) }))
    var folders: [ObjectKey] = []
    while let page = try await listing.next() {
      folders += page.entries.map(\.key).filter { $0.isFolder && !filter.excludesName($0) }
    }
    for folder in folders.reversed() {
      try Task.checkCancellation()
      let outcome = try await store.delete([DeleteTarget(folder)]).first
      if outcome?.error == nil { summary.folders += 1 }
    }
  }

  private func keep(_ failure: SyncFailure, _ summary: inout MoveSummary) {
    summary.keptCount += 1
    if summary.kept.count < SyncSummary.failureLimit { summary.kept.append(failure) }
  }

  private static func failure(_ key: ObjectKey, _ code: String, _ message: String) -> SyncFailure {
    SyncFailure(key: key, side: .left, code: code, message: message)
  }
}
