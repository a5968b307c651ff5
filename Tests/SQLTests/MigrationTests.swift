import Glibc
import SQL
import Testing

struct MigrationTests {
  let scratch = Scratch()
  static let one = Migration(
    version: 1, name: "items", sql: "CREATE TABLE t(k INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1, 'a')")
  static let two = Migration(version: 2, name: "size") { try $0.execute("ALTER TABLE t ADD COLUMN size INTEGER") }
  static let broken = Migration(version: 3, name: "broken", sql: "DELETE FROM t; INSERT INTO missing VALUES(1)")

  @Test func `steps are applied once and in order`() throws {
    let database = try Database.open(path: scratch.file("a.db"))
    #expect(try Migrations([Self.one]).apply(to: database) == [1])
    #expect(try Migrations([Self.one, Self.two]).apply(to: database) == [2])
    #expect(try Migrations([Self.one, Self.two]).apply(to: database) == [])
    #expect(try Migrations.version(of: database) == 2)
    #expect(try database.integer("SELECT count(size IS NULL) FROM t") == 1)
    #expect(try database.integer("PRAGMA foreign_keys") == 1)
  }

  @Test func `a step that fails leaves the file at the version before it`() throws {
    let database = try Database.open(path: scratch.file("a.db"))
    #expect(throws: SQLError.self) { try Migrations([Self.one, Self.two, Self.broken]).apply(to: database) }
    #expect(try Migrations.version(of: database) == 2)
    #expect(try database.integer("SELECT count(*) FROM t") == 1)
    #expect(!database.isInTransaction)
  }

  @Test func `a database of a newer version is refused and not touched`() throws {
    let path = scratch.file("a.db")
    let database = try Database.open(path: path)
    try Migrations([Self.one, Self.two]).apply(to: database)
    let old = Migrations([Self.one])
    let error = #expect(throws: SQLError.self) { try old.apply(to: database, backup: Array((path + ".bak").utf8)) }
    #expect(error?.code == .newerSchema)
    #expect(error?.message.contains("newer version of this program (schema 2, this one knows up to 1)") == true)
    #expect(try Migrations.version(of: database) == 2)
    #expect(!Scratch.names(in: scratch.path).contains("a.db.bak"))
  }

  @Test func `the file is copied before it is changed, one generation back`() throws {
    let path = scratch.file("a.db")
    let backup = Array((path + ".bak").utf8)
    let database = try Database.open(path: path)
    try Migrations([Self.one]).apply(to: database, backup: backup)
    #expect(!Scratch.names(in: scratch.path).contains("a.db.bak"))
    write(Array("the copy of an earlier migration".utf8), to: path + ".bak")
    try Migrations([Self.one, Self.two]).apply(to: database, backup: backup)
    let copy = try Database.open(path: path + ".bak", options: .init(readOnly: true))
    #expect(try Migrations.version(of: copy) == 1)
    #expect(try copy.strings("SELECT v FROM t") == ["a"])
    #expect(Scratch.names(in: scratch.path).filter { $0.contains("tmp") } == [])
  }

  @Test func `a step that breaks a foreign key is undone`() throws {
    let database = try Database.open(path: ":memory:")
    let first = Migration(
      version: 1, name: "tables",
      sql: """
        CREATE TABLE p(k INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p(k));
        INSERT INTO p VALUES(1); INSERT INTO c VALUES(1)
        """)
    let second = Migration(version: 2, name: "prune", sql: "DELETE FROM p")
    let error = #expect(throws: SQLError.self) { try Migrations([first, second]).apply(to: database) }
    #expect(error?.code == .foreignKeyConstraint)
    #expect(error?.message.contains("migration 2 (prune)") == true)
    #expect(try database.integer("SELECT count(*) FROM p") == 1)
    #expect(try Migrations.version(of: database) == 1)
  }
}
