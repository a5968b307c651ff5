import ObjectStorage
public import Primitives
import SQL

extension PairCatalog {
  /// Adds a conflict. One that is open for the same path and kind is brought up to date instead: it keeps its number and its date.
  @discardableResult
  public func addConflict(_ conflict: ConflictRecord) throws -> ConflictID {
    try requireWritable()
    return try catalogued {
      let statement = try database.prepare(
        """
        INSERT INTO conflicts(key, kind, detected, left_side, right_side, kept_as, policy, resolved, how)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        ON CONFLICT(key, kind) WHERE resolved IS NULL DO UPDATE SET left_side = excluded.left_side,
          right_side = excluded.right_side, kept_as = excluded.kept_as, policy = excluded.policy
        RETURNING id
        """)
      try statement.bind(1, conflict.key.bytes)
      try statement.bind(2, Int64(conflict.kind.rawValue))
      try statement.bind(3, conflict.detected.stored)
      try statement.bind(4, conflict.left?.encoded)
      try statement.bind(5, conflict.right?.encoded)
      try statement.bind(6, conflict.keptAs?.bytes)
      try statement.bind(7, conflict.policy)
      if case .resolved(let how, let when) = conflict.state {
        try statement.bind(8, when.stored)
        try statement.bind(9, how)
      }
      var id: Int64 = 0
      while try statement.step() { id = statement.int(0) }
      return ConflictID(id)
    }
  }

  /// Conflicts, the oldest first: the open ones, the resolved ones, or (nil) all.
  public func conflicts(open: Bool? = nil, after: ConflictID? = nil, limit: Int = 100_000) throws -> [ConflictRecord] {
    let which =
      switch open {
      case true?: " AND resolved IS NULL"
      case false?: " AND resolved IS NOT NULL"
      case nil: ""
      }
    return try catalogued {
      let statement = try database.prepare(
        """
        SELECT id, key, kind, detected, left_side, right_side, kept_as, policy, resolved, how FROM conflicts
        WHERE id > ?1\(which) ORDER BY id LIMIT ?2
        """)
      defer { statement.reset() }
      try statement.bind(1, after?.number ?? 0)
      try statement.bind(2, max(limit, 0))
      var records: [ConflictRecord] = []
      while try statement.step() { records.append(try conflict(statement)) }
      return records
    }
  }

  /// The conflict `id`; nil if there is none.
  public func conflict(_ id: ConflictID) throws -> ConflictRecord? {
    try conflicts(after: ConflictID(id.number &- 1), limit: 1).first { $0.id == id }
  }

  /// How many conflicts wait for a decision.
  public func openConflictCount() throws -> Int {
    try catalogued { Int(try database.integer("SELECT count(*) FROM conflicts WHERE resolved IS NULL")) }
  }

  /// Closes a conflict.
  /// - Throws: `.notFound` if there is no open conflict `id`.
  public func resolveConflict(_ id: ConflictID, how: String, when: Timestamp) throws {
    try requireWritable()
    try catalogued {
      let statement = try database.prepare("UPDATE conflicts SET resolved = ?2, how = ?3 WHERE id = ?1 AND resolved IS NULL")
      try statement.bind(1, id.number)
      try statement.bind(2, when.stored)
      try statement.bind(3, how)
      try statement.run()
      guard database.changes == 1 else { throw CatalogError(.notFound, "there is no open conflict \(id)") }
    }
  }

  private func conflict(_ row: Statement) throws -> ConflictRecord {
    guard let kind = UInt8(exactly: row.int(2)).flatMap(ConflictKind.init) else { throw corrupt("a conflict") }
    return ConflictRecord(
      id: ConflictID(row.int(0)), key: try key(row, 1), kind: kind, detected: Timestamp(stored: row.int(3)),
      left: try conflictSide(row, 4), right: try conflictSide(row, 5), keptAs: row.isNull(6) ? nil : try key(row, 6),
      policy: row.string(7), state: row.isNull(8) ? .open : .resolved(how: row.string(9), when: Timestamp(stored: row.int(8))))
  }

  private func conflictSide(_ row: Statement, _ column: Int) throws -> ConflictSide? {
    if row.isNull(column) { return nil }
    do { return try row.withBytes(column) { try ConflictSide(encoded: $0) } } catch { throw corrupt("a conflict") }
  }
}
