public import Markup
import Concurrency
import Primitives
import SQL

/// What an emulator remembers: rows of JSON under keys of bytes, in named collections, in order of the keys.
///
/// In a file, or in memory and gone with the object. Calls may come from any thread; they take a lock and the time of one SQLite
/// statement (some 10 µs, and a write to the log without a sync), short enough for an event loop. After a crash of the process nothing
/// that a call has returned from is lost.
public final class EmulatorTable: Sendable {
  private let database: Lock<Database>

  /// Opens the table in the file at `path`, made if it is missing.
  /// - Parameter path: nil: in memory.
  /// - Throws: `SQLError`: not a file of an emulator, no room, no permission…
  public init(path: [UInt8]?) throws {
    let database = try Database.open(
      path: path ?? Array(":memory:".utf8), options: DatabaseOptions(cacheKiB: 4096, applicationID: 0x6973_6D65))
    try Migrations([
      Migration(
        version: 1, name: "rows",
        sql: """
          CREATE TABLE rows(collection TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY(collection, key))
          WITHOUT ROWID
          """)
    ]).apply(to: database)
    self.database = Lock(database)
  }

  /// The row `key`; nil if there is none.
  public func get(_ collection: String, _ key: [UInt8]) throws -> JSONValue? {
    try rows { try $0.get(collection, key) }
  }

  /// Makes or replaces the row `key`.
  public func put(_ collection: String, _ key: [UInt8], _ value: JSONValue) throws {
    try rows { try $0.put(collection, key, value) }
  }

  /// Removes the row `key`.
  /// - Returns: whether there was one.
  @discardableResult
  public func remove(_ collection: String, _ key: [UInt8]) throws -> Bool { try rows { try $0.remove(collection, key) } }

  /// Rows in bytewise ascending order of their keys; see `EmulatorRows.scan`.
  public func scan(
    _ collection: String, prefix: [UInt8] = [], after: [UInt8]? = nil, from: [UInt8]? = nil, before: [UInt8]? = nil, limit: Int
  ) throws -> [(key: [UInt8], value: JSONValue)] {
    try rows { try $0.scan(collection, prefix: prefix, after: after, from: from, before: before, limit: limit) }
  }

  /// How many rows have keys that begin with `prefix`. Linear in their number.
  public func count(_ collection: String, prefix: [UInt8] = []) throws -> Int {
    try rows { try $0.count(collection, prefix: prefix) }
  }

  /// Runs `body` with nobody else in between: all that it changes is there when it returns, and nothing of it when it throws.
  ///
  /// `body` uses the rows it is given, never this object (that would wait for itself), and keeps them no longer.
  public func transaction<Result>(_ body: (EmulatorRows) throws -> Result) throws -> Result {
    try database.withLock { database in
      try database.transaction { try body(EmulatorRows(database)) }
    }
  }

  private func rows<Result>(_ body: (EmulatorRows) throws -> Result) throws -> Result {
    try database.withLock { try body(EmulatorRows($0)) }
  }

  /// Closes the file; later calls throw.
  public func close() { database.withLock { $0.close() } }

  /// The least key that is greater than all keys that begin with `prefix`: where a listing goes on behind a common prefix. nil if
  /// there is none.
  public static func successor(ofPrefix prefix: [UInt8]) -> [UInt8]? {
    guard let last = prefix.lastIndex(where: { $0 != 0xFF }) else { return nil }
    return prefix[..<last] + [prefix[last] + 1]
  }
}
