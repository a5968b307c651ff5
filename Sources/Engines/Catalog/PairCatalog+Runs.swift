import ObjectStorage
public import Primitives
import SQL

extension PairCatalog {
  /// Records a run that is over and changed nothing, on either side or in the base tree: a look that found both in step, or a guard's
  /// refusal. Not forced to the disk, since nothing depends on it: a power cut may forget that somebody looked.
  @discardableResult
  public func recordQuietRun(_ kind: RunKind, started: Timestamp, _ summary: RunSummary) throws -> RunID {
    let wasQuiet = isQuiet
    try requireWritable()
    isQuiet = wasQuiet
    guard currentRun == nil else { throw CatalogError(.invalidArgument, "a run is under way") }
    return try catalogued {
      let statement = try database.prepare(
        "INSERT INTO runs(kind, started, ended, outcome, summary) VALUES(?1, ?2, ?3, ?4, ?5)")
      try statement.bind(1, Int64(kind.rawValue))
      try statement.bind(2, started.stored)
      try statement.bind(3, clock.now().stored)
      try statement.bind(4, Int64(summary.outcome.rawValue))
      try statement.bind(5, summary.encoded)
      try statement.run()
      return RunID(database.lastInsertedRowID)
    }
  }

  /// Begins a run and counts it, durably, in the database and beside it.
  /// - Throws: `.invalidArgument` while a run of this catalog is under way.
  public func beginRun(_ kind: RunKind) throws -> RunID {
    try requireWritable()
    guard currentRun == nil else { throw CatalogError(.invalidArgument, "a run is under way") }
    let file = EpochFile(path: directory.epoch(pair.id))
    let next = max(epoch, file.read() ?? 0) + 1
    let run = try catalogued {
      try durably {
        let statement = try database.prepare("INSERT INTO runs(kind, started) VALUES(?1, ?2)")
        try statement.bind(1, Int64(kind.rawValue))
        try statement.bind(2, clock.now().stored)
        try statement.run()
        let run = RunID(database.lastInsertedRowID)
        try setMetaNumber(MetaName.epoch, next)
        return run
      }
    }
    // After the database, so that the file is never ahead of a database that is not an older copy.
    try file.write(next)
    epoch = next
    currentRun = run
    nextOperation = 1
    return run
  }

  /// Ends a run, durably; what was committed before it is durable with it.
  public func endRun(_ run: RunID, _ summary: RunSummary) throws {
    try requireWritable()
    try catalogued {
      let known = try durably {
        let statement = try database.prepare(
          "UPDATE runs SET ended = ?2, outcome = ?3, summary = ?4 WHERE id = ?1 AND ended IS NULL")
        try statement.bind(1, run.number)
        try statement.bind(2, clock.now().stored)
        try statement.bind(3, Int64(summary.outcome.rawValue))
        try statement.bind(4, summary.encoded)
        try statement.run()
        let known = database.changes == 1
        if known, summary.outcome == .completed, summary.isComplete { try setMetaValue(MetaName.rolledBack, nil) }
        return known
      }
      guard known else { throw CatalogError(.notFound, "there is no run \(run) to end") }
      if summary.outcome == .completed, summary.isComplete { isRolledBack = false }
      if currentRun == run { currentRun = nil }
      try database.checkpoint(.passive)
    }
  }

  /// Runs, the newest first, below `before` if it is given.
  public func runs(limit: Int = 20, before: RunID? = nil) throws -> [RunRecord] {
    let isWorking = isReadOnly && Lease.holder(of: directory.lock(pair.id)) != nil
    return try catalogued {
      let newest = try database.integer("SELECT max(id) FROM runs")
      let statement = try database.prepare(
        "SELECT id, kind, started, ended, outcome, summary FROM runs WHERE id < ?1 ORDER BY id DESC LIMIT ?2")
      defer { statement.reset() }
      try statement.bind(1, before?.number ?? Int64.max)
      try statement.bind(2, max(limit, 0))
      var runs: [RunRecord] = []
      while try statement.step() {
        let id = RunID(statement.int(0))
        runs.append(try run(statement, isRunning: id == currentRun || (isWorking && id.number == newest)))
      }
      return runs
    }
  }

  /// The run `id`; nil if there is none (any more).
  public func run(_ id: RunID) throws -> RunRecord? {
    guard id.number < Int64.max else { return nil }
    return try runs(limit: 1, before: RunID(id.number + 1)).first { $0.id == id }
  }

  private func run(_ row: Statement, isRunning: Bool) throws -> RunRecord {
    guard let kind = UInt8(exactly: row.int(1)).flatMap(RunKind.init) else { throw corrupt("a run") }
    var state: RunRecord.State = isRunning ? .running : .interrupted
    if !row.isNull(3) {
      guard let outcome = UInt8(exactly: row.int(4)).flatMap(RunOutcome.init),
        let summary = try? row.withBytes(5, { try RunSummary(outcome: outcome, encoded: $0) })
      else { throw corrupt("a run") }
      state = .ended(at: Timestamp(stored: row.int(3)), summary)
    }
    return RunRecord(id: RunID(row.int(0)), kind: kind, started: Timestamp(stored: row.int(2)), state: state)
  }

  // MARK: Operations

  /// What a run did, in the order it was done, after the operation of number `after`.
  public func operations(of run: RunID, after: Int64 = 0, limit: Int = 1000) throws -> [RecordedOperation] {
    try catalogued {
      let statement = try database.prepare(
        """
        SELECT number, key, side, action, outcome, bytes, at, code, message FROM operations
        WHERE run = ?1 AND number > ?2 ORDER BY number LIMIT ?3
        """)
      defer { statement.reset() }
      try statement.bind(1, run.number)
      try statement.bind(2, after)
      try statement.bind(3, max(limit, 0))
      var operations: [RecordedOperation] = []
      while try statement.step() { operations.append(try operation(statement)) }
      return operations
    }
  }

  private func operation(_ row: Statement) throws -> RecordedOperation {
    guard let action = UInt8(exactly: row.int(3)).flatMap(OperationAction.init),
      let outcome = UInt8(exactly: row.int(4)).flatMap(OperationResult.Outcome.init)
    else { throw corrupt("an operation") }
    return RecordedOperation(
      number: row.int(0), at: Timestamp(stored: row.int(6)),
      result: OperationResult(
        key: try key(row, 1), action: action, side: try side(row, 2), bytes: row.int(5), outcome: outcome,
        code: row.isNull(7) ? nil : row.string(7), message: row.isNull(8) ? nil : row.string(8)))
  }

  /// Removes runs, and what they did, beyond the newest `count` (one at least), except runs whose trash is still there.
  public func pruneHistory(keeping count: Int) throws {
    try requireWritable()
    try catalogued {
      let statement = try database.prepare("SELECT id FROM runs ORDER BY id DESC LIMIT 1 OFFSET ?1")
      defer { statement.reset() }
      try statement.bind(1, max(count, 1))
      guard try statement.step() else { return }
      let oldest = statement.int(0)
      statement.reset()
      try database.transaction {
        for (table, run) in [("operations", "run"), ("runs", "id")] {
          let delete = try database.prepare(
            "DELETE FROM \(table) WHERE \(run) <= ?1 AND NOT EXISTS(SELECT 1 FROM trash WHERE trash.run = \(table).\(run))")
          try delete.bind(1, oldest)
          try delete.run()
        }
      }
    }
  }

  func record(_ results: [OperationResult]) throws {
    guard !results.isEmpty else { return }
    guard let run = currentRun else { throw CatalogError(.invalidArgument, "an operation was recorded outside a run") }
    let now = clock.now().stored
    let insert = try database.prepare("INSERT INTO operations VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")
    let clear = try database.prepare("DELETE FROM failures WHERE key = ?1")
    for result in results {
      try insert.bind(1, run.number)
      try insert.bind(2, nextOperation)
      try insert.bind(3, result.key.bytes)
      try insert.bind(4, result.side.map { Int64($0.rawValue) })
      try insert.bind(5, Int64(result.action.rawValue))
      try insert.bind(6, Int64(result.outcome.rawValue))
      try insert.bind(7, result.bytes)
      try insert.bind(8, now)
      try insert.bind(9, result.code)
      try insert.bind(10, result.message)
      try insert.run()
      nextOperation += 1
      if result.outcome == .done {
        try clear.bind(1, result.key.bytes)
        try clear.run()
      }
      if !result.intents.isEmpty { try removeIntents(result.intents) }
    }
  }

  // MARK: Reading rows that may be damaged

  func key(_ row: Statement, _ column: Int) throws -> ObjectKey {
    do { return try ObjectKey(row.bytes(column)) } catch { throw corrupt("a key") }
  }

  func side(_ row: Statement, _ column: Int) throws -> PairSide? {
    if row.isNull(column) { return nil }
    guard let side = UInt8(exactly: row.int(column)).flatMap(PairSide.init) else { throw corrupt("a side") }
    return side
  }
}

/// One operation of the history.
public struct RecordedOperation: Hashable, Sendable {
  /// Its number within the run, ascending.
  public let number: Int64
  /// When it was recorded.
  public let at: Timestamp
  /// What was done, and what became of it; without intents.
  public let result: OperationResult
}
