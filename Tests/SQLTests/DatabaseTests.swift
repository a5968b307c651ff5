import Glibc
import SQL
import Testing

struct DatabaseTests {
  let scratch = Scratch()

  @Test func `a new file is in WAL mode, with its page size, its id and keys enforced, readable by its owner only`() throws {
    let path = scratch.file("a.db")
    let database = try Database.open(path: path, options: .init(synchronous: .full, pageSize: 8192, applicationID: 0x1507))
    #expect(try database.strings("PRAGMA journal_mode") == ["wal"])
    #expect(try database.integer("PRAGMA page_size") == 8192)
    #expect(try database.integer("PRAGMA synchronous") == 2)
    #expect(try database.integer("PRAGMA foreign_keys") == 1)
    #expect(try database.integer("PRAGMA application_id") == 0x1507)
    var info = stat()
    #expect(stat(path, &info) == 0)
    #expect(info.st_mode & 0o777 == 0o600)
  }

  @Test func `another program's database is refused`() throws {
    let path = scratch.file("a.db")
    try filled(path, rows: 1, options: .init(applicationID: 1)).close()
    _ = try Database.open(path: path, options: .init(applicationID: 1))
    let error = #expect(throws: SQLError.self) { try Database.open(path: path, options: .init(applicationID: 2)) }
    #expect(error?.code == .wrongApplication)
  }

  @Test func `a missing file is not created when that was not asked for`() throws {
    let error = #expect(throws: SQLError.self) { try Database.open(path: scratch.file("a.db"), options: .init(create: false)) }
    #expect(error?.code.primary == .cannotOpen)
    #expect(Scratch.names(in: scratch.path).isEmpty)
  }

  @Test func `a name that looks like a URI or is not UTF-8 is a file`() throws {
    for name in [Array("file:x?mode=memory".utf8), [0x66, 0xFF, 0x66]] {
      let database = try Database.open(path: Array(scratch.path.utf8) + [0x2F] + name)
      try database.execute("CREATE TABLE t(k)")
      try database.backup(to: database.path + Array(".bak".utf8))
    }
    let names = Scratch.names(in: scratch.path)
    #expect(names.filter { $0.hasSuffix(".bak") }.count == 2)
    #expect(names.contains("file:x?mode=memory.bak"))
  }

  @Test func `a read-only connection reads and does not write`() throws {
    let path = scratch.file("a.db")
    let writer = try filled(path, rows: 3)
    let reader = try Database.open(path: path, options: .init(readOnly: true))
    #expect(try reader.integer("SELECT count(*) FROM t") == 3)
    let error = #expect(throws: SQLError.self) { try reader.execute("DELETE FROM t") }
    #expect(error?.code.primary == .readOnly)
    try insert(1, into: writer)
    #expect(try reader.integer("SELECT count(*) FROM t") == 4)
  }

  @Test func `a second writer waits, then is told that the database is busy`() throws {
    let path = scratch.file("a.db")
    let first = try filled(path, rows: 1)
    let second = try Database.open(path: path, options: .init(busyTimeout: .milliseconds(20)))
    try first.transaction {
      let error = #expect(throws: SQLError.self) { try second.transaction {} }
      #expect(error?.code.primary == .busy)
    }
    try second.transaction {}
  }

  struct Stop: Error {}

  @Test func `a transaction whose body throws leaves nothing`() throws {
    let database = try filled(scratch.file("a.db"), rows: 1)
    #expect(throws: Stop.self) {
      try database.transaction {
        try database.execute("DELETE FROM t")
        throw Stop()
      }
    }
    #expect(!database.isInTransaction)
    #expect(try database.integer("SELECT count(*) FROM t") == 1)
  }

  @Test func `a savepoint undoes its own part and nothing else`() throws {
    let database = try Database.open(path: ":memory:")
    try database.execute("CREATE TABLE t(k)")
    try database.transaction {
      try database.execute("INSERT INTO t VALUES(1)")
      try? database.savepoint {
        try database.execute("INSERT INTO t VALUES(2)")
        try database.savepoint { try database.execute("INSERT INTO t VALUES(3)") }
        throw Stop()
      }
      try database.savepoint { try database.execute("INSERT INTO t VALUES(4)") }
    }
    #expect(try database.strings("SELECT k FROM t ORDER BY k") == ["1", "4"])
  }

  @Test func `a checkpoint empties the log`() throws {
    let path = scratch.file("a.db")
    let database = try filled(path, rows: 1000)
    #expect(!read(path + "-wal").isEmpty)
    #expect(try database.checkpoint(.passive).copiedPages > 10)
    #expect(try database.checkpoint(.truncate).logPages == 0)
    #expect(read(path + "-wal").isEmpty)
    #expect(try database.integer("SELECT count(*) FROM t") == 1000)
  }
}
