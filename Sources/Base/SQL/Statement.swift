import CSQLite

/// A compiled statement of one `Database`, under the same contract: one caller at a time.
///
/// Parameters are numbered from 1, columns from 0, as in SQLite. A run is: bind, then `run()` or `step()` until it gives false.
/// At its end, and after an error, the statement resets itself and forgets its values; leave a row loop early with `reset()`.
public final class Statement: @unchecked Sendable {
  /// The statement's text.
  public let sql: String
  private let path: String
  private let connection: OpaquePointer
  private var handle: OpaquePointer?
  private var values = BindArena()
  /// Whether the statement is in the middle of giving rows.
  public private(set) var isActive = false

  init(connection: OpaquePointer, sql: String, path: String) throws {
    self.sql = sql
    self.path = path
    self.connection = connection
    var text = sql
    let status = text.withUTF8 { utf8 in
      utf8.withMemoryRebound(to: CChar.self) {
        sqlite3_prepare_v3(connection, $0.baseAddress, Int32($0.count), UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
      }
    }
    guard status == SQLITE_OK else { throw SQLError(handle: connection, status: status, sql: sql, path: path) }
    guard handle != nil else { throw SQLError(code: .error, message: "the statement is empty", sql: sql, path: path) }
  }

  deinit { finalize() }

  /// Frees the statement; using it afterwards throws `.misuse`.
  func finalize() {
    sqlite3_finalize(handle)
    handle = nil
    isActive = false
    values.free()
  }

  private func check(_ status: Int32) throws {
    guard status == SQLITE_OK else { throw failure(status) }
  }

  private func failure(_ status: Int32) -> SQLError {
    // Without the statement the connection may be gone too: its message must not be asked for.
    guard handle != nil else { return SQLError(code: .misuse, message: "the database is closed", sql: sql, path: path) }
    return SQLError(handle: connection, status: status, sql: sql, path: path)
  }

  // MARK: Binding

  /// Binds an integer, or NULL for nil.
  public func bind(_ index: Int, _ value: Int64?) throws {
    guard let value else { return try bindNull(index) }
    try check(sqlite3_bind_int64(handle, Int32(index), value))
  }

  /// Binds an integer, or NULL for nil.
  public func bind(_ index: Int, _ value: Int?) throws { try bind(index, value.map(Int64.init)) }

  /// Binds a floating-point number, or NULL for nil.
  public func bind(_ index: Int, _ value: Double?) throws {
    guard let value else { return try bindNull(index) }
    try check(sqlite3_bind_double(handle, Int32(index), value))
  }

  /// Binds a blob, or NULL for nil; copied, so the caller may change it at once.
  public func bind(_ index: Int, _ value: [UInt8]?) throws {
    guard let value else { return try bindNull(index) }
    try value.withUnsafeBytes { try bindBorrowed(index, values.copy($0)) }
  }

  /// Binds a blob, or NULL for nil; copied.
  public func bind(_ index: Int, _ value: ArraySlice<UInt8>?) throws {
    guard let value else { return try bindNull(index) }
    try value.withUnsafeBytes { try bindBorrowed(index, values.copy($0)) }
  }

  /// Binds text, or NULL for nil; copied.
  public func bind(_ index: Int, _ value: String?) throws {
    guard var text = value else { return try bindNull(index) }
    try text.withUTF8 { try bindText(index, UnsafeRawBufferPointer($0)) }
  }

  /// Binds bytes as text, whatever they are; copied. For file names that go to SQLite itself.
  func bindText(_ index: Int, _ value: [UInt8]) throws { try value.withUnsafeBytes { try bindText(index, $0) } }

  private func bindText(_ index: Int, _ value: UnsafeRawBufferPointer) throws {
    let copy = values.copy(value)
    let pointer = copy.baseAddress.map { $0.assumingMemoryBound(to: CChar.self) }
    try check(sqlite3_bind_text64(handle, Int32(index), pointer, UInt64(copy.count), nil, UInt8(SQLITE_UTF8)))
  }

  /// Binds NULL.
  public func bindNull(_ index: Int) throws { try check(sqlite3_bind_null(handle, Int32(index))) }

  /// Binds a blob without copying it: the memory must stay as it is until the statement is reset or its last `step()` returned.
  public func bindBorrowed(_ index: Int, _ value: UnsafeRawBufferPointer) throws {
    // A null pointer would bind NULL.
    guard let base = value.baseAddress, value.count > 0 else { return try check(sqlite3_bind_zeroblob(handle, Int32(index), 0)) }
    try check(sqlite3_bind_blob64(handle, Int32(index), base, UInt64(value.count), nil))
  }

  // MARK: Running

  /// Goes to the next row. False after the last one, with the statement reset.
  public func step() throws -> Bool {
    let status = sqlite3_step(handle)
    if status == SQLITE_ROW {
      isActive = true
      return true
    }
    if status == SQLITE_DONE {
      reset()
      return false
    }
    let error = failure(status)
    reset()
    throw error
  }

  /// Runs the statement to its end, passing over its rows.
  public func run() throws {
    while try step() {}
  }

  /// Gives up the rows that are left and forgets the bound values. Harmless when there is nothing to reset.
  public func reset() {
    isActive = false
    guard let handle else { return }
    // Its status repeats the error that `step` has thrown.
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
    values.clear()
  }

  // MARK: Columns of the current row

  /// Whether the column is NULL.
  public func isNull(_ column: Int) -> Bool { sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL }

  /// The column as an integer; 0 for NULL.
  public func int(_ column: Int) -> Int64 { sqlite3_column_int64(handle, Int32(column)) }

  /// The column as a floating-point number; 0 for NULL.
  public func double(_ column: Int) -> Double { sqlite3_column_double(handle, Int32(column)) }

  /// The column's bytes; empty for NULL.
  public func bytes(_ column: Int) -> [UInt8] { withBytes(column) { Array($0) } }

  /// The column as text; empty for NULL, invalid UTF-8 repaired.
  public func string(_ column: Int) -> String { withBytes(column) { String(decoding: $0, as: UTF8.self) } }

  /// Calls `body` with the column's bytes in place; they are gone after it.
  public func withBytes<Result>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    // The pointer first: asking for it may convert the value and change its length.
    let pointer = sqlite3_column_blob(handle, Int32(column))
    let count = pointer == nil ? 0 : Int(sqlite3_column_bytes(handle, Int32(column)))
    return try body(UnsafeRawBufferPointer(start: pointer, count: count))
  }

  /// The number of columns a row has.
  public var columnCount: Int { Int(sqlite3_column_count(handle)) }
}
