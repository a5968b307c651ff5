import Catalog
import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import Sync
import SyncTesting
import Testing

@testable import S3Storage

/// Rows 50-57: what a listing says, and what it does not.
@Suite struct ListingTrustTests {
  @Test(arguments: PairKind.allCases, PairSide.allCases)
  func `edge 50: a listing that fails half-way ends the run before anything is deleted`(kind: PairKind, side: PairSide) async throws
  {
    let world = try await PairWorld(kind)
    world.options.deleteGuard = .off
    for index in 0..<30 { try await world.put(.left, "f\(index)", "text \(index)") }
    try await world.sync()
    try await world.put(.left, "f0", "edited")
    world.wrap = { which, store in which == side ? HalfListingStore(store) : store }
    await #expect(throws: StorageError.self) { try await world.sync() }
    await #expect(throws: StorageError.self) { try await world.plan() }
    for side in PairSide.allCases { #expect(try await world.files(side).count == 30) }
    world.wrap = { $1 }
    let next = try await world.sync()
    #expect(next.transferred == 1)
    #expect(next.deleted == 0)
  }

  @Test(arguments: PairKind.allCases, PairSide.allCases)
  func `edge 51: what a listing lacks is deleted on the other side only when a direct look finds it gone`(
    kind: PairKind, side: PairSide
  ) async throws {
    let world = try await PairWorld(kind)
    for name in ["a", "b", "c"] { try await world.put(.left, name, "text of \(name)") }
    try await world.sync()
    try await world.put(side, "new", "just written")
    try await world.remove(side, "c")
    world.wrap = { which, store in
      which == side
        ? FaultyStore(store, ["a", "new"].map { Fault(.list, .staleListing(missing: ObjectKey(trusted: Array($0.utf8)))) }) : store
    }
    let summary = try await world.sync()
    #expect(summary.deleted == 1)
    #expect(summary.failed == 0)
    world.wrap = { $1 }
    try await world.sync()
    for side in PairSide.allCases {
      #expect(try await world.files(side) == ["a": "text of a", "b": "text of b", "new": "just written"])
    }
  }

  @Test(arguments: [Place.folder, .memory, .server(.moto)])
  func `edge 52: a root that is empty, another one, or gone stops the run`(right: Place) async throws {
    let world = try await PairWorld(.folder, right)
    for index in 0..<12 { try await world.put(.left, "f\(index)", "text \(index)") }
    try await world.sync()
    // Another folder, as full as the first: what a wrong disk at the mount point looks like.
    #expect(world.folder.shell("mv left away && mkdir left && for i in $(seq 12); do echo other > left/g$i; done"))
    try await world.reopen(.left)
    let replaced = await #expect(throws: GuardStop.self) { try await world.sync() }
    #expect(replaced?.reason == .replacedRoot(.left, name: world[.left].identity.displayName))
    // An empty one: what a mount point looks like whose disk is not there.
    #expect(world.folder.shell("rm left/*"))
    await #expect(throws: GuardStop.self) { try await world.sync() }
    #expect(world.folder.shell("rmdir left"))
    await #expect(throws: StorageError.self) { try await world.sync() }
    #expect(try await world.files(.right).count == 12)
    #expect(world.folder.shell("mv away left"))
    try await world.reopen(.left)
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test(arguments: [Place.folder, .memory, .server(.moto)])
  func `edge 52: a folder that was emptied stops the run`(right: Place) async throws {
    let world = try await PairWorld(.folder, right)
    // Too few for the guard that counts deletes.
    for index in 0..<5 { try await world.put(.left, "f\(index)", "text \(index)") }
    try await world.sync()
    #expect(world.shell(.left, "rm f*"))
    let stop = await #expect(throws: GuardStop.self) { try await world.sync() }
    #expect(stop?.reason == .emptySide(.left, name: world[.left].identity.displayName, known: 5))
    #expect(try await world.files(.right).count == 5)
  }

  @Test(arguments: PairKind.allCases, PairSide.allCases)
  func `edge 53: more deletes than the guard allows, by count or share, stop the run before it changes anything`(
    kind: PairKind, side: PairSide
  ) async throws {
    let world = try await PairWorld(kind)
    for index in 0..<24 { try await world.put(.left, "f\(index)", "text \(index)") }
    try await world.sync()
    for index in 0..<13 { try await world.remove(side, "f\(index)") }
    try await world.put(side, "f20", "an edit that waits, too")
    let stop = await #expect(throws: GuardStop.self) { try await world.sync() }
    #expect(stop?.reason == .tooManyDeletes(side: side.other, deletes: 13, known: 24, limit: "50 % of the files"))
    #expect(stop?.description.contains("--force") == true)
    world.options.deleteGuard = DeleteGuard(count: 12, percent: nil)
    await #expect(throws: GuardStop.self) { try await world.sync() }
    #expect(try await world.files(side.other).count == 24)
    #expect(try await world.files(side.other)["f20"] == "text 20")
    let catalog = try world.catalog()
    #expect(try catalog.runs(limit: 2, before: nil).map(\.summary?.outcome) == [.guarded, .guarded])
    catalog.close()
    world.options.deleteGuard = DeleteGuard(count: 13, percent: nil)
    let summary = try await world.sync()
    #expect(summary.deleted == 13)
    #expect(try await world.trash(side.other).count == 14)
  }

  // MARK: 54

  private static func scrambled(_ count: Int = 3000) -> [UInt8] { Random.bytes(count) }
  private static func text(_ number: Int) -> [UInt8] {
    Array(String(repeating: "This is line \(number) of a letter. ", count: 60).utf8)
  }

  /// A pair of 60 readable files in step.
  private func letters(_ kind: PairKind, _ content: (Int) -> [UInt8] = text) async throws -> PairWorld {
    let world = try await PairWorld(kind)
    for index in 0..<60 { try await world.put(.left, try ObjectKey("letters/\(index).txt"), content(index)) }
    try await world.sync()
    return world
  }

  @Test(arguments: PairKind.allCases, PairSide.allCases)
  func `edge 54: a tree whose files were all encrypted in place stops the run, and goes across only by force`(
    kind: PairKind, side: PairSide
  ) async throws {
    let world = try await letters(kind)
    let before = try await world.files(side.other)
    for index in 0..<30 { try await world.put(side, try ObjectKey("letters/\(index).txt"), Self.scrambled()) }
    let stop = await #expect(throws: GuardStop.self) { try await world.sync() }
    guard case .scrambled(side, changed: 30, known: 60, _)? = stop?.reason else {
      Issue.record("it stopped for \(String(describing: stop))")
      return
    }
    #expect(try await world.files(side.other) == before)
    #expect(try await world.trash(side.other).isEmpty)
    world.options.force = true
    #expect(try await world.sync().transferred == 30)
    #expect(try await world.trash(side.other).count == 30)
  }

  @Test(arguments: PairKind.allCases)
  func `edge 54: a tree whose files were encrypted under new endings stops the run`(kind: PairKind) async throws {
    let world = try await letters(kind)
    world.options.deleteGuard = .off
    for index in 0..<25 {
      try await world.put(.left, try ObjectKey("letters/\(index).txt.locked"), Self.scrambled())
      try await world.remove(.left, "letters/\(index).txt")
    }
    let stop = await #expect(throws: GuardStop.self) { try await world.sync() }
    guard case .scrambled(.left, changed: 25, known: 60, _)? = stop?.reason else {
      Issue.record("it stopped for \(String(describing: stop))")
      return
    }
    #expect(try await world.files(.right).keys.allSatisfy { $0.hasSuffix(".txt") })
    world.options.changeGuard = .off
    #expect(try await world.sync().deleted == 25)
  }

  @Test func `edge 54: many honest changes do not stop a run`() async throws {
    // Edits of all files at once.
    var world = try await letters(.folders)
    for index in 0..<60 { try await world.put(.left, try ObjectKey("letters/\(index).txt"), Self.text(index + 100)) }
    #expect(try await world.sync().transferred == 60)
    // All files packed by a program that says so at their beginning.
    world.options.deleteGuard = .off
    for index in 0..<60 {
      try await world.put(.left, try ObjectKey("letters/\(index).txt.gz"), [0x1F, 0x8B] + Self.scrambled())
      try await world.remove(.left, "letters/\(index).txt")
    }
    #expect(try await world.sync().deleted == 60)
    // Files that were as random before: a folder of another program's encrypted files.
    world = try await letters(.folders) { _ in Self.scrambled() }
    for index in 0..<60 { try await world.put(.left, try ObjectKey("letters/\(index).txt"), Self.scrambled()) }
    #expect(try await world.sync().transferred == 60)
    // A few among many, and what was never there before.
    world = try await letters(.folders)
    for index in 0..<14 { try await world.put(.left, try ObjectKey("letters/\(index).txt"), Self.scrambled()) }
    for index in 0..<60 { try await world.put(.left, try ObjectKey("keys/\(index).bin"), Self.scrambled()) }
    #expect(try await world.sync().transferred == 74)
    // Files that are too short to tell.
    world = try await letters(.folders)
    for index in 0..<60 { try await world.put(.left, try ObjectKey("letters/\(index).txt"), Self.scrambled(200)) }
    #expect(try await world.sync().transferred == 60)
  }

  @Test func `edge 54: the threshold is a count or a share`() async throws {
    let world = try await letters(.memory)
    for index in 0..<12 { try await world.put(.left, try ObjectKey("letters/\(index).txt"), Self.scrambled()) }
    world.options.changeGuard = ChangeGuard(count: 11, percent: nil)
    await #expect(throws: GuardStop.self) { try await world.sync() }
    world.options.changeGuard = ChangeGuard(count: 12, percent: nil)
    #expect(try await world.sync().transferred == 12)
  }

  // MARK: 55-57

  @Test(arguments: PairKind.allCases, PairSide.allCases)
  func `edge 56: keys that answer 403 are neither deleted nor taken for deleted, and the others go on`(
    kind: PairKind, side: PairSide
  ) async throws {
    let world = try await PairWorld(kind)
    for name in ["ours/a", "ours/b", "theirs/a", "theirs/b"] { try await world.put(.left, name, "text of \(name)") }
    try await world.sync()
    // The listing shows what may be seen; each other question about it is refused, as by a policy on a prefix.
    let hidden = Array("theirs/".utf8)
    world.wrap = { which, store in
      which == side ? RefusingStore(store) { $0.key?.bytes.starts(with: hidden) == true ? .permissionDenied : nil } : store
    }
    try await world.put(side, "theirs/a", "edited by them")
    try await world.remove(side, "theirs/b")
    try await world.put(side, "ours/a", "edited by us")
    try await world.remove(side.other, "ours/b")
    let summary = try await world.sync()
    #expect(Set(summary.failures.map(\.key.description)) == ["theirs/a", "theirs/b"])
    #expect(Set(summary.failures.map(\.code)) == ["permissionDenied"])
    #expect(try await world.files(side) == ["ours/a": "edited by us", "theirs/a": "edited by them"])
    #expect(
      try await world.files(side.other) == [
        "ours/a": "edited by us", "theirs/a": "text of theirs/a", "theirs/b": "text of theirs/b",
      ])
    world.wrap = { $1 }
    #expect(try await world.sync().failed == 0)
    for side in PairSide.allCases {
      #expect(try await world.files(side) == ["ours/a": "edited by us", "theirs/a": "edited by them"])
    }
  }

  @Test func `edge 56: a bucket whose policy denies a prefix keeps what is below it, and the folder too`() async throws {
    let server = try await TestServer.moto.store()
    let world = try await PairWorld(.folder, .server(.moto))
    world.wrap = { side, store in side == .left ? store : server }
    for name in ["ours/a", "ours/b", "theirs/a", "theirs/b"] { try await world.put(.left, name, "text of \(name)") }
    #expect(try await world.sync().transferred == 4)
    _ = try await server.write(.bytes(Array("edited by them".utf8)), to: try ObjectKey("theirs/a"), WriteOptions())
    for name in ["ours/b", "theirs/b"] { _ = try await server.delete([DeleteTarget(try ObjectKey(name))]) }
    let bucket = server.configuration.bucket
    try await server.setPolicy(
      """
      {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": "arn:aws:s3:::\(bucket)/theirs/*"}]}
      """)
    let error = await #expect(throws: StorageError.self) { try await server.stat(try ObjectKey("theirs/a")) }
    #expect(error?.code == .permissionDenied)
    let summary = try await world.sync()
    #expect(Set(summary.failures.map(\.key.description)) == ["theirs/a", "theirs/b"])
    #expect(Set(summary.failures.map(\.code)) == ["permissionDenied"])
    #expect(summary.deleted == 1)
    #expect(
      try await world.files(.left) == ["ours/a": "text of ours/a", "theirs/a": "text of theirs/a", "theirs/b": "text of theirs/b"])
    try await server.setPolicy("{\"Version\": \"2012-10-17\", \"Statement\": []}")
    #expect(try await world.sync().failed == 0)
    #expect(try await world.files(.left) == ["ours/a": "text of ours/a", "theirs/a": "edited by them"])
  }

  @Test(arguments: PairKind.allCases, PairSide.allCases)
  func `edge 57: what filters newly leave out is not deleted, nor when they take it in again`(kind: PairKind, side: PairSide)
    async throws
  {
    let world = try await PairWorld(kind)
    for name in ["a.tmp", "b.txt", "logs/c", "logs/d"] { try await world.put(.left, name, "text of \(name)") }
    try await world.sync()
    world.options.filter = Filter(exclude: [try #require(try IgnorePattern("*.tmp")), try #require(try IgnorePattern("logs/"))])
    let narrowed = try await world.sync()
    #expect(narrowed.deleted == 0)
    // Removed while it takes no part: not known to have been in step, so not carried across.
    try await world.remove(side, "a.tmp", "logs/c")
    #expect(try await world.sync().deleted == 0)
    #expect(try await world.files(side.other).count == 4)
    world.options.filter = Filter()
    let widened = try await world.sync()
    #expect(widened.deleted == 0)
    #expect(widened.conflicts == 0)
    for side in PairSide.allCases { #expect(try await world.files(side).count == 4) }
    #expect(try await world.plan().operations.isEmpty)
  }
}

extension S3Store {
  /// Gives the bucket a policy.
  fileprivate func setPolicy(_ document: String) async throws {
    var request = S3Request(.createBucket, .put)
    request.query.append("policy")
    request.body = .bytes(Array(document.utf8))
    _ = try await client.send(request, into: .discard)
  }
}
