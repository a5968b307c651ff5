import CPages
import CSQLite
import Glibc
import Primitives

/// One connection to one SQLite file, in write-ahead-log mode.
///
/// - Important: **One caller at a time.** The connection has no mutex of its own (`SQLITE_OPEN_NOMUTEX`): it may move between
///   threads, but two threads must never be inside it, or inside one of its statements, at once. The owner sees to that (an
///   actor, one worker thread, a lock); this is the whole of the `@unchecked Sendable` contract. `interrupt()` is the exception.
///
/// Calls block on the disk: keep them off the cooperative pool. Readers get their own connection to the same file.
public final class Database: @unchecked Sendable {
  private var handle: OpaquePointer?
  private var cache: [String: Statement] = [:]
  private var savepointDepth = 0
  /// The file's path, as bytes.
  public let path: [UInt8]
  /// How the file was opened.
  public let options: DatabaseOptions

  private init(path: [UInt8], options: DatabaseOptions) {
    self.path = path
    self.options = options
  }

  deinit { close() }

  /// Opens the file at `path` (`:memory:` for none, empty for a private temporary file that is gone with the connection) and sets
  /// the connection up: WAL, foreign keys, `options`.
  /// - Throws: `.cannotOpen`, `.permission`, `.notADatabase`, `.corrupt`, `.wrongApplication`, `.busy`, `.full`, `.io`.
  public static func open(path: String, options: DatabaseOptions = .init()) throws -> Database {
    try open(path: Array(path.utf8), options: options)
  }

  /// Opens the file at `path`, given as bytes.
  public static func open(path: [UInt8], options: DatabaseOptions = .init()) throws -> Database {
    let database = Database(path: path, options: options)
    try database.connect()
    do {
      try database.configure()
    } catch {
      database.close()
      throw error
    }
    return database
  }

  private var isInMemory: Bool { path == Array(":memory:".utf8) }

  private func connect() throws {
    guard !path.contains(0) else {
      throw SQLError(code: .cannotOpen, message: "the path of a database must not contain a zero byte")
    }
    var name = path
    // SQLite may be built to read "file:..." as a URI with options in it.
    if name.starts(with: Array("file:".utf8)) { name = Array("./".utf8) + name }
    name.append(0)
    var flags = SQLITE_OPEN_NOMUTEX | (options.readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE)
    if options.create && !options.readOnly { flags |= SQLITE_OPEN_CREATE }
    let status = name.withUnsafeBytes { raw -> Int32 in
      let text = raw.bindMemory(to: CChar.self).baseAddress
      if options.create && !options.readOnly && !isInMemory && !path.isEmpty, let text {
        // The log and its index take the mode of the file: set it before SQLite would, with the umask's.
        let descriptor = Glibc.open(text, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
      }
      return sqlite3_open_v2(text, &handle, flags, options.checksPages ? cpages_name() : nil)
    }
    guard status == SQLITE_OK else {
      let error = lastError(status, sql: nil)
      close()
      throw error
    }
    sqlite3_extended_result_codes(handle, 1)
    let (seconds, attoseconds) = options.busyTimeout.components
    sqlite3_busy_timeout(handle, Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000))
  }

  private func configure() throws {
    // The schema of a damaged or foreign file must not run functions of ours.
    try execute("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON")
    try execute("PRAGMA cache_size=-\(max(options.cacheKiB, 64)); PRAGMA temp_store=MEMORY")
    try checkApplication()
    guard !options.readOnly else { return }
    if options.checksPages { reserveForChecksums() }
    try execute("PRAGMA page_size=\(options.pageSize)")
    try execute("PRAGMA journal_mode=WAL")
    try execute("PRAGMA synchronous=\(options.synchronous.rawValue)")
    try execute("PRAGMA wal_autocheckpoint=\(max(options.checkpointPages, 0)); PRAGMA journal_size_limit=67108864")
    if let id = options.applicationID, try integer("PRAGMA application_id") != Int64(id) {
      try execute("PRAGMA application_id=\(id)")
    }
  }

  private func checkApplication() throws {
    // Reads the header, so a file that is no database is refused here.
    let found = try integer("PRAGMA application_id")
    guard let wanted = options.applicationID, found != Int64(wanted) else { return }
    let isFresh = try found == 0 && integer("SELECT count(*) FROM sqlite_master") == 0
    guard isFresh else {
      throw SQLError(
        code: .wrongApplication, message: "the file is a database of another program (application id \(found), not \(wanted))",
        path: displayPath)
    }
  }

  /// The path, safe to print.
  public var displayPath: String { DisplayText.escape(path) }

  /// Closes the connection. Later calls throw `.misuse`. Statements that someone still holds keep the file open until they go.
  /// - Parameter keepingLog: leaves what the write-ahead log holds in it, instead of copying it into the file and forcing both to the
  ///   disk. Nothing is lost by it: whoever opens the file next reads the log.
  public func close(keepingLog: Bool = false) {
    if keepingLog, let handle { _ = csqlite_keep_log_on_close(handle) }
    for statement in cache.values { statement.finalize() }
    cache.removeAll()
    sqlite3_close_v2(handle)
    handle = nil
  }

  /// Makes the running statement throw `.interrupted` soon. The only call allowed from another thread, while the database is open.
  public func interrupt() {
    if let handle { sqlite3_interrupt(handle) }
  }

  func connection(for sql: String? = nil) throws -> OpaquePointer {
    guard let handle else { throw SQLError(code: .misuse, message: "the database is closed", sql: sql, path: displayPath) }
    return handle
  }

  func lastError(_ status: Int32, sql: String?) -> SQLError {
    guard let handle else {
      return SQLError(code: .init(rawValue: status), message: String(cString: sqlite3_errstr(status)), sql: sql, path: displayPath)
    }
    return SQLError(handle: handle, status: status, sql: sql, path: displayPath)
  }

  // MARK: Statements

  /// Runs one or more statements that give no rows and take no values.
  public func execute(_ sql: String) throws {
    let status = sqlite3_exec(try connection(for: sql), sql, nil, nil, nil)
    guard status == SQLITE_OK else { throw lastError(status, sql: sql) }
  }

  /// A statement for `sql`, compiled once per connection and kept.
  ///
  /// The same text gives the same statement again unless it is in the middle of giving rows; then a second one is made, which
  /// lives as long as the caller holds it. Look-up costs a hash of the text: hold the statement in hot loops.
  public func prepare(_ sql: String) throws -> Statement {
    if let statement = cache[sql] {
      if !statement.isActive { return statement }
      return try Statement(connection: connection(for: sql), sql: sql, path: displayPath)
    }
    let statement = try Statement(connection: connection(for: sql), sql: sql, path: displayPath)
    cache[sql] = statement
    return statement
  }

  /// The first column of the first row of a query, 0 where there is none.
  public func integer(_ sql: String) throws -> Int64 {
    let statement = try prepare(sql)
    defer { statement.reset() }
    return try statement.step() ? statement.int(0) : 0
  }

  /// The first column of each row of a query, as text.
  public func strings(_ sql: String) throws -> [String] {
    let statement = try prepare(sql)
    defer { statement.reset() }
    var result: [String] = []
    while try statement.step() { result.append(statement.string(0)) }
    return result
  }

  /// Rows changed by the last INSERT, UPDATE or DELETE.
  public var changes: Int { handle.map { Int(sqlite3_changes64($0)) } ?? 0 }

  /// The rowid of the last INSERT into a table that has one.
  public var lastInsertedRowID: Int64 { handle.map { sqlite3_last_insert_rowid($0) } ?? 0 }

  // MARK: Transactions

  /// How a transaction begins.
  public enum TransactionMode: String, Sendable {
    /// Takes the lock at the first read or write.
    case deferred = "DEFERRED"
    /// Takes the write lock at once, so that it cannot fail for it in the middle.
    case immediate = "IMMEDIATE"
  }

  /// Whether a transaction is open.
  public var isInTransaction: Bool { handle.map { sqlite3_get_autocommit($0) == 0 } ?? false }

  /// Runs `body` in a transaction: committed when it returns, rolled back when it (or the commit) throws.
  ///
  /// Transactions do not nest (that throws); `savepoint` does.
  public func transaction<Result>(_ mode: TransactionMode = .immediate, _ body: () throws -> Result) throws -> Result {
    try prepare("BEGIN \(mode.rawValue)").run()
    do {
      let result = try body()
      try prepare("COMMIT").run()
      return result
    } catch {
      // SQLite may have rolled back by itself (full disk, I/O error).
      if isInTransaction { try? execute("ROLLBACK") }
      throw error
    }
  }

  /// Runs `body` in a savepoint, inside a transaction or as one: kept when it returns, undone when it throws. Nests.
  public func savepoint<Result>(_ body: () throws -> Result) throws -> Result {
    savepointDepth += 1
    defer { savepointDepth -= 1 }
    let name = "s\(savepointDepth)"
    try execute("SAVEPOINT \(name)")
    do {
      let result = try body()
      try execute("RELEASE \(name)")
      return result
    } catch {
      if isInTransaction { try? execute("ROLLBACK TO \(name); RELEASE \(name)") }
      throw error
    }
  }
}

extension SQLError {
  init(handle: OpaquePointer, status: Int32, sql: String?, path: String?) {
    let code = Code(rawValue: status)
    self.init(
      code: code, message: code == .damagedPage ? "a page is not what was written" : String(cString: sqlite3_errmsg(handle)),
      sql: sql, path: path,
      systemError: status & 0xFF == SQLITE_IOERR || status & 0xFF == SQLITE_CANTOPEN || status & 0xFF == SQLITE_FULL
        ? sqlite3_system_errno(handle) : 0)
  }
}
