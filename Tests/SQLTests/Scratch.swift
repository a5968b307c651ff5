import Glibc
import SQL

/// A directory of its own for one test, removed with the value's owner.
final class Scratch {
  let path: String

  init() {
    var name = Array("/tmp/isobar-sql-XXXXXX".utf8CString)
    path = name.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  deinit {
    // Names that are not UTF-8 too.
    for name in Self.rawNames(in: path) { unlink(Array(path.utf8CString.dropLast()) + [0x2F] + name) }
    rmdir(path)
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  static func names(in path: String) -> [String] {
    rawNames(in: path).map { name in name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) } }
  }

  private static func rawNames(in path: String) -> [[CChar]] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [[CChar]] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.bindMemory(to: CChar.self).prefix { $0 != 0 }) + [0] }
      if name != [0x2E, 0] && name != [0x2E, 0x2E, 0] { names.append(name) }
    }
    return names
  }
}

func read(_ path: String) -> [UInt8] {
  let descriptor = open(path, O_RDONLY)
  precondition(descriptor >= 0, "cannot open \(path)")
  defer { close(descriptor) }
  var bytes = [UInt8](repeating: 0, count: Int(lseek(descriptor, 0, SEEK_END)))
  let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
  precondition(count == bytes.count)
  return bytes
}

func write(_ bytes: [UInt8], to path: String) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  precondition(descriptor >= 0, "cannot create \(path)")
  defer { close(descriptor) }
  let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
  precondition(count == bytes.count)
}

/// A database whose table `t` holds `rows` rows of 100 bytes.
func filled(_ path: String, rows: Int, options: DatabaseOptions = .init()) throws -> Database {
  let database = try Database.open(path: path, options: options)
  try database.execute("CREATE TABLE t(k INTEGER PRIMARY KEY, v BLOB NOT NULL)")
  try insert(rows, into: database)
  return database
}

func insert(_ rows: Int, into database: Database) throws {
  let first = try database.integer("SELECT coalesce(max(k), 0) FROM t") + 1
  let statement = try database.prepare("INSERT INTO t VALUES(?1, ?2)")
  try database.transaction {
    for key in first..<first + Int64(rows) {
      try statement.bind(1, key)
      try statement.bind(2, [UInt8](repeating: UInt8(truncatingIfNeeded: key), count: 100))
      try statement.run()
    }
  }
}
