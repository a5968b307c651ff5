import ObjectStorage
import SQL

/// Two steps that are one move.
public struct PlanMove: Hashable, Sendable {
  /// The step at the old path.
  public let deleted: PlanRecord
  /// The step at the new path.
  public let created: PlanRecord
}

/// The moves of a plan, in order of their new paths; see `PlanSpool.moves`.
public final class PlanMoves {
  private let spool: PlanSpool
  private let statement: Statement?
  private var passed: Int64 = 0

  init(spool: PlanSpool, statement: Statement?) {
    self.spool = spool
    self.statement = statement
  }

  /// The next move whose both steps are still there, or nil after the last.
  public func next() throws -> PlanMove? {
    guard let statement, let database = spool.existing else { return nil }
    return try catalogued {
      while true {
        try statement.bind(1, passed)
        guard try statement.step() else { return nil }
        passed = statement.int(0)
        let old = Self.place(statement, 1)
        let new = Self.place(statement, 4)
        statement.reset()
        guard let deleted = try spool.find(old, in: database), let created = try spool.find(new, in: database) else { continue }
        return PlanMove(deleted: deleted, created: created)
      }
    }
  }

  private static func place(_ row: Statement, _ column: Int) -> PlanRecord {
    var record = PlanRecord(
      phase: UInt8(truncatingIfNeeded: row.int(column)), key: ObjectKey(trusted: row.bytes(column + 1)), kind: 0)
    record.sequence = row.int(column + 2)
    return record
  }
}

extension PlanSpool {
  /// The pairs of a deleted (or revived) and a created step of one side that have the same token, where no other such step of that side
  /// has it.
  ///
  /// They are found when this is called (a sort of the steps that could be moves, outside memory: 1–2 s a million); nothing is done
  /// where no side has both. Steps may be removed, replaced and added while the moves are read.
  public func moves() throws -> PlanMoves {
    guard mayHaveMoves, let database = existing else { return PlanMoves(spool: self, statement: nil) }
    return try catalogued {
      try database.execute(
        """
        DROP TABLE IF EXISTS moves;
        CREATE TABLE moves(
          id INTEGER PRIMARY KEY, old_phase INTEGER, old_key BLOB, old_sequence INTEGER, new_phase INTEGER, new_key BLOB,
          new_sequence INTEGER);
        INSERT INTO moves(old_phase, old_key, old_sequence, new_phase, new_key, new_sequence)
        SELECT max(CASE WHEN role > 1 THEN phase END), max(CASE WHEN role > 1 THEN key END),
          max(CASE WHEN role > 1 THEN sequence END),
          max(CASE role WHEN 1 THEN phase END), max(CASE role WHEN 1 THEN key END) AS path, max(CASE role WHEN 1 THEN sequence END)
        FROM plan WHERE role IN (1, 2, 3) AND token IS NOT NULL
        GROUP BY CASE role WHEN 3 THEN 1 - side ELSE side END, token
        HAVING sum(role = 1) = 1 AND sum(role > 1) = 1 ORDER BY path
        """)
      return PlanMoves(spool: self, statement: try database.prepare("SELECT * FROM moves WHERE id > ?1 ORDER BY id LIMIT 1"))
    }
  }
}
