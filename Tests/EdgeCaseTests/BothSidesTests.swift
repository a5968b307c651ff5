import Catalog
import MemoryStorage
import ObjectStorage
import Primitives
import Sync
import SyncTesting
import Testing

/// Rows 1 to 11: both sides, same path.
@Suite struct BothSidesTests {
  private static let settling: [ConflictPolicy] = [.keepBoth, .newest, .largest, .left, .right]

  @Test(arguments: PairKind.allCases)
  func `edge 1: what was created on both sides with the same content is adopted, and nothing is transferred`(
    kind: PairKind
  ) async throws {
    let world = try await PairWorld(kind)
    for side in PairSide.allCases { try await world.put(side, "a", "same") }
    let summary = try await world.sync()
    #expect(summary.adopted == 1)
    #expect(summary.transferred == 0)
    #expect(summary.bytes == 0)
    #expect(try await world.plan().operations.isEmpty)
  }

  /// Both sides hold `a.txt` with texts of their own; the left one is newer, the right one longer.
  private func expectBothReachable(_ world: PairWorld, _ policy: ConflictPolicy) async throws {
    // The loser of a conflict is kept whatever is said about the trash.
    world.options.keepTrash = false
    world.options.conflicts = policy
    try await world.put(.left, "a.txt", "left", at: 1_700_000_200)
    try await world.put(.right, "a.txt", "right!", at: 1_700_000_100)
    let summary = try await world.sync()
    #expect(summary.conflicts == 1)
    #expect(summary.failures.map(\.message) == [])
    let files = try await world.files(.left)
    #expect(try await world.files(.right) == files)
    let trash = try await world.trash(.left) + world.trash(.right)
    switch policy {
    case .keepBoth, .merge, .manual:
      #expect(files["a.txt"] == "left")
      let other = files.filter { $0.key != "a.txt" }
      #expect(other.count == 1)
      #expect(other.first?.value == "right!")
      #expect(other.first?.key.hasPrefix("a.conflict-") == true)
      #expect(other.first?.key.hasSuffix(".txt") == true)
    case .newest, .left:
      #expect(files == ["a.txt": "left"])
      #expect(trash.contains("right!"))
    case .largest, .right:
      #expect(files == ["a.txt": "right!"])
      #expect(trash.contains("left"))
    }
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test(arguments: PairKind.allCases, settling)
  func `edge 2: what was created on both sides with different content is both kept, or the loser is in the trash`(
    kind: PairKind, policy: ConflictPolicy
  ) async throws {
    try await expectBothReachable(try await PairWorld(kind), policy)
  }

  @Test(arguments: PairKind.allCases)
  func `edge 3: what was changed on both sides to the same content is no conflict and no transfer`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    try await world.put(.left, "a", "old")
    try await world.sync()
    for side in PairSide.allCases { try await world.put(side, "a", "new content", at: 1_700_000_100) }
    let summary = try await world.sync()
    #expect(summary.transferred == 0)
    #expect(summary.conflicts == 0)
    #expect(summary.bytes == 0)
    for side in PairSide.allCases { #expect(try await world.files(side) == ["a": "new content"]) }
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test(arguments: PairKind.allCases, settling)
  func `edge 4: what was changed on both sides is both kept, or the loser is in the trash`(
    kind: PairKind, policy: ConflictPolicy
  ) async throws {
    let world = try await PairWorld(kind)
    try await world.put(.left, "a.txt", "what both had")
    try await world.sync()
    try await expectBothReachable(world, policy)
  }

  @Test(arguments: PairKind.allCases, PairSide.allCases)
  func `edge 5: an edit survives a delete on the other side, and is visible on both`(kind: PairKind, side: PairSide) async throws {
    let world = try await PairWorld(kind)
    try await world.put(.left, "a", "old")
    try await world.put(.left, "b", "other")
    try await world.sync()
    try await world.put(side, "a", "edited", at: 1_700_000_100)
    try await world.remove(side.other, "a")
    let summary = try await world.sync()
    #expect(summary.deleted == 0)
    for side in PairSide.allCases { #expect(try await world.files(side) == ["a": "edited", "b": "other"]) }
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test(arguments: PairKind.allCases)
  func `edge 6: what was deleted on both sides is dropped from the state, and is new when it comes again`(
    kind: PairKind
  ) async throws {
    let world = try await PairWorld(kind)
    for name in ["a", "b"] { try await world.put(.left, name, "text of \(name)") }
    try await world.sync()
    for side in PairSide.allCases { try await world.remove(side, "a") }
    let summary = try await world.sync()
    #expect(summary.deleted == 0)
    #expect(summary.transferred == 0)
    let catalog = try world.catalog()
    #expect(try catalog.base(for: ObjectKey("a")) == nil)
    catalog.close()
    // Were it still known, this would look like a delete on the other side.
    try await world.put(.right, "a", "text of a")
    #expect(try await world.sync().transferred == 1)
    #expect(try await world.files(.left) == ["a": "text of a", "b": "text of b"])
  }

  @Test(arguments: PairKind.allCases, PairSide.allCases)
  func `edge 7: what was created and deleted before a run leaves nothing to do`(kind: PairKind, side: PairSide) async throws {
    let world = try await PairWorld(kind)
    try await world.put(.left, "a", "stays")
    try await world.sync()
    try await world.put(side, "b", "a short life")
    try await world.remove(side, "b")
    #expect(try await world.plan().operations.isEmpty)
    try await world.sync()
    for side in PairSide.allCases { #expect(try await world.files(side) == ["a": "stays"]) }
  }

  @Test(arguments: PairKind.allCases, PairSide.allCases)
  func `edge 8: what was changed and changed back is not sent`(kind: PairKind, side: PairSide) async throws {
    let world = try await PairWorld(kind)
    try await world.put(.left, "a", "as it was")
    try await world.sync()
    let version = try await world[side.other].stat(ObjectKey("a")).entry.version
    try await world.put(side, "a", "for a moment")
    try await world.put(side, "a", "as it was")
    let summary = try await world.sync()
    #expect(summary.transferred == 0)
    #expect(summary.bytes == 0)
    #expect(summary.conflicts == 0)
    #expect(try await world[side.other].stat(ObjectKey("a")).entry.version == version)
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test(arguments: PairKind.allCases)
  func `edge 9: a file whose time alone changed sends no content, and its time arrives where one is kept`(
    kind: PairKind
  ) async throws {
    let world = try await PairWorld(kind)
    try await world.put(.left, "a", "same")
    try await world.sync()
    if kind == .memory {
      try await world.put(.left, "a", "same", at: 1_800_000_000)
    } else {
      #expect(world.shell(.left, "touch -d @1800000000 a"))
    }
    let summary = try await world.sync()
    #expect(summary.transferred == 0)
    #expect(summary.bytes == 0)
    #expect(summary.metadata == 1)
    if try await world[.right].capabilities().updateMetadata {
      #expect(try await world[.right].stat(ObjectKey("a")).entry.modified == Timestamp(seconds: 1_800_000_000))
    }
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test(arguments: PairKind.real)
  func `edge 10: an edit that keeps size and time is caught by the inode or its change time`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    #expect(world.shell(.left, "printf one > inPlace; printf one > replaced; touch -d '2020-01-01' inPlace replaced"))
    try await world.sync()
    #expect(
      world.shell(
        .left,
        """
        printf two > inPlace
        printf two > other && touch -d '2020-01-01' other inPlace && mv other replaced
        """))
    #expect(try await world.sync().transferred == 2)
    #expect(try await world.files(.right) == ["inPlace": "two", "replaced": "two"])
  }

  @Test(arguments: PairSide.allCases)
  func `edge 10: an edit that leaves no trace at all is caught when contents are read again`(side: PairSide) async throws {
    // No real file system can be made to hide an edit from its change time, so that a store does that says every version is the same.
    let world = try await PairWorld(.memory(MemoryStoreOptions.likeFolder), .memory(MemoryStoreOptions.likeFolder))
    world.wrap = { BlindStore($1) }
    try await world.put(.left, "a", "same")
    try await world.sync()
    try await world.put(side, "a", "SAME")
    #expect(try await world.plan().operations.isEmpty)
    world.options.rehash = true
    #expect(try await world.sync().transferred == 1)
    #expect(try await world.files(side.other) == ["a": "SAME"])
  }

  @Test(arguments: PairKind.allCases)
  func `edge 11: the same new bytes with different metadata on both sides get the newer of each field`(
    kind: PairKind
  ) async throws {
    let world = try await PairWorld(kind)
    let key = try ObjectKey("a")
    func put(_ side: PairSide, _ text: String, _ seconds: Int64, _ mode: UInt16) async throws {
      let metadata = ObjectMetadata(modified: Timestamp(seconds: seconds), mode: mode)
      _ = try await world[side].write(.bytes(Array(text.utf8)), to: key, WriteOptions(metadata: metadata))
    }
    try await put(.left, "old", 1_700_000_000, 0o644)
    try await world.sync()
    // The time changed on both sides, the permissions on one.
    try await put(.left, "new content", 1_700_000_100, 0o644)
    try await put(.right, "new content", 1_700_000_200, 0o600)
    let summary = try await world.sync()
    #expect(summary.conflicts == 0)
    #expect(summary.transferred == 0)
    for side in PairSide.allCases {
      let entry = try await world[side].stat(key).entry
      #expect(entry.modified == Timestamp(seconds: 1_700_000_200), "\(side)")
      #expect(entry.mode == 0o600, "\(side)")
    }
    #expect(try await world.plan().operations.isEmpty)
  }
}
