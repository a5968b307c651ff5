import Glibc
import SQL
import Testing

struct DamageTests {
  let scratch = Scratch()

  @Test func `a sound file has no problems`() throws {
    let database = try filled(scratch.file("a.db"), rows: 2000)
    #expect(try database.quickCheck() == [])
    #expect(try database.integrityCheck() == [])
  }

  @Test func `a damaged page is found by the check and by the reader`() throws {
    let path = scratch.file("a.db")
    try filled(path, rows: 5000).close()
    var bytes = read(path)
    // A leaf page in the middle: its header says what kind of page it is.
    let page = bytes.count / 8192 / 2
    for index in 0..<64 { bytes[page * 8192 + index] = 0xA5 }
    write(bytes, to: path)
    let database = try Database.open(path: path)
    #expect(try !database.quickCheck().isEmpty)
    #expect(try !database.integrityCheck().isEmpty)
    let error = #expect(throws: SQLError.self) { try database.prepare("SELECT sum(length(v)), sum(k) FROM t").run() }
    #expect(error?.isCorrupt == true)
  }

  @Test func `a header that lets nobody write is a problem`() throws {
    let path = scratch.file("a.db")
    try filled(path, rows: 10).close()
    var bytes = read(path)
    bytes[18] ^= 1 << 4
    write(bytes, to: path)
    let database = try Database.open(path: path, options: DatabaseOptions(readOnly: true))
    #expect(try database.integer("SELECT count(*) FROM t") == 10)
    #expect(try database.integrityCheck() == ["the header names a format of the future"])
  }

  @Test func `a file of another kind is refused when it is opened`() throws {
    let path = scratch.file("a.db")
    write(Array(repeating: 0x41, count: 10_000), to: path)
    let error = #expect(throws: SQLError.self) { try Database.open(path: path) }
    #expect(error?.code == .notADatabase)
    #expect(error?.isCorrupt == true)
  }

  @Test func `a broken foreign key is a problem`() throws {
    let database = try Database.open(path: ":memory:")
    try database.execute("CREATE TABLE p(k INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p(k))")
    #expect(throws: SQLError.self) { try database.execute("INSERT INTO c VALUES(1)") }
    try database.execute("PRAGMA foreign_keys=OFF; INSERT INTO c VALUES(1)")
    #expect(try database.integrityCheck() == ["a row of c refers to a missing row of p"])
  }

  @Test func `what a killed process had committed is there, what it had not is gone`() throws {
    let path = scratch.file("a.db")
    let database = try filled(path, rows: 100)
    try insert(50, into: database)
    // The files as they stand at the moment of a kill: the log holds the commits, and pages of a transaction without its end.
    try database.execute("PRAGMA cache_size=10")
    try? database.transaction {
      try database.execute("INSERT INTO t SELECT k + 1000, randomblob(4000) FROM t")
      write(read(path), to: scratch.file("b.db"))
      write(read(path + "-wal"), to: scratch.file("b.db-wal"))
      throw SQLError(code: .interrupted, message: "stopped here")
    }
    #expect(read(scratch.file("b.db-wal")).count > 150 * 4000 / 2)
    let recovered = try Database.open(path: scratch.file("b.db"))
    #expect(try recovered.integer("SELECT count(*) FROM t") == 150)
    #expect(try recovered.integrityCheck() == [])
  }

  @Test func `a torn log keeps the commits before the tear`() throws {
    let path = scratch.file("a.db")
    let database = try filled(path, rows: 100)
    let whole = read(path + "-wal").count
    try insert(50, into: database)
    let log = read(path + "-wal")
    #expect(log.count > whole)
    write(read(path), to: scratch.file("b.db"))
    write(Array(log.dropLast(100)), to: scratch.file("b.db-wal"))
    let recovered = try Database.open(path: scratch.file("b.db"))
    #expect(try recovered.integer("SELECT count(*) FROM t") == 100)
    #expect(try recovered.integrityCheck() == [])
  }

  @Test func `a database that cannot grow says that the disk is full, and keeps what it had`() throws {
    let database = try filled(scratch.file("a.db"), rows: 10)
    let pages = try database.integer("PRAGMA page_count")
    _ = try database.integer("PRAGMA max_page_count=\(pages + 2)")
    let error = #expect(throws: SQLError.self) { try insert(5000, into: database) }
    #expect(error?.isDiskFull == true)
    #expect(!database.isInTransaction)
    #expect(try database.integer("SELECT count(*) FROM t") == 10)
  }

  @Test func `a full file system is recognised, and the work goes on when there is room again`() throws {
    let directory = scratch.file("small")
    mkdir(directory, 0o700)
    defer { rmdir(directory) }
    guard mount("tmpfs", directory, "tmpfs", 0, "size=1m") == 0 else {
      print("skipped: mounting a small file system is not allowed here")
      return
    }
    defer { umount2(directory, Int32(MNT_DETACH)) }
    let database = try filled("\(directory)/a.db", rows: 100)
    let error = #expect(throws: SQLError.self) { try insert(50_000, into: database) }
    #expect(error?.isDiskFull == true)
    #expect(!database.isInTransaction)
    #expect(try database.integer("SELECT count(*) FROM t") == 100)
    #expect(mount("tmpfs", directory, "tmpfs", UInt(MS_REMOUNT), "size=32m") == 0)
    try insert(50_000, into: database)
    #expect(try database.integrityCheck() == [])
    database.close()
  }
}
