import Catalog
import Concurrency
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import Sync
import SyncTesting
import Testing

/// Rows 34-38: time.
@Suite struct TimeTests {
  @Test(arguments: PairKind.allCases)
  func `edge 34: the clocks of two sides are never compared, an edit crosses whatever time it bears`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    // A machine that lives ten years ago, and files of every age.
    world.clock = WallClock { Timestamp(seconds: 1_450_000_000) }
    try await world.put(.left, "a", "one", at: 1_900_000_000)
    try await world.put(.right, "b", "one", at: 1_900_000_000)
    try await world.sync()
    try await world.put(.right, "a", "two, older by its clock", at: 1_000_000_000)
    try await world.put(.left, "b", "two, older by its clock", at: 1_000_000_000)
    let summary = try await world.sync()
    #expect(summary.transferred == 2)
    #expect(summary.conflicts == 0)
    #expect(try await world.files(.left) == ["a": "two, older by its clock", "b": "two, older by its clock"])
    #expect(try await world.files(.right) == world.files(.left))
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test(arguments: [1_000_000_000, 100, nil] as [Int64?])
  func `edge 35: times that a side keeps roughly or not at all are no changes`(precision: Int64?) async throws {
    var capabilities = MemoryStoreOptions.everything
    capabilities.modifiedPrecision = precision
    capabilities.listsModified = precision != nil
    let world = try await PairWorld(.folder, .memory(capabilities))
    #expect(world.shell(.left, "echo one > a; echo two > b; touch -d '2021-03-04 05:06:07.123456789' a b"))
    #expect(try await world.sync().transferred == 2)
    #expect(try await world.plan().operations.isEmpty)
    // Touched within the same second, and by hours: its bytes say that it is the same.
    #expect(world.shell(.left, "touch -d '2021-03-04 05:06:07.9' a; touch -d '2021-03-04 09:06:07.9' b"))
    let touched = try await world.sync()
    #expect(touched.transferred == 0)
    #expect(touched.conflicts == 0)
    #expect(try await world.plan().operations.isEmpty)
    // A coarse time does not come back to the side that is precise.
    #expect(world.shell(.left, "test \"$(stat -c %y b | cut -c1-21)\" = '2021-03-04 09:06:07.9'"))
    try await world.put(.right, "a", "uno\n", at: 1_600_000_000)
    #expect(try await world.sync().transferred == 1)
    #expect(try await world.files(.left)["a"] == "uno\n")
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test(arguments: PairKind.allCases, [[PairSide.left], [.right], [.left, .right]])
  func `edge 36: an hour on every file's time is recognised by the contents, and nothing is sent`(
    kind: PairKind, sides: [PairSide]
  ) async throws {
    let world = try await PairWorld(kind)
    for index in 0..<12 { try await world.put(.left, "f\(index)", "content \(index)", at: 1_700_000_000 + Int64(index)) }
    #expect(try await world.sync().transferred == 12)
    for side in sides {
      for index in 0..<12 { try await world.put(side, "f\(index)", "content \(index)", at: 1_700_003_600 + Int64(index)) }
    }
    let summary = try await world.sync()
    // What bears a new version in a bucket only has to be sent to be known, unless the listing gives its hash.
    #expect(summary.transferred == 0)
    #expect(summary.bytes == 0)
    #expect(summary.conflicts == 0)
    #expect(summary.deleted == 0)
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test(arguments: PairKind.allCases)
  func `edge 37: times to come, at the beginning, and before it are carried as they are`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    let times: [(name: String, seconds: Int64)] = [("future", 4_102_444_800), ("zero", 0), ("before", -86_399), ("early", 1)]
    for side in PairSide.allCases {
      for (name, seconds) in times { try await world.put(side, "\(name) of \(side)", "x", at: seconds) }
    }
    #expect(try await world.sync().transferred == 8)
    for side in PairSide.allCases {
      for other in PairSide.allCases {
        for (name, seconds) in times {
          let info = try await world[side].stat(try ObjectKey("\(name) of \(other)"))
          #expect(info.entry.modified?.seconds == seconds, "\(name) of \(other) on \(side)")
        }
      }
    }
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test(arguments: [4_102_444_800, 0, -5] as [Int64])
  func `edge 37: a time that cannot be decides no conflict`(seconds: Int64) async throws {
    let world = try await PairWorld(.folders)
    world.options.conflicts = .newest
    try await world.put(.left, "a", "from the left", at: seconds)
    try await world.put(.right, "a", "this one is from the right", at: 1_700_000_000)
    #expect(try await world.sync().conflicts == 1)
    #expect(Set(try await world.files(.left).values) == ["from the left", "this one is from the right"])
    #expect(try await world.files(.right) == world.files(.left))
    // Where both are possible, the later one wins.
    try await world.put(.left, "b", "old", at: 1_600_000_000)
    try await world.put(.right, "b", "newer", at: 1_700_000_000)
    #expect(try await world.sync().conflicts == 1)
    #expect(try await world.files(.left)["b"] == "newer")
  }

  @Test(arguments: PairKind.allCases)
  func `edge 38: a clock that steps back during a run changes nothing that it does`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    let time = Lock<Int64>(1_800_000_000)
    world.clock = WallClock {
      Timestamp(
        seconds: time.withLock { now in
          now -= 3600; return now
        })
    }
    for name in ["a", "b", "c", "d"] { try await world.put(.left, name, "one of \(name)") }
    #expect(try await world.sync().transferred == 4)
    try await world.put(.right, "a", "two of a")
    try await world.remove(.left, "b")
    try await world.rename(.left, "c", "e")
    try await world.put(.left, "d", "mine of d")
    try await world.put(.right, "d", "theirs of d!")
    let summary = try await world.sync()
    #expect(summary.failed == 0)
    #expect(summary.conflicts == 1)
    #expect(try await world.files(.left) == world.files(.right))
    #expect(try await world.files(.left)["a"] == "two of a")
    #expect(try await world.files(.left)["e"] == "one of c")
    #expect(try await Set(world.files(.left).values) == ["two of a", "one of c", "mine of d", "theirs of d!"])
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test func `edge 38: a wait that a wrong clock made does not last until then`() async throws {
    let world = try await PairWorld(.memory)
    let time = Lock<Int64>(2_000_000_000)
    world.clock = WallClock { Timestamp(seconds: time.withLock { $0 }) }
    world.options.quarantineAfter = 2
    try await world.put(.left, "a", "text")
    world.wrap = { side, store in
      side == .left ? store : RefusingStore(store) { $0.key?.description == "a" && $0.operation != .stat ? .permissionDenied : nil }
    }
    for _ in 0..<2 { #expect(try await world.sync().failed == 1) }
    #expect(try await world.sync().skipped == 1, "it is not left alone")
    // Ten years back: the wait is one of minutes, not of ten years.
    time.withLock { $0 = 1_700_000_000 }
    world.wrap = { $1 }
    #expect(try await world.sync().transferred == 1)
    #expect(try await world.files(.right) == ["a": "text"])
  }
}
