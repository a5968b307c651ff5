import Glibc
import Primitives
import Testing

@testable import Files

struct FileAccessTests {
  @Test func `special files are refused without hanging`() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
    #expect(code { _ = try folder.root.openForReading(bytes("pipe")) } == .notRegular)
    try folder.root.makeDirectory(bytes("d"), intermediate: false)
    #expect(code { _ = try folder.root.openForReading(bytes("d")) } == .isDirectory)
    #expect(code { _ = try folder.root.openForReading(bytes("none")) } == .notFound)
    let devices = try ConfinedDirectory.open(bytes("/dev"), create: false)
    #expect(code { _ = try devices.openForReading(bytes("zero")) } == .notRegular)
  }

  static let oddNames: [[UInt8]] = [
    bytes("new\nline"), [0x66, 0xFF, 0xFE], bytes("caf\u{e9}"), bytes("cafe\u{301}"), bytes("-rf"), bytes("..."), bytes(" "),
    bytes("back\\slash"), [UInt8](repeating: 0x6E, count: 250), bytes("a\u{202e}b"), [0x01], bytes("~"), bytes("*"),
  ]

  @Test func `odd names are kept byte for byte`() throws {
    let folder = try TemporaryFolder()
    for (index, name) in Self.oddNames.enumerated() { try folder.write([UInt8(index)], to: name) }
    let walk = TreeWalk(root: folder.root)
    #expect(try walk.next(max: 100).map(\.path) == Self.oddNames.sorted { $0.lexicographicallyPrecedes($1) })
    for (index, name) in Self.oddNames.enumerated() {
      let source = FileSource(try folder.root.openForReading(name), offset: 0, length: 1)
      var byte: UInt8 = 0xFF
      #expect(try withUnsafeMutableBytes(of: &byte) { try source.read(into: $0) } == .bytes(1))
      #expect(Int(byte) == index)
      let moved = bytes("moved/") + name
      try folder.root.makeDirectory(bytes("moved"), intermediate: true)
      try folder.root.rename(name, moved, mode: .ifAbsent)
      try folder.root.remove(moved)
    }
    try folder.root.removeDirectory(bytes("moved"))
    #expect(folder.allNames() == [])
  }

  @Test func `renames replace, refuse or exchange`() throws {
    let folder = try TemporaryFolder()
    try folder.write("1", to: "a")
    try folder.write("2", to: "b")
    #expect(code { try folder.root.rename(bytes("a"), bytes("b"), mode: .ifAbsent) } == .exists)
    try folder.root.rename(bytes("a"), bytes("b"), mode: .exchange)
    #expect(try folder.text("a") == "2" && folder.text("b") == "1")
    try folder.root.rename(bytes("a"), bytes("b"), mode: .replace)
    #expect(folder.allNames() == ["b"])
    #expect(code { try folder.root.rename(bytes("a"), bytes("b"), mode: .exchange) } == .notFound)
  }

  @Test func `only empty folders are removed`() throws {
    let folder = try TemporaryFolder()
    try folder.root.makeDirectory(bytes("a/b/c"), intermediate: true)
    try folder.root.makeDirectory(bytes("a/b/c"), intermediate: true)
    #expect(code { try folder.root.makeDirectory(bytes("a"), intermediate: false) } == .exists)
    #expect(code { try folder.root.removeDirectory(bytes("a")) } == .notEmpty)
    #expect(code { try folder.root.remove(bytes("a")) } == .isDirectory)
    try folder.write("x", to: "f")
    #expect(code { try folder.root.removeDirectory(bytes("f")) } == .notDirectory)
    #expect(code { try folder.root.makeDirectory(bytes("f/g"), intermediate: true) } == .notDirectory)
    #expect(try folder.root.status(bytes("f/g")) == nil)
    try folder.root.removeDirectory(bytes("a/b/c"))
    #expect(try folder.root.status(bytes("a/b/c")) == nil)
  }

  @Test func `attributes are set, read, listed and removed`() throws {
    let folder = try TemporaryFolder()
    try folder.write("x", to: "f")
    let path = bytes("f")
    #expect(try folder.root.getAttribute(path, name: bytes("none")) == nil)
    do {
      try folder.root.setAttribute(path, name: bytes("b"), value: [0, 1, 255])
    } catch let error as FileError where error.code == .unsupported {
      return  // This file system has none.
    }
    try folder.root.setAttribute(path, name: bytes("a"), value: [UInt8](repeating: 7, count: 3000))
    #expect(try folder.root.getAttribute(path, name: bytes("b")) == [0, 1, 255])
    #expect(try folder.root.getAttribute(path, name: bytes("a"))?.count == 3000)
    #expect(try folder.root.attributeNames(path) == [bytes("a"), bytes("b")])
    try folder.root.removeAttribute(path, name: bytes("a"))
    try folder.root.removeAttribute(path, name: bytes("a"))
    #expect(try folder.root.attributeNames(path) == [bytes("b")])
    #expect(
      code { try folder.root.setAttribute(path, name: bytes("big"), value: [UInt8](repeating: 7, count: 1 << 20)) } == .noSpace)
  }

  @Test func `permission denied is told as such`() throws {
    let folder = try TemporaryFolder()
    try folder.write("x", to: "f")
    try folder.root.setMode(bytes("f"), mode: 0)
    try withoutPrivilege {
      #expect(code { _ = try folder.root.openForReading(bytes("f")) } == .permission)
      #expect(code { try folder.root.setMode(bytes("f"), mode: 0o777) } == (geteuid() == 0 ? .permission : nil))
    }
  }

  @Test func `the root is made with what is above it, and known again`() throws {
    let folder = try TemporaryFolder()
    let path = bytes(folder.path + "/x/y/z/")
    #expect(code { _ = try ConfinedDirectory.open(path, create: false) } == .notFound)
    let made = try ConfinedDirectory.open(path, create: true)
    let again = try ConfinedDirectory.open(path, create: true)
    #expect(try made.deviceAndInode() == again.deviceAndInode())
    let space = try made.freeSpace()
    #expect(space.available > 0 && space.available <= space.total)
    try folder.write("x", to: "file")
    #expect(code { _ = try ConfinedDirectory.open(bytes(folder.path + "/file/below"), create: true) } == .notDirectory)
  }

  @Test func `an error says what, where and why, and shows no control characters`() {
    let error = FileError(errno: ENOSPC, operation: .write, path: bytes("a\u{1b}[2J"))
    #expect(error.description.contains("cannot write \"a\\x1b[2J\": no space is left"))
    #expect(error.description.contains("free some space"))
    #expect(FileError(errno: EXDEV, operation: .open, path: []).code == .symlinkInPath)
    #expect(FileError(errno: EXDEV, operation: .rename, path: []).code == .otherDevice)
  }
}
