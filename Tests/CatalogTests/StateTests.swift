import Catalog
import Glibc
import ObjectStorage
import Primitives
import Testing

struct StateTests {
  let scratch = Scratch()

  @Test func `the state folder is made for its owner only`() throws {
    let state = try scratch.state()
    #expect(String(decoding: state.path, as: UTF8.self).hasSuffix("/state"))
    for name in ["state", "state/pairs"] {
      var status = stat()
      #expect(stat("\(scratch.path)/\(name)", &status) == 0 && status.st_mode & 0o7777 == 0o700)
    }
    try Sample.open(scratch).close()
    var status = stat()
    #expect(stat(scratch.file("db"), &status) == 0 && status.st_mode & 0o7777 == 0o600)
  }

  @Test func `the default place follows the convention`() throws {
    #expect(try StateDirectory.defaultPath(environment: ["XDG_STATE_HOME": "/s", "HOME": "/h"]) == Array("/s/isobar".utf8))
    #expect(
      try StateDirectory.defaultPath(environment: ["XDG_STATE_HOME": "relative", "HOME": "/h"])
        == Array("/h/.local/state/isobar".utf8))
    let error = #expect(throws: CatalogError.self) { try StateDirectory.defaultPath(environment: [:]) }
    #expect(error?.message.contains("--state") == true)
  }

  @Test func `a state folder inside a synced tree is refused, also behind a link`() throws {
    let state = try scratch.state()
    for root in ["", "/state", "/state/pairs/.."] {
      let error = #expect(throws: CatalogError.self) { try state.refuse(ifInside: Array("\(scratch.path)\(root)".utf8)) }
      #expect(error?.code == .insideTree)
    }
    symlink(scratch.path, "\(scratch.path)/link")
    #expect(throws: CatalogError.self) { try state.refuse(ifInside: Array("\(scratch.path)/link".utf8)) }
    #expect(throws: CatalogError.self) { try state.refuse(ifInside: [0x2F]) }
    // A neighbour whose name begins the same, a folder inside the state, one that is not there yet.
    for root in ["/stat", "/state2", "/state/pairs", "/missing/../other"] {
      mkdir("\(scratch.path)/state2", 0o700)
      try state.refuse(ifInside: Array("\(scratch.path)\(root)".utf8))
    }
    #expect(throws: CatalogError.self) { try state.refuse(ifInside: Array("\(scratch.path)/missing/../state/..".utf8)) }
  }

  @Test func `a folder that cannot be made says why`() throws {
    write([], to: "\(scratch.path)/file")
    #expect(throws: CatalogError.self) { try StateDirectory.open(Array("\(scratch.path)/file/state".utf8)) }
    #expect(throws: CatalogError.self) { try StateDirectory.open([]) }
  }

  @Test func `a second engine is refused, with the first one's process and machine`() throws {
    let first = try Sample.open(scratch)
    let error = #expect(throws: CatalogError.self) { try Sample.open(scratch) }
    #expect(error?.code == .locked)
    var host = [CChar](repeating: 0, count: 256)
    gethostname(&host, 255)
    let name = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    #expect(error?.message.contains("process \(getpid()) on \(name)") == true, "\(String(describing: error))")
    let listing = try scratch.state().pairs()
    #expect(listing.first?.holder?.contains("process \(getpid())") == true)
    first.close()
    #expect(try scratch.state().pairs().first?.holder == nil)
    try Sample.open(scratch).close()
  }

  @Test func `the listing shows each pair with its last run, also a damaged one`() throws {
    let catalog = try Sample.open(scratch)
    let run = try catalog.beginRun(.sync)
    try catalog.apply([.set(Sample.entry(Sample.key(1)))])
    try catalog.recordFailure(Sample.key(2), side: .left, code: "noSpace", message: "full")
    try catalog.endRun(run, RunSummary(transferred: 1))
    write([UInt8](repeating: 0x41, count: 9000), to: "\(scratch.path)/state/pairs/ffffffffffffffff.db")
    write([], to: "\(scratch.path)/state/pairs/notes.db")
    let pairs = try scratch.state().pairs()
    #expect(pairs.map(\.id) == [Sample.id, "ffffffffffffffff"])
    guard case .known(let pair, baseCount: 1, let last, failures: 1, openConflicts: 0) = pairs[0].content else {
      Issue.record("\(pairs[0])")
      return
    }
    #expect(pair.left == Sample.left && pair.right == Sample.right)
    #expect(last?.summary?.transferred == 1)
    guard case .unreadable(let error) = pairs[1].content else {
      Issue.record("\(pairs[1])")
      return
    }
    #expect(error.code == .corrupt)
  }

  @Test func `a viewer reads while an engine works, and changes nothing`() throws {
    let engine = try Sample.open(scratch)
    try engine.apply([.set(Sample.entry(Sample.key(1)))])
    let viewer = try PairCatalog.openReadOnly(scratch.state(), id: Sample.id, clock: Sample.clock)
    #expect(try viewer.baseCount() == 1)
    let error = #expect(throws: CatalogError.self) { try viewer.apply([.remove(Sample.key(1))]) }
    #expect(error?.code == .readOnly)
    #expect(throws: CatalogError.self) { try viewer.beginRun(.sync) }
    #expect(throws: CatalogError.self) { try viewer.clearBase() }
    try engine.apply([.remove(Sample.key(1))])
    #expect(try viewer.baseScan().rest() == [])
    let missing = #expect(throws: CatalogError.self) {
      try PairCatalog.openReadOnly(scratch.state(), id: "ffffffffffffffff", clock: Sample.clock)
    }
    #expect(missing?.code == .notFound)
  }

  @Test func `a database of two other places is refused`() throws {
    try Sample.open(scratch).close()
    let other = try PairRecord(id: Sample.id, left: Sample.right, right: Sample.left, created: Sample.start)
    let error = #expect(throws: CatalogError.self) { try PairCatalog.open(scratch.state(), pair: other, clock: Sample.clock) }
    #expect(error?.code == .wrongPair)
    let renamed = try PairRecord(
      id: Sample.id, left: PairEnd(stableID: Sample.left.stableID, displayName: "new name"), right: Sample.right,
      created: Sample.start + .seconds(99))
    let catalog = try PairCatalog.open(scratch.state(), pair: renamed, clock: Sample.clock)
    #expect(catalog.pair.left.displayName == "new name" && catalog.pair.created == Sample.start)
  }

  @Test(arguments: ["", "0123", "0123456789ABCDEF", "../../etc/passwd..", "0123456789abcdef0123456789abcdef0"])
  func `what is no id cannot name a file`(id: String) {
    #expect(throws: CatalogError.self) { try PairRecord(id: id, left: Sample.left, right: Sample.right, created: Sample.start) }
  }

  @Test func `a database of a newer program is left alone`() throws {
    let catalog = try Sample.open(scratch)
    catalog.close()
    try setUserVersion(999, in: scratch.file("db"))
    let before = read(scratch.file("db"))
    let error = #expect(throws: CatalogError.self) { try Sample.open(scratch) }
    #expect(error?.code == .newerSchema)
    #expect(read(scratch.file("db")) == before)
    guard case .unknown(let found) = StateCheck.check(try scratch.state(), id: Sample.id).state else {
      Issue.record("not unknown")
      return
    }
    #expect(found.code == .newerSchema)
  }
}
