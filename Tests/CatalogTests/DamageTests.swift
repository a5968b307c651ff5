import Catalog
import Glibc
import ObjectStorage
import Primitives
import SQL
import Testing

func setUserVersion(_ version: Int, in path: String) throws {
  let database = try Database.open(path: path, options: DatabaseOptions(checksPages: true))
  try database.execute("PRAGMA user_version=\(version)")
  database.close()
}

struct DamageTests {
  let scratch = Scratch()

  private func fill(_ count: Int) throws -> [BaseEntry] {
    let entries = (0..<count).map { Sample.entry(Sample.key($0), version: UInt8(truncatingIfNeeded: $0)) }
    let catalog = try Sample.open(scratch)
    let run = try catalog.beginRun(.sync)
    try catalog.apply(entries.map { .set($0) })
    try catalog.addTrash(
      TrashRecord(
        run: run, side: .left, key: Sample.key(1), trashKey: try ObjectKey(".isobar/trash/x"), size: 5, deletedAt: Sample.start,
        reason: .deleted))
    try catalog.addConflict(
      ConflictRecord(key: Sample.key(2), kind: .bothModified, detected: Sample.start, left: nil, right: nil, policy: "manual"))
    try catalog.recordIntent([Intent(.multipart, side: .right, key: Sample.key(3), token: "u")])
    try catalog.endRun(run, RunSummary(isComplete: true))
    catalog.close()
    return entries
  }

  @Test func `flipped bits are noticed or harmless, and never crash`() throws {
    let seed = freshSeed("bit flips")
    var random = SeededRandom(seed: seed)
    let entries = try fill(2000)
    let known = Set(entries)
    let sound = read(scratch.file("db"))
    var (noticed, harmless) = (0, 0)
    for round in 0..<60 {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        // The header and the schema in every third round, where little damage does much.
        let place = Int.random(in: 0..<(round % 3 == 0 ? 8192 : bytes.count), using: &random)
        bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      }
      write(bytes, to: scratch.file("db"))
      do {
        let catalog = try Sample.open(scratch)
        defer { catalog.close() }
        let found = try catalog.baseScan().rest()
        #expect(found.allSatisfy { known.contains($0) }, "seed \(seed) round \(round): an entry that was never written")
        #expect(found.count == entries.count, "seed \(seed) round \(round): \(found.count) entries")
        _ = try catalog.conflicts()
        _ = try catalog.trash()
        _ = try catalog.pending()
        _ = try catalog.splitHints(5)
        try catalog.apply(entries.prefix(500).map { .set($0) })
        harmless += 1
      } catch let error as CatalogError {
        #expect(
          [.corrupt, .failed, .wrongPair, .newerSchema, .readOnly, .busy].contains(error.code),
          "seed \(seed) round \(round): \(error)")
        noticed += 1
      }
      for suffix in ["db-wal", "db-shm"] { unlink(scratch.file(suffix)) }
    }
    print("bit flips: \(noticed) noticed, \(harmless) harmless")
    #expect(noticed > 0)
  }

  @Test func `a flipped bit anywhere in the file is found by the check`() throws {
    let seed = freshSeed("every bit")
    var random = SeededRandom(seed: seed)
    _ = try fill(400)
    let sound = read(scratch.file("db"))
    for round in 0..<250 {
      var bytes = sound
      let place = round < 100 ? round : Int.random(in: 0..<bytes.count, using: &random)
      bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      write(bytes, to: scratch.file("db"))
      let finding = StateCheck.check(try scratch.state(), id: Sample.id)
      #expect(!finding.isSound, "seed \(seed): byte \(place) of \(bytes.count)")
    }
    write(sound, to: scratch.file("db"))
    #expect(StateCheck.check(try scratch.state(), id: Sample.id).isSound)
  }

  @Test func `a record that is not what was written is found by the scan, the look-up and the check`() throws {
    let entries = try fill(300)
    // Written through the layer that gives pages their checksums: as by a program that does not know better.
    let database = try Database.open(path: scratch.file("db"), options: DatabaseOptions(checksPages: true))
    let change = try database.prepare(
      "UPDATE base SET record = CAST(substr(record, 1, length(record) - 9) || x'FF' || substr(record, -8) AS BLOB) WHERE key = ?1")
    try change.bind(1, entries[77].key.bytes)
    try change.run()
    database.close()
    let catalog = try Sample.open(scratch)
    let scan = #expect(throws: CatalogError.self) { try catalog.baseScan().rest() }
    #expect(scan?.code == .corrupt)
    #expect(scan?.message.contains("isobar state rebuild") == true)
    #expect(throws: CatalogError.self) { try catalog.base(for: entries[77].key) }
    #expect(try catalog.base(for: entries[78].key) == entries[78])
    catalog.close()
    guard case .corrupt = StateCheck.check(try scratch.state(), id: Sample.id).state else {
      Issue.record("the check found nothing")
      return
    }
  }

  @Test func `a lost row is noticed`() throws {
    _ = try fill(300)
    let database = try Database.open(path: scratch.file("db"), options: DatabaseOptions(checksPages: true))
    try database.execute("DELETE FROM base WHERE key = (SELECT max(key) FROM base)")
    database.close()
    let catalog = try Sample.open(scratch)
    let error = #expect(throws: CatalogError.self) { try catalog.baseScan().rest() }
    #expect(error?.code == .corrupt)
  }

  @Test func `a sound state is checked as sound`() throws {
    _ = try fill(300)
    let findings = try StateCheck.check(scratch.state())
    #expect(findings.count == 1 && findings[0].isSound)
    #expect(findings[0].pair?.left == Sample.left)
  }

  @Test func `a rebuild keeps the damaged file, the trash and the conflicts, and starts an empty base`() throws {
    _ = try fill(3000)
    var bytes = read(scratch.file("db"))
    let place = try #require(firstIndex(of: [UInt8](repeating: 100, count: 32), in: bytes))
    for index in place..<place + 2000 { bytes[index] = 0xA5 }
    write(bytes, to: scratch.file("db"))
    let rebuilt = try StateCheck.rebuild(scratch.state(), id: Sample.id, clock: Sample.clock)
    #expect(rebuilt.savedTrash == 1 && rebuilt.savedConflicts == 1)
    let kept = String(decoding: try #require(rebuilt.kept), as: UTF8.self)
    #expect(read(kept) == bytes)
    let catalog = try Sample.open(scratch)
    #expect(try catalog.baseCount() == 0)
    #expect(try catalog.baseScan().rest() == [])
    #expect(!catalog.isRolledBack)
    #expect(try catalog.trash().map(\.trashKey) == [ObjectKey(".isobar/trash/x")])
    #expect(try catalog.conflicts(open: true).map(\.key) == [Sample.key(2)])
    #expect(try catalog.pending().map(\.token) == ["u"])
    catalog.close()
    #expect(try StateCheck.check(scratch.state()).map(\.isSound) == [true])
  }

  @Test func `a file that is no database at all is rebuilt too`() throws {
    _ = try scratch.state()
    write([UInt8](repeating: 0x20, count: 5000), to: scratch.file("db"))
    let error = #expect(throws: CatalogError.self) { try Sample.open(scratch) }
    #expect(error?.code == .corrupt)
    let first = try StateCheck.rebuild(scratch.state(), id: Sample.id, clock: Sample.clock)
    #expect(exists(String(decoding: first.kept ?? [], as: UTF8.self)))
    #expect(!exists(scratch.file("db")))
    try Sample.open(scratch).close()
    let second = try StateCheck.rebuild(scratch.state(), id: Sample.id, clock: Sample.clock)
    #expect(first.kept != second.kept)
    let missing = #expect(throws: CatalogError.self) {
      try StateCheck.rebuild(scratch.state(), id: "ffffffffffffffff", clock: Sample.clock)
    }
    #expect(missing?.code == .notFound)
  }

  @Test func `the database of another pair is told apart, and a rebuild leaves that pair's own alone`() throws {
    _ = try fill(300)
    let other = "fedcba9876543210"
    let copied = scratch.file("db").replacing("\(Sample.id).db", with: "\(other).db")
    write(read(scratch.file("db")), to: copied)
    guard case .corrupt(let found) = StateCheck.check(try scratch.state(), id: other).state else {
      Issue.record("the check found nothing")
      return
    }
    #expect(found.first?.contains("another pair") == true)
    let listed = try scratch.state().pairs()
    #expect(listed.map(\.id).sorted() == [Sample.id, other].sorted())
    for case .known(let pair, _, _, _, _) in listed.map(\.content) { #expect(pair.id == Sample.id) }
    let mine = read(scratch.file("db"))
    let rebuilt = try StateCheck.rebuild(scratch.state(), id: other, clock: Sample.clock)
    #expect(rebuilt.savedTrash == 0 && rebuilt.savedConflicts == 0)
    #expect(exists(String(decoding: rebuilt.kept ?? [], as: UTF8.self)))
    #expect(read(scratch.file("db")) == mine)
    #expect(!exists(copied))
  }

  @Test func `a base tree without its pair is damage, and gets no other pair's name`() throws {
    _ = try fill(30)
    let database = try Database.open(path: scratch.file("db"), options: DatabaseOptions(checksPages: true))
    try database.execute("DELETE FROM meta")
    database.close()
    let error = #expect(throws: CatalogError.self) { try Sample.open(scratch) }
    #expect(error?.code == .corrupt)
    guard case .corrupt = StateCheck.check(try scratch.state(), id: Sample.id).state else {
      Issue.record("the check found nothing")
      return
    }
  }

  @Test func `tables below a header that knows of none are damage`() throws {
    _ = try fill(30)
    try setUserVersion(0, in: scratch.file("db"))
    let error = #expect(throws: CatalogError.self) { try Sample.open(scratch) }
    #expect(error?.code == .corrupt)
    guard case .corrupt = StateCheck.check(try scratch.state(), id: Sample.id).state else {
      Issue.record("the check found nothing")
      return
    }
  }

  @Test func `a file cut to nothing is a state that knows nothing, and is said to be older than its last run`() throws {
    _ = try fill(30)
    write([], to: scratch.file("db"))
    guard case .rolledBack(baseCount: 0) = StateCheck.check(try scratch.state(), id: Sample.id).state else {
      Issue.record("the check said something else")
      return
    }
    let catalog = try Sample.open(scratch)
    #expect(try catalog.baseScan().rest() == [])
    #expect(catalog.pair.left == Sample.left)
  }

  @Test func `a pair at work is not rebuilt`() throws {
    let catalog = try Sample.open(scratch)
    let error = #expect(throws: CatalogError.self) { try StateCheck.rebuild(scratch.state(), id: Sample.id, clock: Sample.clock) }
    #expect(error?.code == .locked)
    try catalog.apply([.set(Sample.entry(Sample.key(1)))])
  }

  // MARK: Older copies

  @Test func `a database restored from an older copy is noticed, until a run saw everything`() throws {
    _ = try fill(10)
    let old = read(scratch.file("db"))
    var catalog = try Sample.open(scratch)
    #expect(!catalog.isRolledBack)
    let run = try catalog.beginRun(.sync)
    try catalog.apply([.remove(Sample.key(1))])
    try catalog.endRun(run, RunSummary(isComplete: true))
    catalog.close()
    write(old, to: scratch.file("db"))
    guard case .rolledBack(baseCount: 10) = StateCheck.check(try scratch.state(), id: Sample.id).state else {
      Issue.record("the check did not notice")
      return
    }
    catalog = try Sample.open(scratch)
    #expect(catalog.isRolledBack)
    // A run that did not see everything, or died, does not end it.
    let partial = try catalog.beginRun(.sync)
    try catalog.endRun(partial, RunSummary(isComplete: false, failed: 1))
    _ = try catalog.beginRun(.sync)
    catalog.close()
    catalog = try Sample.open(scratch)
    #expect(catalog.isRolledBack)
    let whole = try catalog.beginRun(.sync)
    try catalog.endRun(whole, RunSummary(isComplete: true))
    #expect(!catalog.isRolledBack)
    catalog.close()
    #expect(try !Sample.open(scratch).isRolledBack)
  }

  @Test func `a lost or unreadable counter is taken for an older copy`() throws {
    _ = try fill(10)
    unlink(scratch.file("epoch"))
    let catalog = try Sample.open(scratch)
    #expect(catalog.isRolledBack)
    try catalog.clearBase()
    #expect(!catalog.isRolledBack)
    catalog.close()
    #expect(try !Sample.open(scratch).isRolledBack)
    _ = try fill(10)
    write(Array("garbage".utf8), to: scratch.file("epoch"))
    #expect(try Sample.open(scratch).isRolledBack)
  }

  @Test func `a process killed between the count in the database and the one beside it is no older copy`() throws {
    _ = try fill(10)
    let counter = read(scratch.file("epoch"))
    let catalog = try Sample.open(scratch)
    _ = try catalog.beginRun(.sync)
    catalog.close()
    write(counter, to: scratch.file("epoch"))
    #expect(try !Sample.open(scratch).isRolledBack)
  }

  // MARK: Death

  @Test func `a log torn anywhere leaves whole batches`() throws {
    let seed = freshSeed("kill")
    var random = SeededRandom(seed: seed)
    let catalog = try Sample.open(scratch)
    _ = try catalog.beginRun(.sync)
    for batch in 0..<40 { try catalog.apply((0..<100).map { .set(Sample.entry(Sample.key(batch * 100 + $0))) }) }
    // As they stand at a kill, with the log torn anywhere by a power cut.
    let (database, log) = (read(scratch.file("db")), read(scratch.file("db-wal")))
    catalog.close()
    for _ in 0..<25 {
      write(database, to: scratch.file("db"))
      write(Array(log.prefix(Int.random(in: 0...log.count, using: &random))), to: scratch.file("db-wal"))
      let again = try Sample.open(scratch)
      let found = try again.baseScan().rest()
      #expect(found.count % 100 == 0, "seed \(seed)")
      #expect(found == found.indices.map { Sample.entry(Sample.key($0)) }, "seed \(seed)")
      again.close()
    }
  }

  @Test func `the files of a process killed in a transaction hold what it had committed`() throws {
    _ = try scratch.state()
    // The files as they stand while somebody is in the middle of a transaction that has spilled into the log.
    let catalog = try Sample.open(scratch)
    try catalog.apply((0..<500).map { .set(Sample.entry(Sample.key($0))) })
    let database = try Database.open(path: scratch.file("db"), options: DatabaseOptions(checksPages: true))
    try? database.transaction {
      try database.execute("PRAGMA cache_size=4; DELETE FROM base")
      write(read(scratch.file("db")), to: scratch.file("copy"))
      write(read(scratch.file("db-wal")), to: scratch.file("copy-wal"))
      throw CatalogError(.failed, "killed here")
    }
    database.close()
    catalog.close()
    for suffix in ["", "-wal"] { rename(scratch.file("copy\(suffix)"), scratch.file("db\(suffix)")) }
    let again = try Sample.open(scratch)
    #expect(try again.baseScan().rest().count == 500)
    #expect(try again.baseCount() == 500)
  }

  @Test func `a viewer reads what a killed engine left`() throws {
    let catalog = try Sample.open(scratch)
    let run = try catalog.beginRun(.sync)
    try catalog.apply((0..<500).map { .set(Sample.entry(Sample.key($0))) })
    let files = (read(scratch.file("db")), read(scratch.file("db-wal")))
    catalog.close()
    for suffix in ["db", "db-wal", "db-shm"] { unlink(scratch.file(suffix)) }
    write(files.0, to: scratch.file("db"))
    write(files.1, to: scratch.file("db-wal"))
    let viewer = try PairCatalog.openReadOnly(scratch.state(), id: Sample.id, clock: Sample.clock)
    #expect(try viewer.baseScan().rest().count == 500)
    #expect(try viewer.run(run)?.state == .interrupted)
    #expect(StateCheck.check(try scratch.state(), id: Sample.id).isSound)
  }

  @Test func `a full disk is said so, and nothing committed is lost`() throws {
    let folder = "\(scratch.path)/small"
    mkdir(folder, 0o700)
    guard mount("tmpfs", folder, "tmpfs", 0, "size=2m") == 0 else {
      print("skipped: mounting a small file system is not allowed here")
      return
    }
    defer { umount2(folder, Int32(MNT_DETACH)) }
    let state = try StateDirectory.open(Array(folder.utf8))
    let catalog = try PairCatalog.open(state, pair: Sample.pair(), clock: Sample.clock)
    let run = try catalog.beginRun(.sync)
    var committed = 0
    var failure: CatalogError?
    while failure == nil, committed < 100_000 {
      do {
        try catalog.apply((committed..<committed + 100).map { .set(Sample.entry(Sample.key($0))) })
        committed += 100
      } catch let error as CatalogError {
        failure = error
      }
    }
    #expect(failure?.code == .noSpace)
    #expect(try catalog.baseCount() == committed)
    #expect(try catalog.baseScan().rest().count == committed)
    #expect(mount("tmpfs", folder, "tmpfs", UInt(MS_REMOUNT), "size=64m") == 0)
    try catalog.apply([.set(Sample.entry(Sample.key(committed)))])
    try catalog.endRun(run, RunSummary())
    catalog.close()
    #expect(try StateCheck.check(state).map(\.isSound) == [true])
  }

  private func firstIndex(of pattern: [UInt8], in bytes: [UInt8]) -> Int? {
    bytes.indices.first { bytes[$0] == pattern[0] && bytes[$0...].starts(with: pattern) }
  }
}
