public import ObjectStorage
public import Primitives
import SQL

/// A path in quarantine: it failed, the others went on.
public struct FailureRecord: Hashable, Sendable {
  /// The path.
  public let key: ObjectKey
  /// The side that refused; nil where both or neither did.
  public let side: PairSide?
  /// Why, as a bounded code.
  public let code: String
  /// Why, for people.
  public let message: String
  /// How often it failed in a row.
  public let attempts: Int
  /// When it failed first.
  public let firstSeen: Timestamp
  /// When it failed last.
  public let lastSeen: Timestamp
  /// Not to be tried before then; nil for at the next run.
  public let nextAttempt: Timestamp?
}

extension PairCatalog {
  /// Puts a path into quarantine, or counts one more attempt of one that is there.
  /// - Returns: how often it has failed in a row.
  @discardableResult
  public func recordFailure(
    _ key: ObjectKey, side: PairSide?, code: String, message: String, nextAttempt: Timestamp? = nil
  ) throws -> Int {
    try requireWritable()
    return try catalogued {
      let statement = try database.prepare(
        """
        INSERT INTO failures VALUES(?1, ?2, ?3, ?4, 1, ?5, ?5, ?6) ON CONFLICT(key, side) DO UPDATE SET
          code = excluded.code, message = excluded.message, attempts = attempts + 1, last_seen = excluded.last_seen,
          next_attempt = excluded.next_attempt
        RETURNING attempts
        """)
      try statement.bind(1, key.bytes)
      try statement.bind(2, Self.stored(side))
      try statement.bind(3, code)
      try statement.bind(4, message)
      try statement.bind(5, clock.now().stored)
      try statement.bind(6, nextAttempt?.stored)
      var attempts = 0
      while try statement.step() { attempts = Int(statement.int(0)) }
      return attempts
    }
  }

  /// Takes a path out of quarantine, on both sides. Harmless if it is not in it.
  public func clearFailure(_ key: ObjectKey) throws {
    try requireWritable()
    try catalogued {
      let statement = try database.prepare("DELETE FROM failures WHERE key = ?1")
      try statement.bind(1, key.bytes)
      try statement.run()
    }
  }

  /// The paths in quarantine, in order of their keys, after a key.
  public func failures(after: ObjectKey? = nil, limit: Int = 100_000) throws -> [FailureRecord] {
    try catalogued {
      let statement = try database.prepare("SELECT * FROM failures WHERE key > ?1 ORDER BY key, side LIMIT ?2")
      defer { statement.reset() }
      try statement.bind(1, after?.bytes ?? [])
      try statement.bind(2, max(limit, 0))
      var records: [FailureRecord] = []
      while try statement.step() {
        records.append(
          FailureRecord(
            key: try key(statement, 0), side: UInt8(exactly: statement.int(1)).flatMap(PairSide.init), code: statement.string(2),
            message: statement.string(3), attempts: Int(statement.int(4)), firstSeen: Timestamp(stored: statement.int(5)),
            lastSeen: Timestamp(stored: statement.int(6)),
            nextAttempt: statement.isNull(7) ? nil : Timestamp(stored: statement.int(7))))
      }
      return records
    }
  }

  /// How many paths are in quarantine.
  public func failureCount() throws -> Int { try catalogued { Int(try database.integer("SELECT count(*) FROM failures")) } }

  /// A side in a column of a primary key, which takes no NULL.
  private static func stored(_ side: PairSide?) -> Int64 { side.map { Int64($0.rawValue) } ?? 2 }
}
