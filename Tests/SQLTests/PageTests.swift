import Testing

@testable import SQL

/// Checksums of pages: what SQLite itself reads over.
struct PageTests {
  let scratch = Scratch()
  private let checked = DatabaseOptions(checksPages: true)

  private func filled(_ path: String, _ options: DatabaseOptions) throws -> Database {
    let database = try Database.open(path: path, options: options)
    try database.execute("CREATE TABLE t(k INTEGER PRIMARY KEY, v BLOB)")
    try database.transaction {
      let insert = try database.prepare("INSERT INTO t VALUES(?1, ?2)")
      for key in 0..<2000 {
        try insert.bind(1, key)
        try insert.bind(2, [UInt8](repeating: UInt8(truncatingIfNeeded: key), count: 40))
        try insert.run()
      }
    }
    return database
  }

  private func sum(_ path: String, _ options: DatabaseOptions) throws -> Int64 {
    let database = try Database.open(path: path, options: options)
    defer { database.close() }
    return try database.integer("SELECT count(*) FROM t WHERE v = zeroblob(40) OR length(v) = 40")
  }

  @Test func `a flipped bit in a value is refused when its page is read`() throws {
    let path = scratch.file("a.db")
    try filled(path, checked).close()
    #expect(try sum(path, checked) == 2000)
    var bytes = read(path)
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: [UInt8](repeating: 77, count: 40)) })
    bytes[place + 11] ^= 1
    write(bytes, to: path)
    let error = #expect(throws: SQLError.self) { try sum(path, checked) }
    #expect(error?.code == .damagedPage)
    #expect(error?.isCorrupt == true)
    // Without the layer nobody would know.
    #expect(try sum(path, DatabaseOptions()) == 2000)
  }

  @Test func `a page in the place of another, a page of zeros and a cut page are refused`() throws {
    let path = scratch.file("a.db")
    try filled(path, checked).close()
    let sound = read(path)
    let page = 8192
    for number in 1..<sound.count / page {
      var moved = sound
      let other = number == 1 ? 2 : number - 1
      moved.replaceSubrange(number * page..<(number + 1) * page, with: sound[other * page..<(other + 1) * page])
      var lost = sound
      lost.replaceSubrange(number * page..<(number + 1) * page, with: [UInt8](repeating: 0, count: page))
      for bytes in [moved, lost] {
        write(bytes, to: path)
        let error = #expect(throws: SQLError.self, "page \(number)") { try sum(path, checked) }
        #expect(error?.isCorrupt == true)
      }
    }
    write(Array(sound.dropLast(100)), to: path)
    let error = #expect(throws: SQLError.self) { try sum(path, checked) }
    #expect(error?.isCorrupt == true)
  }

  @Test func `a file without checksums is read as it is, and gets them when it is rewritten`() throws {
    let path = scratch.file("a.db")
    try filled(path, DatabaseOptions()).close()
    let database = try Database.open(path: path, options: checked)
    #expect(!database.pagesAreChecked)
    try database.execute("INSERT INTO t VALUES(5000, zeroblob(40))")
    try database.rewriteWithChecksums()
    #expect(database.pagesAreChecked)
    try database.execute("INSERT INTO t VALUES(5001, zeroblob(40))")
    #expect(try database.integrityCheck() == [])
    database.close()
    #expect(try sum(path, checked) == 2002)
    // Anybody can read it.
    #expect(try sum(path, DatabaseOptions(readOnly: true)) == 2002)
    // A copy has them too.
    let again = try Database.open(path: path, options: checked)
    try again.backup(to: Array(scratch.file("b.db").utf8))
    again.close()
    let copy = try Database.open(path: scratch.file("b.db"), options: checked)
    #expect(copy.pagesAreChecked)
    #expect(try copy.integrityCheck() == [])
  }

  @Test func `a rewrite that was cut off is done again`() throws {
    let path = scratch.file("a.db")
    try filled(path, DatabaseOptions()).close()
    let database = try Database.open(path: path, options: checked)
    // The files as they stand when the new pages are in the log and the file has not got them yet.
    let before = read(path)
    try database.reserveAndVacuum()
    write(before, to: scratch.file("b.db"))
    write(read(path + "-wal"), to: scratch.file("b.db-wal"))
    database.close()
    let again = try Database.open(path: scratch.file("b.db"), options: checked)
    #expect(try again.integer("SELECT count(*) FROM t") == 2000)
    try again.rewriteWithChecksums()
    again.close()
    #expect(try sum(scratch.file("b.db"), checked) == 2000)
  }
}
