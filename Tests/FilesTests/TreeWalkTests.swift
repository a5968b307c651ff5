import Glibc
import Primitives
import Testing

@testable import Files

struct TreeWalkTests {
  private func paths(_ walk: TreeWalk, max: Int = 7) throws -> [[UInt8]] { try entries(walk, max: max).map(\.path) }

  private func entries(_ walk: TreeWalk, max: Int = 7) throws -> [WalkEntry] {
    var all: [WalkEntry] = []
    while true {
      let batch = try walk.next(max: max)
      if batch.isEmpty { return all }
      #expect(batch.count <= max)
      all += batch
    }
  }

  private func texts(_ walk: TreeWalk) throws -> [String] { try paths(walk).map { String(decoding: $0, as: UTF8.self) } }

  @Test(arguments: 0..<8)
  func `the order is that of the sorted paths, on random trees`(round: Int) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed", seed)
    var random = SeededRandom(seed: seed)
    let folder = try TemporaryFolder()
    var expected: [[UInt8]] = []
    var folders: [[UInt8]] = [[]]
    let pieces: [[UInt8]] = [
      [0x61], [0x61, 0x21], [0x61, 0x2E], [0x61, 0x30], [0x2D], [0xFF], [0x0A], [0xC3, 0xA9], [0x65, 0xCC, 0x81],
    ]
    for _ in 0..<300 {
      let parent = folders.randomElement(using: &random)!
      let name = (0...Int.random(in: 0...3, using: &random)).flatMap { _ in pieces.randomElement(using: &random)! }
      let path = parent + name
      if try folder.root.status(path) != nil { continue }
      if Int.random(in: 0..<3, using: &random) == 0 {
        try folder.root.makeDirectory(path, intermediate: false)
        folders.append(path + [0x2F])
        expected.append(path + [0x2F])
      } else {
        try folder.write([1, 2, 3], to: path)
        expected.append(path)
      }
    }
    expected.sort { $0.lexicographicallyPrecedes($1) }
    let found = try entries(TreeWalk(root: folder.root), max: Int.random(in: 1...50, using: &random))
    #expect(found.map(\.path) == expected, "seed \(seed)")
    for entry in found {
      let name = entry.path.last == 0x2F ? Array(entry.path.dropLast()) : entry.path
      #expect(try folder.root.status(name) == entry.status)
      #expect(entry.problem == nil)
    }
    // The order does not depend on how far the threads come.
    for window in [1, 9, 40, 200] {
      let walk = TreeWalk(root: folder.root, start: [], options: WalkOptions(), temporaries: .skip, window: window)
      #expect(try paths(walk) == expected, "seed \(seed)")
    }
    // A walk that begins after any path is the rest of the whole walk.
    for _ in 0..<10 {
      let after = Bool.random(using: &random) ? expected.randomElement(using: &random)! : pieces.randomElement(using: &random)!
      let rest = expected.filter { after.lexicographicallyPrecedes($0) }
      #expect(try paths(TreeWalk(root: folder.root, options: WalkOptions(after: after))) == rest, "seed \(seed)")
    }
    let start = folders.randomElement(using: &random)!
    let below = expected.filter { $0.starts(with: start) && $0 != start }
    #expect(try paths(TreeWalk(root: folder.root, start: start)) == below, "seed \(seed)")
  }

  @Test func `an unreadable folder is an entry with a problem and the walk goes on`() throws {
    let folder = try TemporaryFolder()
    for name in ["a", "b", "c"] {
      try folder.root.makeDirectory(bytes(name), intermediate: false)
      try folder.write("x", to: name + "/file")
    }
    try folder.root.setMode(bytes("b"), mode: 0)
    let found = try withoutPrivilege { try entries(TreeWalk(root: folder.root)) }
    #expect(found.map { String(decoding: $0.path, as: UTF8.self) } == ["a/", "a/file", "b/", "c/", "c/file"])
    #expect(found.map { $0.problem?.code } == [nil, nil, .permission, nil, nil])
  }

  @Test func `a link to a folder swapped in is a problem, not a way out`() throws {
    let folder = try TemporaryFolder()
    try folder.root.makeDirectory(bytes("d"), intermediate: false)
    try folder.root.makeSymlink(bytes("/etc"), at: bytes("l"))
    let reader = DirectoryReader(root: folder.root, options: WalkOptions(), temporaries: .skip, device: 0)
    let ancestry = Ancestry(try folder.root.rootStatus(), below: nil)
    try folder.root.rename(bytes("d"), bytes("l"), mode: .exchange)
    #expect(code { _ = try reader.read(bytes("d/"), ancestry: ancestry) } == .symlinkInPath)
    #expect(code { _ = try reader.read(bytes("l/"), ancestry: ancestry) } == nil)
  }

  @Test func `links are skipped, recorded or followed, and loops and ways out are told`() throws {
    let folder = try TemporaryFolder()
    try folder.root.makeDirectory(bytes("d"), intermediate: false)
    try folder.write("x", to: "d/f")
    try folder.root.makeSymlink(bytes("d"), at: bytes("in"))
    try folder.root.makeSymlink(bytes(".."), at: bytes("d/loop"))
    try folder.root.makeSymlink(bytes("/etc"), at: bytes("out"))
    try folder.root.makeSymlink(bytes("nowhere"), at: bytes("broken"))
    #expect(try texts(TreeWalk(root: folder.root, options: WalkOptions(symlinks: .skip))) == ["d/", "d/f"])
    #expect(try texts(TreeWalk(root: folder.root)) == ["broken", "d/", "d/f", "d/loop", "in", "out"])
    let followed = try entries(TreeWalk(root: folder.root, options: WalkOptions(symlinks: .follow(.inside))))
    #expect(
      followed.map { String(decoding: $0.path, as: UTF8.self) } == [
        "broken", "d/", "d/f", "d/loop", "in/", "in/f", "in/loop", "out",
      ])
    #expect(
      followed.map { $0.problem?.code } == [.notFound, nil, nil, .symlinkInPath, nil, nil, .symlinkInPath, .symlinkInPath])
  }

  @Test func `pruned folders and temporary files are left out`() throws {
    let folder = try TemporaryFolder()
    for name in ["keep", "drop"] {
      try folder.root.makeDirectory(bytes(name), intermediate: false)
      try folder.write("x", to: name + "/f")
    }
    let pending = try folder.root.temporaryFile(beside: bytes("keep/g"))
    let options = WalkOptions(prune: { $0 == Array("drop/".utf8) })
    #expect(try texts(TreeWalk(root: folder.root, options: options)) == ["keep/", "keep/f"])
    pending.discard()
  }

  @Test func `special files are entries of their kind`() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
    #expect(try entries(TreeWalk(root: folder.root)).map(\.status.kind) == [.fifo])
  }

  @Test func `a missing start folder is an error`() throws {
    let folder = try TemporaryFolder()
    let walk = TreeWalk(root: folder.root, start: bytes("none"))
    #expect(code { _ = try walk.next(max: 1) } == .notFound)
  }

  @Test func `a walk that is dropped half-way ends its threads`() throws {
    let folder = try TemporaryFolder()
    for number in 0..<50 { try folder.root.makeDirectory(bytes("d\(number)/e"), intermediate: true) }
    weak var ahead: ReadAhead?
    do {
      let walk = TreeWalk(root: folder.root)
      _ = try walk.next(max: 3)
      ahead = walk.readAhead
      #expect(ahead != nil)
    }
    for _ in 0..<30_000 where ahead != nil { usleep(1000) }
    #expect(ahead == nil)
  }
}
