import ObjectStorage
import Primitives
import SQL

/// The base tree as one ordered stream, as it was when the scan began. Used by one caller at a time; blocks on the disk.
///
/// A scan that is left open keeps the log from being recycled: read it to its end or `close` it.
public final class BaseScan: @unchecked Sendable {
  private let database: Database
  private let statement: Statement
  private var last: ObjectKey?
  /// How many entries must come; nil for a scan that does not start at the beginning.
  private let expected: Int64?
  private var passed: Int64 = 0
  private var isOver = false

  init(path: [UInt8], after: ObjectKey?) throws {
    database = try Database.open(path: path, options: DatabaseOptions(readOnly: true, cacheKiB: 2 * 1024, checksPages: true))
    do {
      // The first read fixes what this transaction sees.
      try database.execute("BEGIN")
      expected = try after == nil ? Self.count(database) : nil
      last = after
      statement = try database.prepare(
        after == nil ? "SELECT key, record FROM base ORDER BY key" : "SELECT key, record FROM base WHERE key > ?1 ORDER BY key")
      if let after {
        _ = try database.integer("SELECT count(*) FROM (SELECT 1 FROM base LIMIT 1)")
        try statement.bind(1, after.bytes)
      }
    } catch {
      database.close()
      throw error
    }
  }

  deinit { close() }

  /// The next entry, or nil after the last.
  /// - Throws: `CatalogError`; `.corrupt` also where an entry is not what was written, out of order, or missing.
  public func next() throws -> BaseEntry? {
    guard !isOver else { return nil }
    return try catalogued {
      guard try statement.step() else {
        close()
        guard expected.map({ $0 == passed }) ?? true else {
          throw CatalogError.corrupt("\(passed) paths of \(expected ?? 0) are there", place: database.displayPath)
        }
        return nil
      }
      let entry = try Self.entry(of: statement, place: database.displayPath)
      guard isAfterLast(entry.key) else {
        throw CatalogError.corrupt("its paths are out of order", place: database.displayPath)
      }
      last = entry.key
      passed += 1
      return entry
    }
  }

  /// Ends the scan early. Harmless at any time.
  public func close() {
    guard !isOver else { return }
    isOver = true
    statement.reset()
    database.close()
  }

  private func isAfterLast(_ key: ObjectKey) -> Bool { last.map { $0 < key } ?? true }

  static func entry(of statement: Statement, place: @autoclosure () -> String) throws -> BaseEntry {
    do {
      return try statement.withBytes(0) { key in try statement.withBytes(1) { record in try BaseRecord.read(record, key: key) } }
    } catch is RecordReader.Malformed {
      throw CatalogError.corrupt("the record of a path is not what was written", place: place())
    }
  }

  private static func count(_ database: Database) throws -> Int64 {
    let statement = try database.prepare("SELECT value FROM meta WHERE name = ?1")
    defer { statement.reset() }
    try statement.bind(1, MetaName.count)
    guard try statement.step() else { return 0 }
    guard let value = PairCatalog.checked(statement.bytes(0), name: MetaName.count) else {
      throw CatalogError.corrupt("the number of paths", place: database.displayPath)
    }
    var number: Int64?
    value.withUnsafeBytes { bytes in
      var reader = RecordReader(bytes)
      number = try? reader.signed()
    }
    guard let number else { throw CatalogError.corrupt("the number of paths", place: database.displayPath) }
    return number
  }
}
