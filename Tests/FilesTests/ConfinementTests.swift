import CSystem
import Glibc
import Primitives
import Testing

@testable import Files

struct ConfinementTests {
  static let resolutions = [Int32(csys_resolve_best), Int32(csys_resolve_walk)]

  @Test(arguments: ["", "/", "/etc/passwd", "..", "../x", "a/../b", "a/..", ".", "./a", "a/.", "a//b", "a/", "a\0b"])
  func `a path that is not plain is refused by every operation`(path: String) throws {
    let folder = try TemporaryFolder()
    let (root, path) = (folder.root, bytes(path))
    #expect(code { _ = try root.status(path) } == .invalidPath)
    #expect(code { _ = try root.openForReading(path) } == .invalidPath)
    #expect(code { try root.makeDirectory(path, intermediate: true) } == .invalidPath)
    #expect(code { try root.makeSymlink(bytes("x"), at: path) } == .invalidPath)
    #expect(code { _ = try root.readLink(path) } == .invalidPath)
    #expect(code { _ = try root.temporaryFile(beside: path) } == .invalidPath)
    #expect(code { try root.rename(path, bytes("b"), mode: .replace) } == .invalidPath)
    #expect(code { try root.remove(path) } == .invalidPath)
    #expect(code { try root.removeDirectory(path) } == .invalidPath)
    #expect(code { try root.setTimes(path, modified: Timestamp(seconds: 0)) } == .invalidPath)
    #expect(code { try root.setMode(path, mode: 0o600) } == .invalidPath)
    #expect(code { _ = try root.getAttribute(path, name: bytes("n")) } == .invalidPath)
    #expect(code { try root.syncDirectory(of: path) } == .invalidPath)
    #expect(folder.allNames() == [])
  }

  @Test(arguments: resolutions)
  func `no operation goes through a link to a folder`(resolution: Int32) throws {
    let folder = try TemporaryFolder()
    let outside = try TemporaryFolder()
    try outside.write("secret", to: "file")
    let root = ConfinedDirectory(folder.root.descriptor, resolution: resolution)
    try root.makeSymlink(bytes(outside.path), at: bytes("link"))
    let path = bytes("link/file")
    #expect(code { _ = try root.status(path) } == .symlinkInPath)
    #expect(code { _ = try root.openForReading(path) } == .symlinkInPath)
    #expect(code { try root.makeDirectory(bytes("link/new"), intermediate: true) } == .symlinkInPath)
    #expect(code { _ = try root.temporaryFile(beside: path) } == .symlinkInPath)
    #expect(code { try root.rename(path, bytes("stolen"), mode: .replace) } == .symlinkInPath)
    #expect(code { try root.remove(path) } == .symlinkInPath)
    #expect(code { try root.setTimes(path, modified: Timestamp(seconds: 0)) } == .symlinkInPath)
    #expect(code { try root.setMode(path, mode: 0) } == .symlinkInPath)
    #expect(code { try root.setAttribute(path, name: bytes("n"), value: [1]) } == .symlinkInPath)
    #expect(try outside.text("file") == "secret")
    #expect(outside.allNames() == ["file"])
  }

  @Test(arguments: resolutions)
  func `a link as the last name is itself, never its target`(resolution: Int32) throws {
    let folder = try TemporaryFolder()
    let root = ConfinedDirectory(folder.root.descriptor, resolution: resolution)
    try folder.write("content", to: "file")
    try root.makeSymlink(bytes("file"), at: bytes("link"))
    #expect(try root.status(bytes("link"))?.kind == .symlink)
    #expect(try root.readLink(bytes("link")) == bytes("file"))
    #expect(code { _ = try root.openForReading(bytes("link")) } == .symlinkInPath)
    #expect(code { try root.setMode(bytes("link"), mode: 0) } == .symlinkInPath)
    try root.setTimes(bytes("link"), modified: Timestamp(seconds: 5))
    #expect(try root.status(bytes("link"))?.modified == Timestamp(seconds: 5))
    #expect(try root.status(bytes("file"))?.modified != Timestamp(seconds: 5))
    try root.remove(bytes("link"))
    #expect(try folder.text("file") == "content")
  }

  @Test func `links are followed inside when asked, and not out`() throws {
    let folder = try TemporaryFolder()
    try folder.write("content", to: "file")
    try folder.root.makeDirectory(bytes("sub"), intermediate: false)
    try folder.root.makeSymlink(bytes("../file"), at: bytes("sub/in"))
    try folder.root.makeSymlink(bytes("../../../etc/passwd"), at: bytes("sub/out"))
    #expect(try folder.root.openForReading(bytes("sub/in"), links: .inside).status().size == 7)
    #expect(code { _ = try folder.root.openForReading(bytes("sub/out"), links: .inside) } == .symlinkInPath)
  }

  @Test(arguments: resolutions)
  func `a thread that swaps a folder for a link leads no write outside`(resolution: Int32) throws {
    let folder = try TemporaryFolder()
    let outside = try TemporaryFolder()
    let root = ConfinedDirectory(folder.root.descriptor, resolution: resolution)
    try root.makeDirectory(bytes("real"), intermediate: false)
    try root.makeSymlink(bytes(outside.path), at: bytes("trap"))
    let swapper = Swapper(folder.root)
    var (written, refused) = (0, 0)
    for round in 0..<400 {
      let path = bytes("real/file\(round)")
      do {
        let file = try root.temporaryFile(beside: path)
        try file.commit(to: path, mode: .replace, sync: .none)
        written += 1
      } catch let error as FileError {
        #expect(error.code == .symlinkInPath)
        refused += 1
      }
    }
    let swaps = swapper.stop()
    #expect(outside.allNames() == [])
    #expect(written + refused == 400)
    #expect(swaps > 0)
  }

  @Test(arguments: resolutions)
  func `a path longer than the kernel takes at once is reached`(resolution: Int32) throws {
    let folder = try TemporaryFolder()
    let root = ConfinedDirectory(folder.root.descriptor, resolution: resolution)
    let name = String(repeating: "n", count: 250)
    let path = bytes(Array(repeating: name, count: 20).joined(separator: "/"))
    try root.makeDirectory(path, intermediate: true)
    #expect(try root.status(path)?.kind == .directory)
    #expect(code { try root.makeDirectory(bytes(String(repeating: "n", count: 256)), intermediate: false) } == .nameTooLong)
  }
}

/// Exchanges `real` and `trap` all the time, on a thread of its own.
private final class Swapper: @unchecked Sendable {
  private let root: ConfinedDirectory
  private let lock = Monitor()
  private var isStopped = false
  private var count = 0
  private var thread = pthread_t()

  init(_ root: ConfinedDirectory) {
    self.root = root
    let context = Unmanaged.passUnretained(self).toOpaque()
    pthread_create(
      &thread, nil,
      { context in
        Unmanaged<Swapper>.fromOpaque(context!).takeUnretainedValue().run()
        return nil
      }, context)
  }

  private func run() {
    while !lock.locked({ isStopped }) {
      try? root.rename(Array("real".utf8), Array("trap".utf8), mode: .exchange)
      count += 1
    }
  }

  func stop() -> Int {
    lock.locked { isStopped = true }
    pthread_join(thread, nil)
    return count
  }
}
