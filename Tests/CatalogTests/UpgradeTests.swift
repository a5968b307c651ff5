import Glibc
import ObjectStorage
import Primitives
import SQL
import Testing

@testable import Catalog

/// States of every earlier schema are brought to the newest one with all they know.
///
/// `Golden/state-N.sql` is a state as schema N kept it. A new schema adds a file of the one before it.
struct UpgradeTests {
  let scratch = Scratch()
  private static let id = "fa075863bbf7b9a7a2d43b0bf2da57ab"
  static let earlier = Array(1..<Schema.migrations.newest)

  private func file(_ suffix: String) -> String { "\(scratch.path)/state/pairs/\(Self.id).\(suffix)" }

  /// Puts the state of a schema in its place.
  private func install(_ version: Int) throws {
    _ = try scratch.state()
    let golden = "\(#filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 })/Golden/state-\(version).sql"
    // From schema 2 on pages carry checksums.
    let database = try Database.open(path: file("db"), options: DatabaseOptions(checksPages: version > 1))
    try database.execute(String(decoding: read(golden), as: UTF8.self))
    try #require(try Migrations.version(of: database) == version)
    database.close()
    write(Array("2\n".utf8), to: file("epoch"))
  }

  private func open() throws -> PairCatalog {
    let listed = try #require(try scratch.state().pairs().first)
    guard case .known(let pair, _, _, _, _) = listed.content else { throw CatalogError(.notFound, "the state cannot be read") }
    return try PairCatalog.open(scratch.state(), pair: pair, clock: Sample.clock)
  }

  @Test(arguments: earlier) func `a state of an earlier schema is read, upgraded and kept as a copy`(version: Int) throws {
    try install(version)
    // Looking changes nothing.
    #expect(StateCheck.check(try scratch.state(), id: Self.id).isSound)
    let before = read(file("db"))
    let viewer = try PairCatalog.openReadOnly(scratch.state(), id: Self.id, clock: Sample.clock)
    let known = try viewer.baseScan().rest()
    viewer.close()
    #expect(known.map(\.key.description) == ["d/", "d/x", "f1", "f2", "f4", "f6", "f7", "f8", "g5"])
    #expect(read(file("db")) == before)

    let catalog = try open()
    #expect(try Migrations.version(of: catalog.database) == Schema.migrations.newest)
    #expect(catalog.database.pagesAreChecked)
    #expect(!catalog.isRolledBack)
    #expect(catalog.epoch == 2)
    #expect(try catalog.baseScan().rest() == known)
    #expect(try catalog.runs().map(\.kind) == [.sync, .sync])
    #expect(try catalog.operations(of: RunID(2)).map { "\($0.result.key)" }.sorted() == ["f3", "f4", "g5"])
    #expect(try catalog.trash().map { "\($0.key) \($0.side) \($0.reason)" } == ["f4 left overwritten", "f3 right deleted"])
    #expect(try catalog.conflicts(open: true).map { "\($0.key) \($0.kind)" } == ["f6 bothModified"])
    // It works on.
    let run = try catalog.beginRun(.sync)
    try catalog.apply([.remove(ObjectKey("f1")), .set(Sample.entry(Sample.key(1)))])
    try catalog.endRun(run, RunSummary(isComplete: true))
    catalog.close()
    #expect(StateCheck.check(try scratch.state(), id: Self.id).isSound)

    // What was there before is kept as it was, and can be gone back to.
    let copy = try Database.open(
      path: file("db.before-upgrade"), options: DatabaseOptions(readOnly: true, checksPages: version > 1))
    #expect(try Migrations.version(of: copy) == version)
    #expect(try copy.integer("SELECT count(*) FROM base") == Int64(known.count))
  }

  @Test func `an upgrade that was cut off is done at the next start`() throws {
    try install(1)
    // The file is rewritten, and the process dies before the number is raised.
    let database = try Database.open(path: file("db"), options: DatabaseOptions(checksPages: true))
    try database.rewriteWithChecksums()
    database.close()
    let catalog = try open()
    #expect(try Migrations.version(of: catalog.database) == Schema.migrations.newest)
    #expect(try catalog.baseScan().rest().count == 9)
  }

  @Test(arguments: earlier) func `damage in a state of an earlier schema is found before it is upgraded`(version: Int) throws {
    try install(version)
    var bytes = read(file("db"))
    for page in 1..<bytes.count / 8192 { for index in 0..<16 { bytes[page * 8192 + index] = 0xFF } }
    write(bytes, to: file("db"))
    guard case .corrupt = StateCheck.check(try scratch.state(), id: Self.id).state else {
      Issue.record("the check found nothing")
      return
    }
    let pair = try PairRecord(
      id: Self.id, left: PairEnd(stableID: "l", displayName: "l"), right: PairEnd(stableID: "r", displayName: "r"),
      created: Sample.start)
    let error = #expect(throws: CatalogError.self) { try PairCatalog.open(scratch.state(), pair: pair, clock: Sample.clock) }
    #expect(error?.code == .corrupt)
    #expect(read(file("db")) == bytes)
  }

  @Test func `a header that has lost its word for the checksums is damage`() throws {
    try Sample.open(scratch).close()
    var bytes = read(scratch.file("db"))
    // The number of reserved bytes.
    bytes[20] = 0
    write(bytes, to: scratch.file("db"))
    let error = #expect(throws: CatalogError.self) { try Sample.open(scratch) }
    #expect(error?.code == .corrupt)
  }

  @Test func `maps of large files are kept for one version of them, and go with their paths`() throws {
    let catalog = try Sample.open(scratch)
    let entry = Sample.entry(Sample.key(1))
    try catalog.apply([.set(entry)])
    let (one, two) = (ObjectVersion("one"), ObjectVersion("two"))
    try catalog.setChunkMap(entry.key, version: one, [1, 2, 3])
    #expect(try catalog.chunkMap(entry.key, version: one) == [1, 2, 3])
    #expect(try catalog.chunkMap(entry.key, version: two) == nil)
    try catalog.setChunkMap(entry.key, version: two, [4])
    #expect(try catalog.chunkMap(entry.key, version: one) == nil)
    #expect(try catalog.chunkMap(entry.key, version: two) == [4])
    #expect(try catalog.pruneChunkMaps() == 0)
    try catalog.apply([.remove(entry.key)])
    #expect(try catalog.pruneChunkMaps() == 1)
    #expect(try catalog.chunkMap(entry.key, version: two) == nil)
  }
}
