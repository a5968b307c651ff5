import Catalog
import MemoryStorage
import ObjectStorage
import StoreLayers
import Sync
import SyncTesting
import Testing
import Transfer

@Suite struct CheckerTests {
  private func findings(
    _ left: any ObjectStore, _ right: any ObjectStore, _ options: CheckOptions = CheckOptions()
  ) async throws -> (summary: CheckSummary, lines: [String]) {
    var lines: [String] = []
    let summary = try await Checker(left: left, right: right, options: options).run { finding in
      switch finding {
      case .equal(let key, let bytes): lines.append("= \(key) \(bytes)")
      case .differs(let key, let difference): lines.append("! \(key) \(difference)")
      case .missing(let key, let side): lines.append("- \(key) \(side)")
      case .unknown(let key, let side, _): lines.append("? \(key?.description ?? "") \(side?.description ?? "")")
      }
    }
    return (summary, lines.sorted())
  }

  private func twoSides(_ left: any ObjectStore, _ right: any ObjectStore) async throws {
    for store in [left, right] {
      try await store.put("same", "equal")
      try await store.put("folder/empty")
    }
    try await left.put("folder/longer", "12")
    try await right.put("folder/longer", "1")
    try await left.put("other", "left")
    try await right.put("other", "righ")
    try await left.put("only-left", "1")
    try await right.put("only-right", "1")
  }

  private let expected = [
    "! folder/longer size", "! other content", "- only-left right", "- only-right left", "= folder/empty 0", "= same 5",
  ]

  @Test(arguments: [CheckOptions.Depth.sizes, .hashes, .contents])
  func `a side that lists stored sizes only is asked for the sizes of the contents`(depth: CheckOptions.Depth) async throws {
    let (left, right) = (folder("left"), StoredSizeStore(bucket("right", pageSize: 2)))
    try await twoSides(left, right)
    let (_, lines) = try await findings(left, right, CheckOptions(depth: depth))
    #expect(lines == (depth == .sizes ? expected.map { $0 == "! other content" ? "= other 4" : $0 }.sorted() : expected))
  }

  @Test(arguments: [CheckOptions.Depth.hashes, .contents])
  func `equal, different and missing files are told apart`(depth: CheckOptions.Depth) async throws {
    let (left, right) = (folder("left"), bucket("right", pageSize: 2))
    try await twoSides(left, right)
    let (summary, lines) = try await findings(left, right, CheckOptions(depth: depth))
    #expect(lines == expected)
    #expect(!summary.isEqual)
    #expect([summary.equal, summary.differing, summary.missingLeft, summary.missingRight, summary.unknown] == [2, 2, 1, 1, 0])
    #expect(summary.equalBytes == 5)
  }

  @Test func `where no store reports a hash, contents are read`() async throws {
    let (left, right) = (bucket("left", hash: nil), bucket("right", hash: nil))
    try await twoSides(left, right)
    #expect(try await findings(left, right).lines == expected)
  }

  @Test func `where both report the same hash, nothing is read`() async throws {
    let (left, right) = (FaultyStore(bucket("left")), FaultyStore(bucket("right")))
    try await twoSides(left, right)
    #expect(try await findings(left, right).lines == expected)
    for store in [left, right] {
      #expect(store.calls(.read) + store.calls(.payload) + store.calls(.stat) == 0)
    }
  }

  @Test func `by size alone, equal sizes are equal files`() async throws {
    let (left, right) = (FaultyStore(bucket("left", hash: nil)), FaultyStore(bucket("right", hash: nil)))
    try await twoSides(left, right)
    let lines = try await findings(left, right, CheckOptions(depth: .sizes)).lines
    #expect(
      lines == [
        "! folder/longer size", "- only-left right", "- only-right left", "= folder/empty 0", "= other 4", "= same 5",
      ])
    #expect(left.calls(.read) + right.calls(.read) == 0)
  }

  @Test func `what only the right side has may be passed over`() async throws {
    let (left, right) = (folder("left"), bucket("right"))
    try await twoSides(left, right)
    let lines = try await findings(left, right, CheckOptions(coverage: .left)).lines
    #expect(lines == expected.filter { $0 != "- only-right left" })
  }

  @Test func `a file that cannot be read is unknown, and the others are compared`() async throws {
    let (left, right) = (bucket("left", hash: nil), bucket("right", hash: nil))
    for store in [left, right] {
      try await store.put("a", "1")
      try await store.put("b", "2")
    }
    let faulty = FaultyStore(right, [Fault(.read, key: try ObjectKey("a"), .failBefore(.permissionDenied))])
    let (summary, lines) = try await findings(left, faulty)
    #expect(lines == ["= b 1", "? a right"])
    #expect(summary.unknown == 1)
    #expect(faulty.unfired.isEmpty)
  }

  @Test func `a filter leaves files out on both sides, also by a size that only one side has`() async throws {
    let (left, right) = (folder("left"), bucket("right"))
    try await left.put("a.tmp", "1")
    try await left.put("big", "12345")
    try await right.put("big", "1")
    try await left.put("b", "1")
    try await right.put("b", "1")
    try await right.put(".isobar/trash/x", "1")
    let filter = Filter(exclude: [try #require(try IgnorePattern("*.tmp"))], maximumSize: 4)
    #expect(try await findings(left, right, CheckOptions(filter: filter)).lines == ["= b 1"])
  }

  @Test func `a listing that breaks off ends the comparison with its error`() async throws {
    let left = bucket("left")
    try await left.put("a", "1")
    let right = FaultyStore(bucket("right"), [Fault(.list, .failBefore(.unavailable))])
    let failure = await error { try await Checker(left: left, right: right).run() } as? StorageError
    #expect(failure?.code == .unavailable)
  }

  @Test func `below a folder that cannot be read nothing is missing`() async throws {
    let (left, right) = (bucket("left"), folder("right"))
    try await left.put("closed/a", "1")
    try await left.put("open", "1")
    try await right.put("open", "1")
    let (_, lines) = try await findings(left, UnreadableFolder(right))
    #expect(lines == ["= open 1", "? closed/ right"])
  }
}
