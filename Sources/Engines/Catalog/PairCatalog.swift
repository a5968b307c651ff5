import ObjectStorage
public import Primitives
import SQL

/// What is remembered of one pair: the base tree, runs and what they did, failures, conflicts, trash, ancestors, and what was begun.
///
/// - Important: **One caller at a time.** The catalog may move between threads, but two must never be inside it at once; the owner
///   sees to that. A `BaseScan` has a connection of its own and counts as another object. Calls block on the disk.
///
/// All methods throw `CatalogError`; `.corrupt` may come from any of them, and means that nothing the file says may be trusted.
/// Commits survive the death of the process at once, and a power cut from the next `checkpoint` (or `beginRun`, `endRun`) on. What a
/// power cut can take is only knowledge: paths look less in step than they are.
public final class PairCatalog: @unchecked Sendable {
  /// Who the pair is, with the date of its first run and the root markers as stored.
  public internal(set) var pair: PairRecord
  /// The database was replaced by an older copy (or its run counter is lost): the base tree may name paths as in step that are not,
  /// so no absence may be taken for a deletion. Stays until a run ends with `RunSummary.isComplete`, or `clearBase`.
  public internal(set) var isRolledBack: Bool
  /// How many runs began, this pair's whole life long.
  public internal(set) var epoch: Int64
  /// The run that was begun here and not ended.
  public internal(set) var currentRun: RunID?
  /// Whether nothing was written here but quiet runs.
  var isQuiet = true
  /// Whether the catalog was opened by `openReadOnly`.
  public let isReadOnly: Bool

  let directory: StateDirectory
  let database: Database
  let clock: WallClock
  private let lease: Lease?
  /// The rows of `base`, as stored beside them.
  var storedCount: Int64
  /// The number the next operation of the current run gets.
  var nextOperation: Int64 = 1
  var writer = RecordWriter()
  /// Whether the last path set was there already: the next one probably is too.
  var expectsExisting = false

  private init(
    _ pair: PairRecord, directory: StateDirectory, database: Database, lease: Lease?, clock: WallClock
  ) throws {
    self.pair = pair
    self.directory = directory
    self.database = database
    self.lease = lease
    self.clock = clock
    isReadOnly = lease == nil
    (isRolledBack, epoch, storedCount) = (false, 0, 0)
  }

  // MARK: Opening

  /// Takes the pair's lease and opens its database, making it at the first time.
  /// - Parameters:
  ///   - pair: the pair; names and markers that are given replace what was stored.
  ///   - clock: stamps runs, failures, trash.
  /// - Throws: `.locked` while another engine works on the pair; `.corrupt`; `.newerSchema`; `.wrongPair` if the file was made for two
  ///   other places; `.permissionDenied`, `.noSpace`, `.failed`.
  public static func open(_ directory: StateDirectory, pair: PairRecord, clock: WallClock) throws -> PairCatalog {
    let lease = try Lease.take(directory.lock(pair.id), now: clock.now())
    return try catalogued {
      let database = try Database.open(
        path: directory.database(pair.id),
        options: DatabaseOptions(cacheKiB: 8 * 1024, applicationID: Schema.applicationID, checksPages: true))
      do {
        try Schema.upgrade(database, backup: directory.file(pair.id, "db.before-upgrade"))
        let catalog = try PairCatalog(pair, directory: directory, database: database, lease: lease, clock: clock)
        try catalog.load(given: pair)
        return catalog
      } catch {
        database.close()
        throw error
      }
    }
  }

  /// Opens the database of pair `id` to look at it, while an engine may be working on it. Takes no lease; changes throw `.readOnly`.
  /// - Throws: `.notFound` if there is none; else as `open`.
  public static func openReadOnly(_ directory: StateDirectory, id: String, clock: WallClock) throws -> PairCatalog {
    let path = directory.database(id)
    guard PairRecord.isID(id), FilePaths.exists(path) else {
      throw CatalogError(.notFound, "there is no state of a pair \(DisplayText.escape(id))", place: directory.displayPath)
    }
    return try catalogued {
      let database = try Database.open(
        path: path,
        options: DatabaseOptions(readOnly: true, cacheKiB: 2 * 1024, applicationID: Schema.applicationID, checksPages: true))
      do {
        try Schema.check(database)
        guard try Schema.isThere(database) else {
          throw CatalogError(.notFound, "the state has no pair yet", place: database.displayPath)
        }
        let nobody = PairEnd(stableID: "", displayName: "")
        let unknown = PairRecord(
          trusted: id, left: nobody, right: nobody, created: Timestamp(seconds: 0), leftRoot: nil, rightRoot: nil)
        let catalog = try PairCatalog(unknown, directory: directory, database: database, lease: nil, clock: clock)
        try catalog.load(given: nil)
        return catalog
      } catch {
        database.close()
        throw error
      }
    }
  }

  /// Closes the database and gives the lease back. If anything but quiet runs was recorded, everything is forced to the disk.
  /// Harmless when closed; other calls then throw.
  public func close() {
    // The last connection to close copies the log into the file, syncs it and removes the log.
    database.close(keepingLog: isQuiet)
    lease?.release()
  }

  deinit { close() }

  // MARK: Durability

  /// Copies the write-ahead log into the file and forces both to the disk: from here on a power cut takes nothing of it.
  public func checkpoint() throws {
    try requireWritable()
    try catalogued {
      // A synced commit takes every commit before it along. Copying must not wait for a scan that is under way.
      try durably { try setMetaValue(MetaName.sync, []) }
      try database.checkpoint(.passive)
    }
  }

  /// Runs a transaction that a power cut cannot take back once this has returned.
  func durably<Result>(_ body: () throws -> Result) throws -> Result {
    try database.execute("PRAGMA synchronous=FULL")
    defer { try? database.execute("PRAGMA synchronous=NORMAL") }
    return try database.transaction(.immediate, body)
  }

  func requireWritable() throws {
    guard isReadOnly else {
      isQuiet = false
      return
    }
    throw CatalogError(.readOnly, "the state was opened for reading only", place: database.displayPath)
  }

  /// An error for what cannot be read back.
  func corrupt(_ detail: String) -> CatalogError { .corrupt(detail, place: database.displayPath) }
}
