import Glibc
import Primitives
import Testing

@testable import Files

struct FileBodyTests {
  private func read(_ source: FileSource, chunk: Int) throws -> [UInt8] {
    var all: [UInt8] = []
    while true {
      var buffer = [UInt8](repeating: 0, count: chunk)
      switch try buffer.withUnsafeMutableBytes({ try source.read(into: $0) }) {
      case .bytes(let count): all += buffer.prefix(count)
      case .end: return all
      case .pause: Issue.record("a file never pauses")
      }
    }
  }

  @Test(arguments: [1, 3, 100])
  func `a source gives exactly its range`(chunk: Int) throws {
    let folder = try TemporaryFolder()
    try folder.write("0123456789", to: "f")
    let file = try folder.root.openForReading(bytes("f"))
    #expect(try read(FileSource(file, offset: 2, length: 5), chunk: chunk) == bytes("23456"))
    #expect(try read(FileSource(file, offset: 0, length: 0), chunk: chunk) == [])
  }

  @Test func `a file that became shorter is an error, not an end`() throws {
    let folder = try TemporaryFolder()
    try folder.write("0123456789", to: "f")
    let source = FileSource(try folder.root.openForReading(bytes("f")), offset: 0, length: 10)
    #expect(truncate(folder.path + "/f", 4) == 0)
    #expect(code { _ = try read(source, chunk: 4) } == .endedEarly)
  }

  private func write(_ text: String, to sink: FileSink) throws {
    #expect(try bytes(text).withUnsafeBytes { try sink.write($0) } == .taken)
  }

  @Test func `a sink that restarts forgets what it wrote, and no more`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.root.temporaryFile(beside: bytes("f"))
    try write("head", to: FileSink(file.descriptor))
    let sink = FileSink(file.descriptor, offset: 4)
    try write("a long first attempt", to: sink)
    try sink.restart()
    #expect(sink.count == 0)
    try write("tail", to: sink)
    let late = FileSink(file.descriptor, offset: 8, onRestart: .overwrite)
    try write("abc", to: late)
    let early = FileSink(file.descriptor, offset: 0, onRestart: .overwrite)
    try early.restart()
    try write("HEAD", to: early)
    try file.commit(to: bytes("f"), mode: .ifAbsent, sync: .none)
    #expect(try folder.text("f") == "HEADtailabc")
  }

  @Test func `a copy inside the kernel is exact and stops at the end`() throws {
    let folder = try TemporaryFolder()
    var random = SeededRandom(seed: 1)
    let content = (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    try folder.write(content, to: bytes("f"))
    let source = try folder.root.openForReading(bytes("f"))
    let copy = try folder.root.temporaryFile(beside: bytes("g"))
    #expect(try copy.descriptor.copy(from: source, range: 10..<1_000_000, to: 5) == 299_990)
    try copy.commit(to: bytes("g"), mode: .ifAbsent, sync: .none)
    let copied = FileSource(try folder.root.openForReading(bytes("g")), offset: 5, length: 299_990)
    #expect(try read(copied, chunk: 65_536) == Array(content[10...]))
  }

  @Test func `a full disk is told as such, before and during a write, and leaves the old file`() throws {
    let folder = try TemporaryFolder()
    try folder.root.makeDirectory(bytes("small"), intermediate: false)
    let mountPoint = folder.path + "/small"
    guard Glibc.system("mount -t tmpfs -o size=2m none '\(mountPoint)' 2>/dev/null") == 0 else { return }
    defer { _ = Glibc.system("umount -l '\(mountPoint)'") }
    try folder.write("old", to: "small/f")
    #expect(code { _ = try folder.root.temporaryFile(beside: bytes("small/f"), size: 8 << 20) } == .noSpace)
    #expect(TemporaryFolder.names(of: mountPoint) == ["f"])
    do {
      let pending = try folder.root.temporaryFile(beside: bytes("small/f"))
      let sink = FileSink(pending.descriptor)
      let megabyte = [UInt8](repeating: 1, count: 1 << 20)
      #expect(code { for _ in 0..<4 { _ = try megabyte.withUnsafeBytes { try sink.write($0) } } } == .noSpace)
    }
    #expect(TemporaryFolder.names(of: mountPoint) == ["f"])
    #expect(try folder.text("small/f") == "old")
    let walk = TreeWalk(root: folder.root, options: WalkOptions(crossDevices: false))
    let entries = try walk.next(max: 10)
    #expect(entries.map(\.path) == [bytes("small/")])
    #expect(entries.map { $0.problem?.code } == [.otherDevice])
    #expect(code { try folder.root.rename(bytes("small/f"), bytes("f"), mode: .replace) } == .otherDevice)
  }
}
