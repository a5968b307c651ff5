public import ObjectStorage
import SQL

/// The plan of a run, outside memory: a private temporary database, made at the first step and gone with the spool.
///
/// It lies where SQLite puts temporary files (`$SQLITE_TMPDIR`, `$TMPDIR`, `/var/tmp`), and stays in memory while it is small (8 MiB).
/// Nothing of it is ever synced: a plan that is lost is made again. One caller at a time, with its cursors. Errors are `CatalogError`;
/// after `.noSpace` the spool is of no more use.
public final class PlanSpool: @unchecked Sendable {
  private struct Cursor {
    weak var cursor: PlanCursor?
  }

  private var opened: Database?
  private var sums: [UInt8: PlanTotal] = [:]
  /// Steps that may be halves of moves, by side.
  private var halves: [UInt8: (created: Int, deleted: Int)] = [:]
  /// Steps that may take part in an exchange of names.
  private(set) var changed = 0
  private var nextSequence: Int64 = 1
  private var cursors: [Cursor] = []

  /// An empty spool. Costs nothing until the first step.
  public init() {}

  /// How many steps there are.
  public var count: Int { sums.values.reduce(0) { $0 + $1.count } }

  /// Adds a step; cheapest where the steps of a phase come in order of their keys. About 2 µs.
  /// - Returns: the step with its number.
  @discardableResult
  public func append(_ record: PlanRecord) throws -> PlanRecord {
    var record = record
    record.sequence = nextSequence
    try catalogued { try insert(record, into: try database()) }
    nextSequence += 1
    add(record, 1)
    // A cursor that has read ahead past this key would miss it.
    live { $0.note(added: record) }
    return record
  }

  /// Takes a step out, wherever cursors are. Harmless if it is not there any more.
  public func remove(_ record: PlanRecord) throws {
    guard let database = opened else { return }
    try catalogued {
      guard let stored = try find(record, in: database) else { return }
      let statement = try database.prepare("DELETE FROM plan WHERE phase = ?1 AND key = ?2 AND sequence = ?3")
      try bindPlace(of: record, statement)
      try statement.run()
      add(stored, -1)
      live { $0.note(removed: stored) }
    }
  }

  /// Puts `new` in the place of `old`: it may be in another phase and have another key. It gets a number of its own.
  @discardableResult
  public func replace(_ old: PlanRecord, with new: PlanRecord) throws -> PlanRecord {
    try remove(old)
    return try append(new)
  }

  /// The steps by kind. Costs nothing.
  public func totals() throws -> [UInt8: PlanTotal] { sums.filter { $0.value.count > 0 } }

  /// The steps of a phase in order of their keys (of equal keys, in the order of appending), or in the opposite order.
  ///
  /// Holds 256 steps at a time. Steps may be removed, replaced and added while it runs: what is removed ahead of it does not come, what
  /// is added ahead of it does.
  public func scan(phase: UInt8, descending: Bool = false) throws -> PlanCursor {
    let cursor = PlanCursor(spool: self, phase: phase, descending: descending)
    cursors.removeAll { $0.cursor == nil }
    cursors.append(Cursor(cursor: cursor))
    return cursor
  }

  /// Drops everything.
  public func close() {
    opened?.close()
    opened = nil
    sums = [:]
    halves = [:]
    changed = 0
  }

  deinit { close() }

  // MARK: Inside

  /// Whether a side has both halves of what could be a move.
  var mayHaveMoves: Bool { halves.values.contains { $0.created > 0 && $0.deleted > 0 } }

  /// The database, if a step was ever added.
  var existing: Database? { opened }

  private func database() throws -> Database {
    if let opened { return opened }
    let database = try Database.open(path: "", options: DatabaseOptions(synchronous: .off, cacheKiB: 8 * 1024))
    // No journal and one endless transaction: nothing here is ever rolled back. Sorting spills into files, not into memory.
    try database.execute("PRAGMA journal_mode=OFF; PRAGMA temp_store=FILE")
    try database.execute(
      """
      CREATE TABLE plan(
        phase INTEGER NOT NULL, key BLOB NOT NULL, sequence INTEGER NOT NULL, kind INTEGER NOT NULL, bytes INTEGER NOT NULL,
        side INTEGER NOT NULL, role INTEGER NOT NULL, token BLOB, former BLOB, blob BLOB NOT NULL,
        PRIMARY KEY(phase, key, sequence)) WITHOUT ROWID;
      BEGIN
      """)
    opened = database
    return database
  }

  private func insert(_ record: PlanRecord, into database: Database) throws {
    let statement = try database.prepare("INSERT INTO plan VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")
    try bindPlace(of: record, statement)
    try statement.bind(4, Int64(record.kind))
    try statement.bind(5, record.bytes)
    try statement.bind(6, Int64(record.side))
    try statement.bind(7, Int64(record.role.rawValue))
    try statement.bind(8, record.token)
    try statement.bind(9, record.former)
    try statement.bind(10, record.blob)
    try statement.run()
  }

  private func bindPlace(of record: PlanRecord, _ statement: Statement) throws {
    try statement.bind(1, Int64(record.phase))
    try statement.bind(2, record.key.bytes)
    try statement.bind(3, record.sequence)
  }

  /// The step as it is stored: what the caller holds may have been changed.
  func find(_ record: PlanRecord, in database: Database) throws -> PlanRecord? {
    let statement = try database.prepare("SELECT * FROM plan WHERE phase = ?1 AND key = ?2 AND sequence = ?3")
    defer { statement.reset() }
    try bindPlace(of: record, statement)
    return try statement.step() ? Self.record(of: statement, from: 0) : nil
  }

  /// The steps of a phase about one path.
  public func records(phase: UInt8, key: ObjectKey) throws -> [PlanRecord] {
    guard let database = opened else { return [] }
    return try catalogued {
      let statement = try database.prepare("SELECT * FROM plan WHERE phase = ?1 AND key = ?2")
      defer { statement.reset() }
      try statement.bind(1, Int64(phase))
      try statement.bind(2, key.bytes)
      var records: [PlanRecord] = []
      while try statement.step() { records.append(try Self.record(of: statement, from: 0)) }
      return records
    }
  }

  /// A row of `plan` whose columns begin at `column`.
  static func record(of row: Statement, from column: Int) throws -> PlanRecord {
    guard let phase = UInt8(exactly: row.int(column)), let kind = UInt8(exactly: row.int(column + 3)),
      let side = UInt8(exactly: row.int(column + 5)), let role = UInt8(exactly: row.int(column + 6)).flatMap(PlanRecord.Role.init)
    else { throw CatalogError(.failed, "the plan's temporary file is damaged: run again") }
    var record = PlanRecord(
      phase: phase, key: ObjectKey(trusted: row.bytes(column + 1)), kind: kind, bytes: row.int(column + 4), side: side, role: role,
      token: row.isNull(column + 7) ? nil : row.bytes(column + 7), former: row.isNull(column + 8) ? nil : row.bytes(column + 8),
      blob: row.bytes(column + 9))
    record.sequence = row.int(column + 2)
    return record
  }

  private func add(_ record: PlanRecord, _ sign: Int) {
    sums[record.kind, default: PlanTotal()].count += sign
    sums[record.kind, default: PlanTotal()].bytes &+= Int64(sign) &* record.bytes
    guard record.token != nil else { return }
    switch record.role {
    case .none: break
    case .created: halves[record.side, default: (0, 0)].created += sign
    case .deleted: halves[record.side, default: (0, 0)].deleted += sign
    case .revived: halves[1 - min(record.side, 1), default: (0, 0)].deleted += sign
    case .changed: changed += sign
    }
  }

  private func live(_ body: (PlanCursor) -> Void) {
    for entry in cursors { if let cursor = entry.cursor { body(cursor) } }
  }
}
