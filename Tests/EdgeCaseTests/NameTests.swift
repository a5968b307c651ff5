import Catalog
import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
import LocalStorage
import MemoryStorage
import ObjectStorage
import Primitives
import S3Storage
import StoreLayers
import StoreTesting
import Sync
import SyncTesting
import Testing

/// Rows 26 to 33: names.
@Suite struct NameTests {
  private static let composed = "caf\u{e9}.txt"
  private static let decomposed = "cafe\u{301}.txt"

  /// The names and texts of a side.
  private func texts(_ world: PairWorld, _ side: PairSide) async throws -> [ObjectKey: String] {
    try await world.contents(side).mapValues { String(decoding: $0, as: UTF8.self) }
  }

  /// Both sides show the same, byte for byte, and a further run has nothing to do.
  private func expectInStep(_ world: PairWorld, _ texts: [ObjectKey: String]) async throws {
    for side in PairSide.allCases { #expect(try await self.texts(world, side) == texts, "\(side)") }
    #expect(try await world.plan().operations.isEmpty)
  }

  // MARK: 26

  @Test(arguments: PairKind.allCases, [true, false])
  func `edge 26: one name in two spellings is one file, and each side keeps its own bytes`(
    kind: PairKind, leftIsComposed: Bool
  ) async throws {
    let left = try ObjectKey(leftIsComposed ? Self.composed : Self.decomposed)
    let right = try ObjectKey(leftIsComposed ? Self.decomposed : Self.composed)
    #expect(left != right)
    let world = try await PairWorld(kind)
    try await world.put(.left, left, Array("same".utf8))
    try await world.put(.right, right, Array("same".utf8))
    let first = try await world.sync()
    #expect(first.adopted == 1)
    #expect(first.transferred == 0)
    #expect(try await texts(world, .left) == [left: "same"])
    #expect(try await texts(world, .right) == [right: "same"])
    #expect(try await world.plan().operations.isEmpty)
    // What changes on one side reaches the other under its own spelling, in both directions.
    try await world.put(.left, left, Array("edited on the left".utf8), at: 1_700_000_100)
    try await world.sync()
    #expect(try await texts(world, .right) == [right: "edited on the left"])
    try await world.put(.right, right, Array("edited on the right".utf8), at: 1_700_000_200)
    try await world.sync()
    #expect(try await texts(world, .left) == [left: "edited on the right"])
    #expect(try await world.plan().operations.isEmpty)
    // Without its state the pair finds this out again.
    world.loseState()
    #expect(try await world.sync().adopted == 1)
    #expect(try await texts(world, .left) == [left: "edited on the right"])
    #expect(try await texts(world, .right) == [right: "edited on the right"])
    try await world.put(.left, try ObjectKey("other"), [1])
    try await world.sync()
    _ = try await world[.right].delete([DeleteTarget(right)])
    #expect(try await world.sync().deleted == 1)
    #expect(try await texts(world, .left).keys.map(\.description) == ["other"])
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test(arguments: PairKind.allCases)
  func `edge 26: two spellings with different contents are one conflict, and both contents are kept`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    try await world.put(.left, try ObjectKey(Self.composed), Array("left".utf8))
    try await world.put(.right, try ObjectKey(Self.decomposed), Array("the right one".utf8))
    #expect(try await world.sync().conflicts == 1)
    #expect(try await texts(world, .left).values.sorted() == ["left", "the right one"])
    #expect(try await texts(world, .right).values.sorted() == ["left", "the right one"])
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test(arguments: PairKind.allCases)
  func `edge 26: two spellings on one side stay two files where the other side can hold both`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    let texts = [try ObjectKey(Self.composed): "1", try ObjectKey(Self.decomposed): "22"]
    for (key, text) in texts { try await world.put(.left, key, Array(text.utf8)) }
    try await world.sync()
    try await expectInStep(world, texts)
  }

  // MARK: 27

  /// A pair whose right side takes `A` and `a` for one name.
  private func folding() async throws -> PairWorld {
    var capabilities = MemoryStoreOptions.likeFolder
    capabilities.names.foldsCase = true
    let memory = MemoryStore(MemoryStoreOptions(name: "right", capabilities: capabilities, hash: nil))
    return try await PairWorld(.folder, .given(FoldingStore(memory)))
  }

  // Linux has no file system here that folds case, so that a store in memory does.
  @Test func `edge 27: two names that differ by case are both held by a side that takes them for one, one with a suffix`()
    async throws
  {
    let world = try await folding()
    for name in ["readme", "README", "d/x", "d/X", "other"] { try await world.put(.left, name, "text of \(name)") }
    let named = Lock<[String]>([])
    let summary = try await world.sync { event in
      if case .named(let key, _, .right) = event { named.withLock { $0.append(key.description) } }
    }
    #expect(summary.failures.map(\.message) == [])
    // Surfaced: the run says which name is called otherwise.
    #expect(named.withLock { Set($0.map { $0.lowercased() }) } == ["readme", "d/x"])
    let left = try await texts(world, .left)
    #expect(left.count == 5)
    var right = try await texts(world, .right)
    #expect(right.count == 5)
    #expect(Set(right.values) == Set(left.values))
    #expect(right.keys.filter { $0.bytes.contains(0xE2) }.count == 2)
    #expect(try await world.plan().operations.isEmpty)
    // Each of the two is edited by itself.
    try await world.put(.left, "readme", "small, edited", at: 1_700_000_100)
    try await world.put(.left, "README", "LARGE, EDITED", at: 1_700_000_100)
    #expect(try await world.sync().transferred == 2)
    right = try await texts(world, .right)
    #expect(Set(right.values).isSuperset(of: ["small, edited", "LARGE, EDITED"]))
    #expect(right.count == 5)
    // And deleted by itself.
    try await world.remove(.left, "README")
    #expect(try await world.sync().deleted == 1)
    #expect(Set(try await texts(world, .right).values) == ["small, edited", "text of d/x", "text of d/X", "text of other"])
    #expect(try await world.files(.left)["readme"] == "small, edited")
    #expect(try await world.plan().operations.isEmpty)
  }

  // MARK: 28

  private static let rules: [NameRules] = [
    NameRules(isUTF8: true), .windows, NameRules(forbidden: Array("%~\n".utf8), trimsEnds: true),
    NameRules(isUTF8: true, forbidden: Array("\u{241b}".utf8)), NameRules(trimsSpaces: true, isComposed: true),
  ]

  @Test(arguments: rules) func `edge 28: an escaped name is one that can be held, and no two names share one`(rules: NameRules)
    throws
  {
    let seed = UInt64.random(in: .min ... .max)
    print("name escapes: seed \(seed)")
    var random = SeededRandom(seed: seed)
    // Few bytes, so that names are near to each other, and many of them near to an escape.
    let pieces: [[UInt8]] =
      [
        "a", "A", "E2", "0A", "9", "F", "~", ".", " ", ":", "\u{241b}", "\u{241b}3A", "\u{241b}~", "\u{e9}", "\u{1f40b}", "%", "\n",
        "e", "\u{301}", "\u{323}", "\u{212b}", "\u{1100}", "\u{1161}",
      ]
      .map {
        Array($0.utf8)
      } + [[0xE2], [0x90], [0x9B], [0xFF], [0x80], [0xED, 0xA0, 0x80], [0xC3], [0x2F]]
    let fitting = NameFitting(rules)
    var owners: [ObjectKey: ObjectKey] = [:]
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 1...7, using: &random)).flatMap { _ in pieces.randomElement(using: &random)! }
      guard let key = try? ObjectKey(bytes) else { continue }
      let stored = fitting.fitted(key)
      #expect(owners.updateValue(key, forKey: stored) ?? key == key, "seed \(seed): \(key) and another are \(stored)")
      #expect(rules.forbidden.contains(0xE2) || rules.allow(stored), "seed \(seed): \(key) became \(stored)")
      #expect(stored == key || fitting.original(stored) == key, "seed \(seed): \(stored) does not become \(key)")
      #expect(fitting.fits(key) == (stored == key), "seed \(seed): \(key)")
      if rules.allow(key), !key.bytes.contains(0xE2) { #expect(stored == key, "seed \(seed): \(key) needs no escape") }
    }
  }

  @Test func `edge 28: names that the other side cannot hold are escaped there, and come back as they were`() async throws {
    var capabilities = MemoryStoreOptions.everything
    capabilities.names = .windows
    let store = MemoryStore(MemoryStoreOptions(name: "right", capabilities: capabilities))
    let world = try await PairWorld(.folder, .given(store))
    let names = ["12:30 notes?.txt", "a\\b", "new\nline", "ends in a dot.", "con:/tro:l/x", "\"quoted\"", "plain", "␛3A", "50%"]
    var expected: [ObjectKey: String] = [:]
    for name in names {
      try await world.put(.left, name, "text of \(name)")
      expected[try ObjectKey(name)] = "text of \(name)"
    }
    let summary = try await world.sync()
    #expect(summary.failures.map(\.message) == [])
    #expect(summary.transferred == names.count)
    #expect(try await texts(world, .left) == expected)
    #expect(try await texts(world, .right).keys.allSatisfy { NameRules.windows.allow($0) })
    #expect(try await world.files(.right)["12␛3A30 notes␛3F.txt"] == "text of 12:30 notes?.txt")
    #expect(try await world.plan().operations.isEmpty)
    // Another machine that knows nothing of it sees the names as they were: escapes need no memory.
    let other = try await PairWorld(.folder, .given(store))
    for _ in 0..<2 { #expect(try await other.sync().failures.map(\.message) == []) }
    #expect(try await texts(other, .left) == expected)
    #expect(try await other.plan().operations.isEmpty)
    // Edits and deletes meet the right object.
    try await world.put(.left, "a\\b", "edited", at: 1_700_000_100)
    try await world.remove(.left, "new\nline")
    let second = try await world.sync()
    #expect(second.transferred == 1)
    #expect(second.deleted == 1)
    _ = try await other.sync()
    expected[try ObjectKey("a\\b")] = "edited"
    expected[try ObjectKey("new\nline")] = nil
    #expect(try await texts(other, .left) == expected)
    // So do they without a state.
    world.loseState()
    for _ in 0..<2 { #expect(try await world.sync().deleted == 0) }
    #expect(try await texts(world, .left) == expected)
    #expect(try await texts(world, .right).count == expected.count)
    #expect(try await world.plan().operations.isEmpty)
  }

  // MARK: 29

  @Test func `edge 29: a path that is too long for the bucket is held under a short one, and is itself here`() async throws {
    let world = try await PairWorld(.moto)
    let deep = (0..<6).map { String(repeating: "\($0)", count: 240) }.joined(separator: "/")
    let keys = try ["\(deep)/one", "\(deep)/two", "short"].map { try ObjectKey($0) }
    for key in keys { try await world.put(.left, key, key.bytes.suffix(3)) }
    let summary = try await world.sync()
    #expect(summary.failures.map(\.message) == [])
    #expect(summary.transferred == 3)
    let left = try await texts(world, .left)
    let right = try await texts(world, .right)
    #expect(Set(left.keys) == Set(keys))
    #expect(right.keys.allSatisfy { $0.bytes.count <= 1024 })
    #expect(right.values.sorted() == ["ort", "one", "two"].sorted())
    #expect(try await world.plan().operations.isEmpty)
    try await world.put(.left, keys[0], Array("edited".utf8), at: 1_700_000_100)
    _ = try await world[.left].delete([DeleteTarget(keys[1])])
    let second = try await world.sync()
    #expect(second.transferred == 1)
    #expect(second.deleted == 1)
    #expect(second.failures.map(\.message) == [])
    #expect(try await texts(world, .right).values.sorted() == ["edited", "ort"])
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test func `edge 29: a name that is too long for the folder is held under a short one, and is itself in the bucket`() async throws
  {
    let world = try await PairWorld(.moto)
    let keys = try ["n", "m"].map { try ObjectKey("d/" + String(repeating: $0, count: 300) + ".txt") }
    for key in keys { try await world.put(.right, key, [key.bytes[2]]) }
    let summary = try await world.sync()
    #expect(summary.failures.map(\.message) == [])
    #expect(summary.transferred == 2)
    #expect(try await texts(world, .left).values.sorted() == ["m", "n"])
    #expect(Set(try await texts(world, .right).keys) == Set(keys))
    #expect(try await world.plan().operations.isEmpty)
    let short = try #require(try await texts(world, .left).first { $0.value == "m" }).key
    #expect(short.name.count <= 255)
    try await world.put(.left, short, Array("edited under its short name".utf8), at: 1_700_000_100)
    try await world.sync()
    #expect(try await texts(world, .right) == [keys[0]: "n", keys[1]: "edited under its short name"])
    // Without the state nobody knows the long name of the short one: the bucket's is untouched, and nothing is gone.
    world.loseState()
    for _ in 0..<3 { #expect(try await world.sync().failures.map(\.message) == []) }
    #expect(try await texts(world, .right)[keys[1]] == "edited under its short name")
    #expect(Set(try await texts(world, .left).values) == ["n", "edited under its short name"])
  }

  // MARK: 30

  @Test(arguments: [PairKind.folders, .moto])
  func `edge 30: bytes that are no UTF-8 stay what they are`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    var expected: [ObjectKey: String] = [:]
    for bytes: [UInt8] in [[0x66, 0xFF, 0xFE], [0x66, 0xEF, 0xBF, 0xBD], [0x64, 0xE9, 0x2F, 0xC3], [0x78]] {
      let key = try ObjectKey(bytes)
      try await world.put(.left, key, Array("\(bytes)".utf8))
      expected[key] = "\(bytes)"
    }
    let summary = try await world.sync()
    #expect(summary.failures.map(\.message) == [])
    #expect(try await texts(world, .left) == expected)
    #expect(try await world.plan().operations.isEmpty)
    if kind == .folders { #expect(try await texts(world, .right) == expected) }
    // A bucket cannot have such names: they are escaped in it, and another machine has them back.
    let other = try await PairWorld(.folder, .given(world[.right]))
    for _ in 0..<2 { #expect(try await other.sync().failures.map(\.message) == []) }
    #expect(try await texts(other, .left) == expected)
    #expect(try await other.plan().operations.isEmpty)
  }

  // MARK: 31

  @Test func `edge 31: remote names that lead out of the folder are refused, and nothing is written outside`() async throws {
    // A server that checks no signatures: this program signs no request for such a key.
    let fixture = try await ServiceFixture.shared("s3-moto")
    let endpoint = try #require(fixture.variables["S3_ENDPOINT"])
    let bucket = "evil-\(UInt32.random(in: 0...UInt32.max))"
    let store = try S3Store(
      S3Configuration(
        bucket: try #require(BucketName(bucket)), endpoint: HTTPEndpoint(parsing: endpoint), region: "us-east-1"),
      transport: TestServer.transport,
      credentials: CredentialsProvider(S3Credentials(accessKeyID: "any", secretAccessKey: Secret("any"))))
    try await store.createContainer()
    let world = try await PairWorld(.folder, .given(store))
    try await world.put(.right, "good", "good")
    #expect(world.folder.shell("mkdir outside; echo untouched > outside/x"))
    let evil = ["..%2Foutside%2Fy", "a%2F..%2F..%2Foutside%2Fz", "%2Ftmp%2Fabsolute", "a%2F%2Fb", "d%2F.%2Fe", "nul%00byte"]
    for name in evil {
      #expect(
        systemCommand("curl -sf --path-as-is -X PUT --data-binary evil '\(endpoint)/\(bucket)/\(name)' >/dev/null"), "\(name)")
    }
    for _ in 0..<2 {
      let summary = try await world.sync()
      #expect(summary.skipped == evil.count)
      #expect(summary.deleted == 0)
      #expect(try await world.files(.left) == ["good": "good"])
      #expect(world.folder.shell("test \"$(ls outside)\" = x && test \"$(cat outside/x)\" = untouched && test ! -e /tmp/absolute"))
    }
  }

  @Test(arguments: [PairKind.rclone, .moto])
  func `edge 31: what comes below a symbolic link is not written through it`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    #expect(world.folder.shell("mkdir outside; echo untouched > outside/x; ln -s ../outside left/link"))
    try await world.put(.right, "link/x", "evil")
    try await world.put(.right, "link/new", "evil")
    try await world.put(.right, "good", "good")
    let summary = try await world.sync()
    #expect(summary.skipped + summary.failed > 0)
    #expect(try await world.files(.left) == ["good": "good"])
    #expect(try await world.files(.right).count == 3)
    #expect(world.folder.shell("test \"$(ls outside)\" = x && test \"$(cat outside/x)\" = untouched && test -L left/link"))
  }

  // MARK: 32

  // No service so far has several objects of one name: a store in memory lists one twice.
  @Test func `edge 32: several objects of one name are reported and left alone, and the others go on`() async throws {
    let world = try await PairWorld(.folder, .memory)
    for name in ["a", "twice", "z"] { try await world.put(.right, name, "text of \(name)") }
    let twice = try ObjectKey("twice")
    world.wrap = { $0 == .right ? DoublingStore($1, doubling: twice) : $1 }
    let skipped = Lock<[String]>([])
    let summary = try await world.sync { event in
      if case .skipped(let path) = event { skipped.withLock { $0.append("\(path.key.map(\.description) ?? ""): \(path.reason)") } }
    }
    #expect(summary.skipped == 1)
    #expect(skipped.withLock { $0 } == ["twice: there are 2 objects of this name: rename all but one of them"])
    #expect(try await world.files(.left) == ["a": "text of a", "z": "text of z"])
    // What was in step before a second object came is neither deleted nor overwritten.
    world.wrap = { $1 }
    try await world.sync()
    try await world.put(.left, "twice", "edited here", at: 1_700_000_100)
    world.wrap = { $0 == .right ? DoublingStore($1, doubling: twice) : $1 }
    #expect(try await world.sync().skipped == 1)
    #expect(try await world.files(.right)["twice"] == "text of twice")
    #expect(try await world.files(.left)["twice"] == "edited here")
    world.wrap = { $1 }
    try await world.sync()
    #expect(try await world.files(.right)["twice"] == "edited here")
    #expect(try await world.plan().operations.isEmpty)
  }

  // MARK: 33

  @Test func `edge 33: a store that trims names is noticed, and both sides have its name then`() async throws {
    let memory = MemoryStore(MemoryStoreOptions(name: "right"))
    let trimming = RenamingStore(memory) { $0.last == UInt8(ascii: " ") ? $0.dropLast() : $0 }
    let world = try await PairWorld(.folder, .given(trimming))
    for name in ["ends in a space ", "d/plain"] { try await world.put(.left, name, "text of \(name)") }
    try await world.sync()
    let summary = try await world.sync()
    #expect(summary.moved == 1)
    #expect(summary.deleted == 0)
    #expect(summary.bytes == 0)
    let files = ["ends in a space": "text of ends in a space ", "d/plain": "text of d/plain"]
    for side in PairSide.allCases { #expect(try await world.files(side) == files) }
    try await world.put(.left, "ends in a space", "edited", at: 1_700_000_100)
    try await world.sync()
    #expect(try await world.files(.right)["ends in a space"] == "edited")
    #expect(try await world.plan().operations.isEmpty)
  }
}
