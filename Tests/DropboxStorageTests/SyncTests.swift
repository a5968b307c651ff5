import Catalog
import Concurrency
import DropboxStorage
import Emulators
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreLayers
import Sync
import SyncTesting
import Testing

/// A folder and a Dropbox in step.
@Suite struct SyncTests {
  private static func world(_ server: DropboxServer) async throws -> PairWorld {
    let store = server.store("Isobar")
    try await store.createContainer()
    return try await PairWorld(.folder, .given(store))
  }

  private static func same(_ world: PairWorld, _ names: [ObjectKey: [UInt8]]) async throws {
    #expect(try await world.contents(.left) == names)
    #expect(Set(try await world.contents(.right).values) == Set(names.values))
    #expect(try await world.contents(.right).count == names.count)
  }

  @Test func `files of both sides meet, and a second run asks for the listing alone`() async throws {
    let server = try DropboxServer()
    let world = try await Self.world(server)
    for index in 0..<30 { try await world.put(.left, "left/\(index % 3)/f\(index)", "left \(index)") }
    for index in 0..<5 { try await world.put(.right, "Right/f\(index)", "right \(index)") }
    #expect(try await world.sync().failures.isEmpty)
    #expect(try await world.contents(.left).count == 35)
    #expect(try await world.contents(.right) == world.contents(.left))
    server.requests.clear()
    #expect(try await world.sync().transferred == 0)
    #expect(Set(server.requests.all).isSubset(of: ["files/list_folder", "files/list_folder/continue", "files/get_metadata"]))
    #expect(server.requests.count("files/list_folder") <= 2)
  }

  @Test func `edits, moves and deletions go over, and nothing is lost`() async throws {
    let server = try DropboxServer()
    let world = try await Self.world(server)
    for name in ["a", "b", "dir/c", "dir/sub/d", "moved/e"] { try await world.put(.left, name, "text of \(name)") }
    _ = try await world.sync()
    try await world.put(.left, "a", "edited on the left", at: 1_700_000_100)
    try await world.put(.right, "b", "edited on the right", at: 1_700_000_100)
    try await world.remove(.left, "dir/sub/d")
    try await world.rename(.left, "moved/e", "elsewhere/e")
    server.requests.clear()
    let summary = try await world.sync()
    #expect(summary.failures.isEmpty)
    #expect(server.requests.count("files/move_v2") >= 1)
    #expect(try await world.contents(.right) == world.contents(.left))
    #expect(try await world.files(.left)["b"] == "edited on the right")
    #expect(try await world.files(.right)["elsewhere/e"] == "text of moved/e")
    #expect(try await world.files(.right)["dir/sub/d"] == nil)
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test func `names that a Dropbox cannot have are kept there under others`() async throws {
    let server = try DropboxServer()
    let world = try await Self.world(server)
    let names = [
      "back\\slash", "ends in a space ", "dir /inside", "e\u{301}tude", "\u{212b}ngström", "del\u{7f}", "dot.", "plain", "日本語", "😀",
    ]
    var expected: [ObjectKey: [UInt8]] = [:]
    for name in names {
      try await world.put(.left, name, "text of \(name)")
      expected[try ObjectKey(name)] = Array("text of \(name)".utf8)
    }
    #expect(try await world.sync().failures.map(\.message) == [])
    try await Self.same(world, expected)
    let rules = world[.right].identity.names
    for key in try await world.contents(.right).keys { #expect(rules.allow(key)) }
    #expect(try await world.plan().operations.isEmpty)
    // Edited over there, each by its own name here.
    let text = Array("text of e\u{301}tude".utf8)
    let stored = try #require(try await world.contents(.right).first { $0.value == text }?.key)
    try await world.put(.right, stored, Array("edited".utf8), at: 1_700_000_200)
    #expect(try await world.sync().transferred == 1)
    #expect(try await world.files(.left)["e\u{301}tude"] == "edited")
  }

  @Test func `two names of one spelling in capitals are two files here, and stay two`() async throws {
    let server = try DropboxServer()
    let world = try await Self.world(server)
    var expected: [ObjectKey: [UInt8]] = [:]
    for name in ["readme", "README", "d/x", "d/X", "other"] {
      try await world.put(.left, name, "text of \(name)")
      expected[try ObjectKey(name)] = Array("text of \(name)".utf8)
    }
    for _ in 0..<3 { _ = try await world.sync() }
    try await Self.same(world, expected)
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test func `a name that changes in case alone goes over as one`() async throws {
    let server = try DropboxServer()
    let world = try await Self.world(server)
    try await world.put(.left, "notes/readme.txt", "text")
    _ = try await world.sync()
    try await world.rename(.left, "notes/readme.txt", "notes/README.txt")
    for _ in 0..<2 { #expect(try await world.sync().failures.map(\.message) == []) }
    #expect(try await world.files(.left)["notes/README.txt"] == "text")
    #expect(try await world.contents(.right).count == 1)
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test func `a connection that breaks all the time loses nothing and doubles nothing`() async throws {
    var faults = EmulatorFaults.mixed(rate: 0.2)
    faults.retryAfter = nil
    let server = try DropboxServer(faults: faults)
    let store = server.store("Isobar") {
      $0.chunkSize = 4 << 20
      $0.sessionThreshold = 1 << 20
    }
    for attempt in 0... {
      do {
        try await store.createContainer()
        break
      } catch let error as StorageError where error.retry != .never && attempt < 20 { continue }
    }
    let world = try await PairWorld(.folder, .given(store))
    let options = RetryOptions(backoff: Backoff(base: .milliseconds(5), cap: .milliseconds(50)))
    world.wrap = { side, store in side == .right ? RetryingStore(store, options: options) : store }
    var expected: [ObjectKey: [UInt8]] = [:]
    for index in 0..<40 {
      let key = try ObjectKey("d\(index % 4)/f\(index)")
      expected[key] = Array("text \(index)".utf8)
      try await world.put(.left, key, expected[key]!)
    }
    let large = try ObjectKey("large")
    expected[large] = ContentHashTests.content(9_000_000)
    try await world.put(.left, large, expected[large]!)
    for _ in 0..<8 { if try await world.sync().failures.isEmpty { break } }
    try await world.remove(.left, "d0/f0", "d1/f1")
    try await world.rename(.left, "d2/f2", "d3/moved")
    expected[try ObjectKey("d3/moved")] = expected.removeValue(forKey: try ObjectKey("d2/f2"))
    for key in ["d0/f0", "d1/f1"] { expected[try ObjectKey(key)] = nil }
    for _ in 0..<8 { if try await world.sync().failures.isEmpty { break } }
    // Looked at without the faults.
    let quiet = DropboxStore(
      store.configuration, transport: InProcessTransport(server.emulator),
      tokens: DropboxTokenProvider(
        DropboxCredentials(.accessToken(Secret(server.rules.developerToken))), transport: InProcessTransport(server.emulator)))
    var found: [ObjectKey: [UInt8]] = [:]
    let listing = quiet.list(.all, ListOptions())
    while let page = try await listing.next() {
      for entry in page.entries where !entry.key.isFolder && !entry.key.bytes.starts(with: Array(".isobar/".utf8)) {
        found[entry.key] = try await quiet.readBytes(entry.key, limit: 1 << 24)
      }
    }
    #expect(found == expected)
    #expect(try await world.contents(.left) == expected)
  }
}
