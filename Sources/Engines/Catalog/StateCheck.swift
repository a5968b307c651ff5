import Glibc
public import Primitives
import SQL

/// What a check found out about one pair.
public struct StateFinding: Sendable {
  /// What it found.
  public enum State: Sendable {
    /// Sound, with so many paths in step.
    case ok(baseCount: Int)
    /// Sound, but older than it should be: the next run deletes nothing.
    case rolledBack(baseCount: Int)
    /// Damaged; each line is one thing found. To be rebuilt.
    case corrupt([String])
    /// It could not be checked: in use, written by a newer version, not to be read.
    case unknown(CatalogError)
  }

  /// The pair's id.
  public let id: String
  /// The pair, if its record can be read.
  public let pair: PairRecord?
  /// What it found.
  public let state: State

  /// Whether the pair can be worked with as it is.
  public var isSound: Bool { if case .ok = state { true } else { false } }
}

/// Looks for damage in what is remembered, and starts afresh where there is some.
public enum StateCheck {
  /// Reads every page and every record of every pair. Seconds for millions of paths; pairs at work are checked as they are.
  public static func check(_ directory: StateDirectory) throws -> [StateFinding] {
    try directory.pairIDs().map { check(directory, id: $0) }
  }

  /// Reads every page and every record of one pair.
  public static func check(_ directory: StateDirectory, id: String) -> StateFinding {
    var pair: PairRecord?
    do {
      let catalog = try PairCatalog.openReadOnly(directory, id: id, clock: .system)
      defer { catalog.close() }
      pair = catalog.pair
      let problems = try catalogued { try catalog.database.integrityCheck() }
      guard problems.isEmpty else { return StateFinding(id: id, pair: pair, state: .corrupt(problems)) }
      let count = try readAll(catalog)
      return StateFinding(id: id, pair: pair, state: catalog.isRolledBack ? .rolledBack(baseCount: count) : .ok(baseCount: count))
    } catch let error as CatalogError where error.code == .corrupt || error.code == .wrongPair {
      return StateFinding(id: id, pair: pair, state: .corrupt([error.message]))
    } catch let error as CatalogError where error.code == .notFound && FilePaths.exists(directory.database(id)) {
      // A file without a pair in it: nothing is in step. It is the rest of a state if runs were counted.
      let wasUsed = (EpochFile(path: directory.epoch(id)).read() ?? 0) > 0
      return StateFinding(id: id, pair: nil, state: wasUsed ? .rolledBack(baseCount: 0) : .ok(baseCount: 0))
    } catch let error as CatalogError {
      return StateFinding(id: id, pair: pair, state: .unknown(error))
    } catch {
      return StateFinding(id: id, pair: pair, state: .unknown(CatalogError(.failed, "the check failed", cause: error)))
    }
  }

  private static func readAll(_ catalog: PairCatalog) throws -> Int {
    let scan = try catalog.baseScan()
    defer { scan.close() }
    var count = 0
    while try scan.next() != nil { count += 1 }
    _ = try catalog.runs(limit: .max)
    _ = try catalog.failures(limit: .max)
    _ = try catalog.conflicts(limit: .max)
    _ = try catalog.pending(limit: .max)
    var last: TrashID?
    while true {
      let page = try catalog.trash(after: last, limit: 10_000)
      guard let end = page.last?.id else { return count }
      last = end
    }
  }

  /// What a rebuild did.
  public struct Rebuild: Sendable {
    /// Where the old database is now, as a path; nil if there was none.
    public let kept: [UInt8]?
    /// Pieces of trash whose records could be saved: `undo` and `trash restore` still know them.
    public let savedTrash: Int
    /// Conflicts that could be saved.
    public let savedConflicts: Int
  }

  /// Moves a pair's database aside (it is kept) and starts an empty base tree: the next run adopts what is equal on both sides and
  /// deletes nothing. Records of trash, open conflicts and things begun are taken over where they can be read.
  ///
  /// - Throws: `.locked` while an engine works on the pair; `.notFound` if there is no such pair; `.noSpace`, `.failed`.
  @discardableResult
  public static func rebuild(_ directory: StateDirectory, id: String, clock: WallClock) throws -> Rebuild {
    guard PairRecord.isID(id), FilePaths.exists(directory.database(id)) else {
      throw CatalogError(.notFound, "there is no state of a pair \(DisplayText.escape(id))", place: directory.displayPath)
    }
    let lease = try Lease.take(directory.lock(id), now: clock.now())
    let salvage = Salvage(directory, id: id)
    let kept = try moveAside(directory, id: id, now: clock.now())
    EpochFile(path: directory.epoch(id)).remove()
    lease.release()
    guard let pair = salvage.pair else { return Rebuild(kept: kept, savedTrash: 0, savedConflicts: 0) }
    let catalog = try PairCatalog.open(directory, pair: pair, clock: clock)
    defer { catalog.close() }
    try salvage.store(in: catalog)
    return Rebuild(kept: kept, savedTrash: salvage.trash.count, savedConflicts: salvage.conflicts.count)
  }

  private static func moveAside(_ directory: StateDirectory, id: String, now: Timestamp) throws -> [UInt8] {
    var stem = "db.damaged-\(now.amzBasic)"
    var attempt = 1
    while FilePaths.exists(directory.file(id, stem)) {
      attempt += 1
      stem = "db.damaged-\(now.amzBasic)-\(attempt)"
    }
    let target = directory.file(id, stem)
    // The log goes first: left behind, it would be read into the new database.
    for suffix in ["-wal", "-shm", ""] {
      let failed = FilePaths.withCString(directory.file(id, "db\(suffix)")) { from in
        FilePaths.withCString(target + Array(suffix.utf8)) { rename(from, $0) == 0 ? 0 : errno }
      }
      guard failed == 0 || failed == ENOENT else {
        throw CatalogError(systemError: failed, "the damaged state cannot be moved aside", directory.database(id))
      }
    }
    _ = FilePaths.syncFolder(directory.pairsPath)
    return target
  }
}
