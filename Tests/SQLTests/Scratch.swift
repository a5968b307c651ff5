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
    for name in Self.names(in: path) { unlink("\(path)/\(name)") }
    rmdir(path)
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  static func names(in path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
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
