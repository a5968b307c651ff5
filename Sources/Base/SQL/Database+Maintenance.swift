import CSQLite
import Glibc
import Primitives

extension Database {
  /// What a checkpoint waits for and leaves behind.
  public enum CheckpointMode: Sendable {
    /// Copies what it can without waiting for anyone.
    case passive
    /// Waits for writers, copies everything.
    case full
    /// As `full`, and the log starts from its beginning again.
    case restart
    /// As `restart`, and the log's file is cut to zero length.
    case truncate

    var rawValue: Int32 {
      switch self {
      case .passive: SQLITE_CHECKPOINT_PASSIVE
      case .full: SQLITE_CHECKPOINT_FULL
      case .restart: SQLITE_CHECKPOINT_RESTART
      case .truncate: SQLITE_CHECKPOINT_TRUNCATE
      }
    }
  }

  /// What a checkpoint did.
  public struct CheckpointResult: Sendable, Equatable {
    /// Pages in the log.
    public let logPages: Int
    /// Pages of it that are in the database file now.
    public let copiedPages: Int
  }

  /// Copies the write-ahead log into the database file.
  /// - Throws: `.busy` if another connection keeps the log in use (not in `.passive`).
  @discardableResult
  public func checkpoint(_ mode: CheckpointMode = .passive) throws -> CheckpointResult {
    var log: Int32 = 0
    var copied: Int32 = 0
    let status = sqlite3_wal_checkpoint_v2(try connection(), nil, mode.rawValue, &log, &copied)
    guard status == SQLITE_OK else { throw lastError(status, sql: nil) }
    return CheckpointResult(logPages: max(Int(log), 0), copiedPages: max(Int(copied), 0))
  }

  /// Looks for damage without reading the indexes against their tables: seconds for a large file.
  /// - Returns: up to 100 problems as text; empty where the file is sound.
  public func quickCheck() throws -> [String] { try problems("PRAGMA quick_check") }

  /// Looks for damage everywhere, indexes and foreign keys included.
  /// - Returns: up to 100 problems as text; empty where the file is sound.
  public func integrityCheck() throws -> [String] {
    if let problem = try headerProblem() { return [problem] }
    let damage = try problems("PRAGMA integrity_check")
    return damage.isEmpty ? try foreignKeyProblems() : damage
  }

  /// What keeps SQLite from writing to the file, but not from reading it, and so is no problem to its own check.
  private func headerProblem() throws -> String? {
    var header = [UInt8](repeating: 0, count: 20)
    guard csqlite_read_header(try connection(), &header, Int32(header.count)) == SQLITE_OK else { return nil }
    // Byte 18 names the format for writing: 1 with a rollback journal, 2 with a write-ahead log.
    return header[18] > 2 ? "the header names a format of the future" : nil
  }

  private func problems(_ sql: String) throws -> [String] {
    do {
      let lines = try strings(sql)
      return lines == ["ok"] ? [] : lines
    } catch let error as SQLError where error.isCorrupt {
      return [error.message]
    }
  }

  /// Rows whose foreign key points nowhere, as text.
  func foreignKeyProblems() throws -> [String] {
    let statement = try prepare("PRAGMA foreign_key_check")
    defer { statement.reset() }
    var result: [String] = []
    while result.count < 100, try statement.step() {
      result.append("a row of \(statement.string(0)) refers to a missing row of \(statement.string(2))")
    }
    return result
  }

  /// Writes a compact, consistent copy of the database to `target`, replacing what is there in one step.
  ///
  /// The copy is written beside `target` under a temporary name and synced first. Not allowed inside a transaction.
  public func backup(to target: [UInt8]) throws {
    let temporary = target + Array(".tmp-\(getpid())".utf8)
    let temporaryName = temporary + [0]
    withPath(temporaryName) { _ = unlink($0) }
    do {
      let copy = try prepare("VACUUM INTO ?1")
      // A blob is refused as a file name, and a String would repair the bytes of a name that is not UTF-8.
      try copy.bindText(1, temporary)
      try copy.run()
      try publish(temporaryName, as: target + [0])
    } catch {
      withPath(temporaryName) { _ = unlink($0) }
      throw error
    }
  }

  private func publish(_ temporary: [UInt8], as target: [UInt8]) throws {
    let failed = withPath(temporary) { from -> Int32 in
      let descriptor = Glibc.open(from, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { return errno }
      defer { _ = Glibc.close(descriptor) }
      guard fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0 else { return errno }
      return withPath(target) { rename(from, $0) == 0 ? 0 : errno }
    }
    guard failed == 0 else {
      throw SQLError(
        code: failed == ENOSPC ? .full : .io, message: "the backup cannot be written: \(String(cString: strerror(failed)))",
        path: DisplayText.escape(target.dropLast()), systemError: failed)
    }
  }

  private func withPath<Result>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    path.withUnsafeBytes { body($0.bindMemory(to: CChar.self).baseAddress!) }
  }
}
