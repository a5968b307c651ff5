import SQL
import Testing

struct StatementTests {
  let database: Database

  init() throws { database = try Database.open(path: ":memory:") }

  @Test func `values of every kind come back as they were bound`() throws {
    let statement = try database.prepare("SELECT ?1, ?2, ?3, ?4, ?5, ?6")
    try statement.bind(1, Int64.min)
    try statement.bind(2, 1.5)
    try statement.bind(3, [0, 255, 10] as [UInt8])
    try statement.bind(4, "na\u{00EF}ve")
    try statement.bind(5, nil as String?)
    try statement.bind(6, 7)
    #expect(try statement.step())
    #expect(statement.int(0) == .min)
    #expect(statement.double(1) == 1.5)
    #expect(statement.bytes(2) == [0, 255, 10])
    #expect(statement.string(3) == "na\u{00EF}ve")
    #expect(statement.isNull(4) && statement.bytes(4).isEmpty)
    #expect(statement.int(5) == 7)
    #expect(try !statement.step())
  }

  @Test func `an empty blob and an empty text are not NULL`() throws {
    let statement = try database.prepare("SELECT typeof(?1), typeof(?2), typeof(?3), typeof(?4)")
    try statement.bind(1, [] as [UInt8])
    try statement.bind(2, "")
    try statement.bindBorrowed(3, UnsafeRawBufferPointer(start: nil, count: 0))
    #expect(try statement.step())
    #expect((0..<4).map { statement.string($0) } == ["blob", "text", "blob", "null"])
  }

  @Test func `values are forgotten at the end of a run`() throws {
    let statement = try database.prepare("SELECT ?1")
    try statement.bind(1, "secret")
    try statement.run()
    #expect(try statement.step())
    #expect(statement.isNull(0))
  }

  @Test func `large and many values stay in place until the step`() throws {
    let statement = try database.prepare("SELECT ?1, ?2, ?3, ?4")
    for round in 1...3 {
      let sizes = [1, 400, 100_000 * round, 300]
      for (index, size) in sizes.enumerated() {
        try statement.bind(index + 1, [UInt8](repeating: UInt8(index + round), count: size))
      }
      #expect(try statement.step())
      for (index, size) in sizes.enumerated() {
        #expect(statement.bytes(index) == [UInt8](repeating: UInt8(index + round), count: size))
      }
      statement.reset()
    }
  }

  @Test func `the same text gives the same statement unless it is giving rows`() throws {
    let first = try database.prepare("SELECT 1 UNION SELECT 2")
    #expect(try database.prepare("SELECT 1 UNION SELECT 2") === first)
    #expect(try first.step())
    let second = try database.prepare("SELECT 1 UNION SELECT 2")
    #expect(second !== first)
    #expect(try second.step() && second.int(0) == 1)
    #expect(try first.step() && first.int(0) == 2)
  }

  @Test func `a violated constraint is recognised by its primary and its extended code`() throws {
    try database.execute("CREATE TABLE t(k INTEGER PRIMARY KEY, u TEXT UNIQUE, CHECK(k < 10)); INSERT INTO t VALUES(1, 'a')")
    func code(_ sql: String) -> SQLError.Code? {
      do { try database.execute(sql) } catch { return (error as? SQLError)?.code }
      return nil
    }
    #expect(code("INSERT INTO t VALUES(2, 'a')") == .uniqueConstraint)
    #expect(code("INSERT INTO t VALUES(1, 'b')") == .primaryKeyConstraint)
    let check = try #require(code("INSERT INTO t VALUES(11, 'b')"))
    #expect(.constraint ~= check)
    #expect(!(.uniqueConstraint ~= check))
    #expect(!(.busy ~= check))
  }

  @Test func `an error names the statement and never its values`() throws {
    try database.execute("CREATE TABLE t(k TEXT PRIMARY KEY)")
    let statement = try database.prepare("INSERT INTO t VALUES(?1)")
    try statement.bind(1, "hidden")
    try statement.run()
    try statement.bind(1, "hidden")
    let error = #expect(throws: SQLError.self) { try statement.run() }
    #expect(error?.description.contains("INSERT INTO t VALUES(?1)") == true)
    #expect(error?.description.contains("hidden") == false)
  }

  @Test func `wrong text, wrong parameters and a closed database throw`() throws {
    #expect(throws: SQLError.self) { try database.prepare("SELEC 1") }
    #expect(throws: SQLError.self) { try database.prepare("  ") }
    let statement = try database.prepare("SELECT ?1")
    let range = #expect(throws: SQLError.self) { try statement.bind(2, 1) }
    #expect(range?.code == .range)
    database.close()
    #expect(#expect(throws: SQLError.self) { try statement.step() }?.code == .misuse)
    #expect(#expect(throws: SQLError.self) { try database.execute("SELECT 1") }?.code == .misuse)
  }
}
