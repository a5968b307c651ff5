import Catalog
import Concurrency
import Glibc
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import Sync
import SyncTesting
import Testing

/// Rows 39-49: transfers and crashes. What only the built command shows is in `EndToEndTests`.
@Suite struct TransferTests {
  /// Text of many pieces, so that there is a middle.
  private static func long(_ letter: String) -> String { String(repeating: letter, count: 300_000) }

  // MARK: 39-40

  @Test(arguments: PairKind.real)
  func `edge 39: a source that changes while it is sent never arrives torn, its new version does`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    try await world.put(.left, "a", Self.long("1"))
    let path = "\(world.folder.path)/left/a"
    world.wrap = { side, store in
      side == .left ? store : HookStore(store, at: .sending) { #expect(systemCommand("printf '%0300000d' 2 > '\(path)'")) }
    }
    let summary = try await world.sync()
    #expect(summary.failed == 0)
    let text = try #require(try await world.files(.left)["a"])
    #expect(text.hasSuffix("02"))
    #expect(try await world.files(.right) == ["a": text])
    // Looked at within the tick of its last change, it is read once more; not sent.
    #expect(try await world.sync().transferred == 0)
  }

  @Test(arguments: PairKind.real)
  func `edge 39: a source that never rests is reported, keeps what was there, and is sent when it rests`(kind: PairKind)
    async throws
  {
    let world = try await PairWorld(kind)
    try await world.put(.left, "a", "at rest")
    try await world.put(.left, "b", "another")
    try await world.sync()
    try await world.put(.left, "a", Self.long("1"))
    try await world.put(.left, "b", "another, edited")
    let path = "\(world.folder.path)/left/a"
    world.wrap = { side, store in
      if side == .left { return store }
      return HookStore(store, at: .sending, times: .max) { #expect(systemCommand("printf x >> '\(path)'")) }
    }
    let summary = try await world.sync()
    #expect(summary.failures.map(\.key.description) == ["a"])
    #expect(summary.failures.map(\.code) == ["sourceChanged"])
    #expect(try await world.files(.right) == ["a": "at rest", "b": "another, edited"])
    world.wrap = { $1 }
    #expect(try await world.sync().transferred == 1)
    #expect(try await world.files(.right) == world.files(.left))
  }

  @Test(arguments: PairKind.allCases)
  func `edge 40: a source that ends early is a failure and leaves what was there`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    world.options.quarantineAfter = 100
    try await world.put(.left, "replaced", "old")
    try await world.sync()
    try await world.put(.left, "replaced", Self.long("1"))
    try await world.put(.left, "new", Self.long("2"))
    // Each attempt, at each key.
    world.wrap = { side, store in
      if side == .left { return store }
      return FaultyStore(store, (1...40).map { Fault(.write, occurrence: $0, .shortBody(after: 100_000)) })
    }
    #expect(try await world.sync().failed == 2)
    #expect(try await world.files(.right) == ["replaced": "old"])
    world.wrap = { $1 }
    #expect(try await world.sync().transferred == 2)
    #expect(try await world.files(.right) == world.files(.left))
  }

  @Test(arguments: [PairKind.folders, .memory])
  func `edge 40: a download that breaks off is a failure and leaves what was there`(kind: PairKind) async throws {
    let world = try await PairWorld(.folder, .memory)
    try await world.put(.right, "replaced", "old")
    try await world.sync()
    try await world.put(.right, "replaced", Self.long("1"))
    try await world.put(.right, "new", Self.long("2"))
    world.wrap = { side, store in
      if side == .left { return store }
      return FaultyStore(store, (1...40).map { Fault(.read, occurrence: $0, .breakBody(after: 100_000)) })
    }
    #expect(try await world.sync().failed == 2)
    #expect(try await world.files(.left) == ["replaced": "old"])
    #expect(!world.shell(.left, "ls -A | grep -q isobar-tmp"), "a part of a file was left behind")
    world.wrap = { $1 }
    #expect(try await world.sync().transferred == 2)
    #expect(try await world.files(.left) == world.files(.right))
  }

  // MARK: 41-46

  @Test(arguments: PairKind.allCases)
  func `edge 41: a crash between data written and state saved ends in adoption, not in a transfer`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    for name in ["edited", "deleted", "renamed", "theirs"] { try await world.put(.left, name, "first of \(name)") }
    try await world.sync()
    // The state as it was before the run: what the disk holds if the machine stops before the run says so.
    #expect(world.folder.shell("cp -a state before"))
    try await world.put(.left, "edited", "second of edited")
    try await world.put(.right, "theirs", "second of theirs")
    try await world.put(.left, "new", "first of new")
    try await world.remove(.left, "deleted")
    try await world.rename(.left, "renamed", "renamed to this")
    let run = try await world.sync()
    #expect(run.transferred == 3)
    let files = try await world.files(.left)
    #expect(world.folder.shell("rm -rf state && mv before state"))
    let next = try await world.sync()
    #expect(next.transferred == 0)
    #expect(next.bytes == 0)
    #expect(next.conflicts == 0)
    #expect(next.deleted == 0)
    #expect(next.failed == 0)
    for side in PairSide.allCases { #expect(try await world.files(side) == files) }
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test(arguments: [(Place.folder, Place.memory), (.memory(MemoryStoreOptions.likeFolder), .folder), (.folder, .server(.rclone))])
  func `edge 43: half a download is visible to nobody under any name it may have`(places: (Place, Place)) async throws {
    let world = try await PairWorld(places.0, places.1)
    // Whichever side is a real folder is the one that is looked at.
    let target: PairSide = if case .folder = places.0 { .left } else { .right }
    try await world.put(target.other, "replaced", "old")
    try await world.sync()
    try await world.put(target.other, "replaced", Self.long("1"))
    try await world.put(target.other, "new/file", Self.long("2"))
    let seen = Lock<[Bool]>([])
    let folder = world.folder
    world.wrap = { side, store in
      if side == target { return store }
      return HookStore(store, at: .receiving, times: 2) {
        // In the middle of a body: the names as they were, the half under a hidden one beside its place, on the same file system.
        let isWell = folder.shell(
          """
          { test ! -e replaced || test "$(head -c 4 replaced)" = old || test $(stat -c %s replaced) = 300000; } &&
          { test ! -e new/file || test $(stat -c %s new/file) = 300000; } &&
          test -n "$(find . -name '.isobar-tmp-*' -type f)"
          """, in: "\(target)")
        seen.withLock { $0.append(isWell) }
      }
    }
    #expect(try await world.sync().transferred == 2)
    #expect(seen.withLock { $0 } == [true, true])
    #expect(try await world.files(target) == ["replaced": Self.long("1"), "new/file": Self.long("2")])
    #expect(folder.shell("test -z \"$(find . -name '.isobar-tmp-*')\"", in: "\(target)"))
  }

  @Test(arguments: PairKind.allCases, PairSide.allCases)
  func `edge 44: the state says nothing of what has not been made durable`(kind: PairKind, side: PairSide) async throws {
    let world = try await PairWorld(kind)
    for index in 0..<5 { try await world.put(side.other, "f\(index)", "text \(index)") }
    // The first flush is of what was there when the run began.
    let flushes = Lock(0)
    world.wrap = { which, store in
      guard which == side else { return store }
      return RefusingStore(store) { call in
        guard call.operation == .flush else { return nil }
        return flushes.withLock { count in
          count += 1
          return count > 1 ? .unavailable : nil
        }
      }
    }
    await #expect(throws: StorageError.self) { try await world.sync() }
    let catalog = try world.catalog()
    #expect(try catalog.baseCount() == 0)
    catalog.close()
    world.wrap = { $1 }
    let next = try await world.sync()
    #expect(next.adopted == 5)
    #expect(next.transferred == 0)
  }

  @Test(arguments: PairKind.allCases)
  func `edge 45: a lost state is made anew without one delete`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    for index in 0..<10 { try await world.put(.left, "f\(index)", "text \(index)") }
    try await world.sync()
    try await world.remove(.left, "f0", "f1")
    try await world.remove(.right, "f2")
    try await world.put(.right, "f3", "other")
    #expect(world.folder.shell("rm -rf state"))
    let summary = try await world.sync()
    #expect(summary.deleted == 0)
    #expect(summary.adopted == 6)
    #expect(summary.transferred <= 5, "what both sides have was sent")
    for side in PairSide.allCases {
      let files = try await world.files(side)
      #expect((0..<10).allSatisfy { files["f\($0)"] != nil })
      #expect(files.values.contains("other") && files.values.contains("text 3"))
    }
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test(arguments: PairKind.allCases)
  func `edge 45: a damaged state is noticed, and made anew without one delete`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    for index in 0..<10 { try await world.put(.left, "f\(index)", "text \(index)") }
    try await world.sync()
    try await world.remove(.left, "f0")
    #expect(
      world.folder.shell(
        "for f in $(find state -name '*.db'); do dd if=/dev/urandom of=$f bs=4096 count=4 conv=notrunc; done 2>/dev/null"))
    let error = await #expect(throws: CatalogError.self) { try await world.sync() }
    #expect(error?.code == .corrupt)
    for side in PairSide.allCases { #expect(try await world.files(side).count == (side == .left ? 9 : 10)) }
    #expect(world.folder.shell("rm -rf state"))
    #expect(try await world.sync().deleted == 0)
    #expect(try await world.files(.left).count == 10)
  }

  @Test(arguments: PairKind.allCases)
  func `edge 46: a state from before the last runs is noticed, and what it does not know is not deleted`(kind: PairKind)
    async throws
  {
    let world = try await PairWorld(kind)
    for name in ["a", "b", "c"] { try await world.put(.left, name, "first of \(name)") }
    try await world.sync()
    #expect(world.folder.shell("mkdir old && cd state && find . -name '*.db' -exec cp --parents {} ../old ';'"))
    // What the old state takes for deleted: a path that was deleted on both sides and has come back on one, with the same bytes.
    try await world.remove(.left, "a", "b")
    try await world.sync()
    try await world.put(.left, "d", "first of d")
    try await world.sync()
    try await world.put(.right, "a", "first of a")
    #expect(
      world.folder.shell("cd old && find . -name '*.db' -exec cp --parents {} ../state ';' && rm -f $(find ../state -name '*-wal')")
    )
    let catalog = try world.catalog()
    #expect(catalog.isRolledBack)
    catalog.close()
    let summary = try await world.sync()
    #expect(summary.deleted == 0)
    #expect(summary.conflicts == 0)
    for side in PairSide.allCases {
      #expect(try await world.files(side) == ["a": "first of a", "c": "first of c", "d": "first of d"])
    }
    #expect(try await world.plan().operations.isEmpty)
  }

  @Test(arguments: PairKind.real)
  func `edge 46: a whole state folder that was put back is found out by the folder that it syncs`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    for name in ["a", "b", "c"] { try await world.put(.left, name, "first of \(name)") }
    try await world.sync()
    #expect(world.folder.shell("cp -a state old"))
    try await world.remove(.left, "a", "b")
    try await world.sync()
    try await world.put(.right, "a", "first of a")
    #expect(world.folder.shell("rm -rf state && mv old state"))
    // To this state, "a" was deleted on the left and is unchanged on the right; a plan knows better, too.
    #expect(try await world.plan()[.delete] == 0)
    let summary = try await world.sync()
    #expect(summary.deleted == 0)
    for side in PairSide.allCases { #expect(try await world.files(side) == ["a": "first of a", "c": "first of c"]) }
    // From here on it is trusted again.
    try await world.remove(.right, "a")
    #expect(try await world.sync().deleted == 1)
    #expect(try await world.files(.left) == ["c": "first of c"])
  }

  // MARK: 47-49

  @Test func `edge 47: a second engine on a pair is refused, and told who has it`() async throws {
    let world = try await PairWorld(.folders)
    try await world.put(.left, "a", "text")
    let first = try world.catalog()
    let error = await #expect(throws: CatalogError.self) { try await world.sync() }
    #expect(error?.code == .locked)
    #expect(error?.message.contains("process \(getpid())") == true)
    #expect(try await world.files(.right).isEmpty)
    first.close()
    #expect(try await world.sync().transferred == 1)
  }

  @Test(arguments: PairKind.allCases)
  func `edge 48: every change of an object names the state that it may replace`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    let (left, right) = (Lock<[WitnessStore]>([]), Lock<[WitnessStore]>([]))
    world.wrap = { side, store in
      let witness = WitnessStore(store)
      (side == .left ? left : right).withLock { $0.append(witness) }
      return witness
    }
    for name in ["edited", "deleted", "renamed", "touched", "both", "swap", "swop"] {
      try await world.put(.left, name, "first of \(name)")
    }
    try await world.sync()
    for (mine, theirs) in [(PairSide.left, PairSide.right), (.right, .left)] {
      for policy in [ConflictPolicy.keepBoth, .newest, .largest, .left, .right, .merge] {
        world.options.conflicts = policy
        let word = "\(mine) \(policy.rawValue)"
        try await world.put(mine, "edited", "edited by \(word)")
        try await world.put(mine, "new of \(word)", "new")
        try await world.put(mine, "both", "mine of \(word)", at: 1_700_000_100)
        try await world.put(theirs, "both", "theirs of \(word)!")
        try await world.put(mine, "touched", "first of touched", at: 1_700_001_000 + Int64(policy.rawValue.utf8.count))
        try await world.rename(mine, "renamed", "renamed for a moment")
        #expect(try await world.sync().failed == 0)
        try await world.rename(mine, "renamed for a moment", "renamed")
        try await world.rename(mine, "swap", "hold")
        try await world.rename(mine, "swop", "swap")
        try await world.rename(mine, "hold", "swop")
        try await world.remove(mine, "new of \(word)")
        #expect(try await world.sync().failed == 0)
        #expect(try await world.files(.left) == world.files(.right))
      }
    }
    for witness in left.withLock({ $0 }) + right.withLock({ $0 }) { #expect(witness.unconditional == []) }
    #expect(right.withLock { $0 }.reduce(0) { $0 + $1.changes } > 20)
  }

  @Test(arguments: PairKind.allCases)
  func `edge 49: what came to the other side after the listing is not overwritten but a conflict`(kind: PairKind) async throws {
    let world = try await PairWorld(kind)
    try await world.put(.left, "edited", "first")
    try await world.put(.left, "deleted", "first")
    try await world.sync()
    try await world.put(.left, "edited", "mine, and longer")
    try await world.put(.left, "new", "mine")
    try await world.remove(.left, "deleted")
    let right = world[.right]
    // Of a service that ignores conditions (rclone's), a listing is believed for half a minute that a name is free.
    let time = Lock<Int64>(1_800_000_000)
    world.clock = WallClock { Timestamp(seconds: time.withLock { $0 }) }
    world.wrap = { side, store in
      if side == .left { return store }
      // The engine asks what the store can do when both sides are listed and before it changes anything.
      return HookStore(store, at: .before(.capabilities)) {
        if kind == .rclone { time.withLock { $0 += 31 } }
      } calling: {
        for name in ["edited", "new", "deleted"] {
          _ = try await right.write(.bytes(Array("theirs".utf8)), to: try ObjectKey(name), WriteOptions())
        }
      }
    }
    let first = try await world.sync()
    #expect(first.failed == 0)
    world.wrap = { $1 }
    try await world.sync()
    let files = try await world.files(.right)
    #expect(files.values.sorted() == ["mine", "mine, and longer", "theirs", "theirs", "theirs"])
    #expect(files["deleted"] == "theirs")
    #expect(try await world.files(.left) == files)
    #expect(try await world.plan().operations.isEmpty)
  }
}
