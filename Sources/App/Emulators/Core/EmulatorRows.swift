public import Markup
import SQL

/// The rows of an `EmulatorTable` inside a transaction.
public struct EmulatorRows {
  private let database: Database

  init(_ database: Database) { self.database = database }

  /// The row `key`; nil if there is none.
  public func get(_ collection: String, _ key: [UInt8]) throws -> JSONValue? {
    let statement = try database.prepare("SELECT value FROM rows WHERE collection = ?1 AND key = ?2")
    defer { statement.reset() }
    try statement.bind(1, collection)
    try statement.bind(2, key)
    // Not a conditional expression: nil in it would be the JSON value null.
    guard try statement.step() else { return nil }
    return try JSONValue.parse(statement.bytes(0))
  }

  /// Makes or replaces the row `key`.
  public func put(_ collection: String, _ key: [UInt8], _ value: JSONValue) throws {
    let statement = try database.prepare(
      "INSERT INTO rows(collection, key, value) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value")
    try statement.bind(1, collection)
    try statement.bind(2, key)
    try statement.bind(3, value.bytes())
    try statement.run()
  }

  /// Removes the row `key`.
  /// - Returns: whether there was one.
  @discardableResult
  public func remove(_ collection: String, _ key: [UInt8]) throws -> Bool {
    let statement = try database.prepare("DELETE FROM rows WHERE collection = ?1 AND key = ?2")
    try statement.bind(1, collection)
    try statement.bind(2, key)
    try statement.run()
    return database.changes > 0
  }

  /// Rows in bytewise ascending order of their keys.
  /// - Parameters:
  ///   - prefix: what their keys begin with.
  ///   - after: the key that they come after: the last one of the page before.
  ///   - from: the key that they begin with or come after.
  ///   - before: the key that they come before.
  ///   - limit: how many are given at most. All are held in memory.
  public func scan(
    _ collection: String, prefix: [UInt8] = [], after: [UInt8]? = nil, from: [UInt8]? = nil, before: [UInt8]? = nil, limit: Int
  ) throws -> [(key: [UInt8], value: JSONValue)] {
    var start = prefix
    if let from, start.lexicographicallyPrecedes(from) { start = from }
    // The least key after another is that one with a zero behind it.
    if let after, start.lexicographicallyPrecedes(after + [0]) { start = after + [0] }
    var end = EmulatorTable.successor(ofPrefix: prefix)
    if let before, end.map({ before.lexicographicallyPrecedes($0) }) ?? true { end = before }
    let statement = try database.prepare(
      end == nil
        ? "SELECT key, value FROM rows WHERE collection = ?1 AND key >= ?2 ORDER BY key LIMIT ?3"
        : "SELECT key, value FROM rows WHERE collection = ?1 AND key >= ?2 AND key < ?4 ORDER BY key LIMIT ?3")
    defer { statement.reset() }
    try statement.bind(1, collection)
    try statement.bind(2, start)
    try statement.bind(3, max(0, limit))
    if let end { try statement.bind(4, end) }
    var found: [(key: [UInt8], value: JSONValue)] = []
    while try statement.step() { found.append((statement.bytes(0), try JSONValue.parse(statement.bytes(1)))) }
    return found
  }

  /// How many rows have keys that begin with `prefix`. Linear in their number.
  public func count(_ collection: String, prefix: [UInt8] = []) throws -> Int {
    let end = EmulatorTable.successor(ofPrefix: prefix)
    let statement = try database.prepare(
      end == nil
        ? "SELECT count(*) FROM rows WHERE collection = ?1 AND key >= ?2"
        : "SELECT count(*) FROM rows WHERE collection = ?1 AND key >= ?2 AND key < ?3")
    defer { statement.reset() }
    try statement.bind(1, collection)
    try statement.bind(2, prefix)
    if let end { try statement.bind(3, end) }
    return try statement.step() ? Int(statement.int(0)) : 0
  }
}
