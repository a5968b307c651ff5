public import ObjectStorage
public import Primitives
import SQL

/// The number of a piece of trash within its pair.
public struct TrashID: Hashable, Sendable, Comparable {
  /// The number.
  public let number: Int64
  /// The piece of this number.
  public init(_ number: Int64) { self.number = number }
  public static func < (left: TrashID, right: TrashID) -> Bool { left.number < right.number }
}

/// Why something is in the trash. Raw values are stored: never change one.
public enum TrashReason: UInt8, Hashable, Sendable {
  case deleted = 0
  case overwritten = 1
  /// It lost a conflict.
  case conflict = 2

  /// The label for people and JSON.
  public var label: String { String(describing: self) }
}

/// Something that a run took away, and where it lies now.
public struct TrashRecord: Hashable, Sendable {
  /// Its number; nil before it is added.
  public var id: TrashID?
  /// The run that took it away.
  public var run: RunID
  /// The side it was on, and whose trash holds it.
  public var side: PairSide
  /// Where it was.
  public var key: ObjectKey
  /// Where it is: a key below the side's own `.isobar/`.
  public var trashKey: ObjectKey
  /// Bytes of content.
  public var size: Int64
  /// Its modification time, where known.
  public var modified: Timestamp?
  /// When it was taken away: the retention runs from here.
  public var deletedAt: Timestamp
  /// Why.
  public var reason: TrashReason

  /// A piece of trash.
  public init(
    id: TrashID? = nil, run: RunID, side: PairSide, key: ObjectKey, trashKey: ObjectKey, size: Int64, modified: Timestamp? = nil,
    deletedAt: Timestamp, reason: TrashReason
  ) {
    self.id = id
    self.run = run
    self.side = side
    self.key = key
    self.trashKey = trashKey
    self.size = size
    self.modified = modified
    self.deletedAt = deletedAt
    self.reason = reason
  }
}

extension PairCatalog {
  /// Records what went into the trash, in one transaction.
  /// - Returns: the numbers, in the order of the records.
  @discardableResult
  public func addTrash(_ records: [TrashRecord]) throws -> [TrashID] {
    try requireWritable()
    return try catalogued {
      try database.transaction {
        let statement = try database.prepare(
          "INSERT INTO trash(run, side, key, trash_key, size, modified, deleted, reason) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        return try records.map { record in
          try statement.bind(1, record.run.number)
          try statement.bind(2, Int64(record.side.rawValue))
          try statement.bind(3, record.key.bytes)
          try statement.bind(4, record.trashKey.bytes)
          try statement.bind(5, record.size)
          try statement.bind(6, record.modified?.encoded)
          try statement.bind(7, record.deletedAt.stored)
          try statement.bind(8, Int64(record.reason.rawValue))
          try statement.run()
          return TrashID(database.lastInsertedRowID)
        }
      }
    }
  }

  /// Records one piece of trash.
  @discardableResult
  public func addTrash(_ record: TrashRecord) throws -> TrashID { try addTrash([record])[0] }

  /// The trash, in the order it was made, after a number: of one run, below a prefix, taken away before a time.
  public func trash(
    run: RunID? = nil, prefix: KeyPrefix = .all, deletedBefore: Timestamp? = nil, after: TrashID? = nil, limit: Int = 1000
  ) throws -> [TrashRecord] {
    try catalogued {
      // A plus keeps the planner off the index: the id is what orders.
      let which = run == nil ? "" : " AND run = ?3"
      let statement = try database.prepare(
        """
        SELECT id, run, side, key, trash_key, size, modified, deleted, reason FROM trash
        WHERE id > ?1 AND +deleted < ?2\(which) AND substr(key, 1, ?4) = ?5 ORDER BY id LIMIT ?6
        """)
      defer { statement.reset() }
      try statement.bind(1, after?.number ?? 0)
      try statement.bind(2, deletedBefore?.stored ?? Int64.max)
      if let run { try statement.bind(3, run.number) }
      try statement.bind(4, prefix.bytes.count)
      try statement.bind(5, prefix.bytes)
      try statement.bind(6, max(limit, 0))
      var records: [TrashRecord] = []
      while try statement.step() { records.append(try trashRecord(statement)) }
      return records
    }
  }

  /// How many pieces the trash has, and their bytes.
  public func trashTotal() throws -> (count: Int, bytes: Int64) {
    try catalogued {
      let statement = try database.prepare("SELECT count(*), coalesce(sum(size), 0) FROM trash")
      defer { statement.reset() }
      return try statement.step() ? (Int(statement.int(0)), statement.int(1)) : (0, 0)
    }
  }

  /// Forgets pieces of trash, in one transaction: they were restored, or are gone for good.
  public func removeTrash(_ ids: [TrashID]) throws {
    try requireWritable()
    try catalogued {
      try database.transaction {
        let statement = try database.prepare("DELETE FROM trash WHERE id = ?1")
        for id in ids {
          try statement.bind(1, id.number)
          try statement.run()
        }
      }
    }
  }

  private func trashRecord(_ row: Statement) throws -> TrashRecord {
    guard let side = try side(row, 2), let reason = UInt8(exactly: row.int(8)).flatMap(TrashReason.init) else {
      throw corrupt("a piece of trash")
    }
    let modified: Timestamp?
    do { modified = row.isNull(6) ? nil : try row.withBytes(6) { try Timestamp(encoded: $0) } } catch {
      throw corrupt("a piece of trash")
    }
    return TrashRecord(
      id: TrashID(row.int(0)), run: RunID(row.int(1)), side: side, key: try key(row, 3), trashKey: try key(row, 4),
      size: row.int(5), modified: modified, deletedAt: Timestamp(stored: row.int(7)), reason: reason)
  }
}
