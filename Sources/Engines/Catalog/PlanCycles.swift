import ObjectStorage
import SQL

/// The exchanges of names in a plan; see `PlanSpool.cycles`.
public final class PlanCycles {
  private let spool: PlanSpool
  private let starts: Statement?
  private var passed: Int64 = 0
  /// Steps of cycles that were given.
  private var given: Set<Int64> = []

  init(spool: PlanSpool, starts: Statement?) {
    self.spool = spool
    self.starts = starts
  }

  /// The next cycle: each step's path now has what the path of the one after it had, and the last one's what the first one's had. Nil
  /// after the last cycle.
  public func next() throws -> [PlanRecord]? {
    guard let starts, let database = spool.existing else { return nil }
    return try catalogued {
      while true {
        try starts.bind(1, passed)
        guard try starts.step() else { return nil }
        passed = starts.int(0)
        starts.reset()
        if given.contains(passed) { continue }
        guard let cycle = try follow(passed, in: database) else { continue }
        given.formUnion(cycle.map(\.sequence))
        let records = try cycle.compactMap { try spool.find($0, in: database) }
        if records.count == cycle.count { return records }
      }
    }
  }

  /// The steps from the one numbered `start` until it comes again; nil if it does not.
  private func follow(_ start: Int64, in database: Database) throws -> [PlanRecord]? {
    let statement = try database.prepare(
      """
      SELECT there.sequence, there.phase, there.key FROM exchanges AS here
      JOIN exchanges AS there ON there.side = here.side AND there.former = here.token WHERE here.sequence = ?1
      """)
    var cycle: [PlanRecord] = []
    var seen: Set<Int64> = []
    var number = start
    while true {
      defer { statement.reset() }
      try statement.bind(1, number)
      guard try statement.step() else { return nil }
      number = statement.int(0)
      // A chain that runs into a cycle elsewhere is none itself.
      if !seen.insert(number).inserted { return nil }
      var record = PlanRecord(
        phase: UInt8(truncatingIfNeeded: statement.int(1)), key: ObjectKey(trusted: statement.bytes(2)), kind: 0)
      record.sequence = number
      cycle.append(record)
      // It began with the step after the first one: the first one itself comes last, and belongs in front.
      if number == start { return [cycle[cycle.count - 1]] + cycle.dropLast() }
    }
  }
}

extension PlanSpool {
  /// The changed steps of one side whose paths exchanged what they had: each new token is the former one of the next, and of no other.
  ///
  /// They are found when this is called (an index over the changed steps whose content was somewhere else before). Steps may be removed,
  /// replaced and added while the cycles are read.
  public func cycles() throws -> PlanCycles {
    guard changed > 1, let database = existing else { return PlanCycles(spool: self, starts: nil) }
    return try catalogued {
      try database.execute(
        """
        DROP TABLE IF EXISTS exchanges;
        CREATE TABLE exchanges(
          sequence INTEGER PRIMARY KEY, side INTEGER, token BLOB, former BLOB, phase INTEGER, key BLOB);
        INSERT INTO exchanges(sequence, side, token, former, phase, key)
        SELECT sequence, side, token, former, phase, key FROM plan
        WHERE role = 4 AND token IS NOT NULL AND former IS NOT NULL
          AND (side, token) IN (SELECT side, former FROM plan WHERE role = 4 GROUP BY side, former HAVING count(*) = 1)
          AND (side, token) IN (
            SELECT side, token FROM plan WHERE role IN (1, 4) AND token IS NOT NULL GROUP BY side, token HAVING count(*) = 1);
        CREATE INDEX formerly ON exchanges(side, former);
        """)
      return PlanCycles(
        spool: self, starts: try database.prepare("SELECT sequence FROM exchanges WHERE sequence > ?1 ORDER BY sequence LIMIT 1"))
    }
  }
}
