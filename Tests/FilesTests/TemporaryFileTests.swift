import Glibc
import Primitives
import Testing

@testable import Files

struct TemporaryFileTests {
  private func file(_ text: String, in folder: TemporaryFolder, beside name: String) throws -> TemporaryFile {
    let file = try folder.root.temporaryFile(beside: bytes(name))
    try bytes(text).withUnsafeBytes { try file.write($0, at: 0) }
    return file
  }

  @Test func `a file is hidden until its commit and gone without one`() throws {
    let folder = try TemporaryFolder()
    do {
      let pending = try file("x", in: folder, beside: "a")
      let names = folder.allNames()
      #expect(names.count == 1 && TemporaryFile.isTemporaryName(names[0].utf8))
      #expect(try folder.root.status(bytes("a")) == nil)
      _ = pending
    }
    #expect(folder.allNames() == [])
    let status = try file("text", in: folder, beside: "a").commit(to: bytes("a"), mode: .replace, sync: .fileAndFolder)
    #expect(folder.allNames() == ["a"])
    #expect(try folder.root.status(bytes("a")) == status)
    #expect(status.size == 4 && status.links == 1)
  }

  @Test(arguments: [
    "isobar-tmp-0123456789abcdef", ".isobar-tmp-0123456789abcde", ".isobar-tmp-0123456789abcdeg", ".isobar-tmp-", "a",
  ])
  func `other names are not temporary ones`(name: String) {
    #expect(!TemporaryFile.isTemporaryName(name.utf8))
    #expect(TemporaryFile.isTemporaryName(".isobar-tmp-0123456789abcdef".utf8))
  }

  @Test func `commit if absent refuses what exists and leaves it`() throws {
    let folder = try TemporaryFolder()
    try folder.write("old", to: "a")
    let pending = try file("new", in: folder, beside: "a")
    #expect(code { try pending.commit(to: bytes("a"), mode: .ifAbsent, sync: .none) } == .exists)
    #expect(try folder.text("a") == "old")
    try pending.commit(to: bytes("b"), mode: .ifAbsent, sync: .none)
    #expect(try folder.text("b") == "new")
    #expect(folder.allNames() == ["a", "b"])
  }

  @Test func `commit if unchanged replaces the file that was seen`() throws {
    let folder = try TemporaryFolder()
    try folder.write("old", to: "a")
    let seen = try #require(try folder.root.status(bytes("a")))
    try file("new", in: folder, beside: "a").commit(to: bytes("a"), mode: .ifUnchanged(expected: seen), sync: .file)
    #expect(try folder.text("a") == "new")
    #expect(folder.allNames() == ["a"])
  }

  @Test func `commit if unchanged leaves another file as it is`() throws {
    let folder = try TemporaryFolder()
    try folder.write("old", to: "a")
    let seen = try #require(try folder.root.status(bytes("a")))
    let pending = try file("new", in: folder, beside: "a")
    try folder.write("edited", to: "a")
    let edited = try folder.root.status(bytes("a"))
    #expect(code { try pending.commit(to: bytes("a"), mode: .ifUnchanged(expected: seen), sync: .none) } == .changed)
    #expect(try folder.text("a") == "edited")
    #expect(try folder.root.status(bytes("a"))?.inode == edited?.inode)
    try folder.root.remove(bytes("a"))
    #expect(code { try pending.commit(to: bytes("a"), mode: .ifUnchanged(expected: seen), sync: .none) } == .changed)
    #expect(try folder.root.status(bytes("a")) == nil)
    pending.discard()
    #expect(folder.allNames() == [])
  }

  @Test func `an edit that comes between look and exchange survives`() throws {
    let folder = try TemporaryFolder()
    try folder.write("old", to: "a")
    let seen = try #require(try folder.root.status(bytes("a")))
    let pending = try file("new", in: folder, beside: "a")
    #expect(
      code {
        _ = try pending.commit(to: bytes("a"), mode: .ifUnchanged(expected: seen), sync: .none) { step in
          if step == .exchange { try folder.write("edit", to: "a") }
        }
      } == .changed)
    #expect(try folder.text("a") == "edit")
  }

  @Test func `an edit that comes while the exchange is undone survives, and so does the displaced file`() throws {
    let folder = try TemporaryFolder()
    try folder.write("old", to: "a")
    let seen = try #require(try folder.root.status(bytes("a")))
    var pending: TemporaryFile? = try file("new", in: folder, beside: "a")
    #expect(
      code {
        _ = try pending?.commit(to: bytes("a"), mode: .ifUnchanged(expected: seen), sync: .none) { step in
          if step == .exchange { try folder.write("first edit", to: "a") }
          if step == .exchangeBack { try folder.write("second edit", to: "a") }
        }
      } == .changed)
    pending = nil
    let names = folder.allNames()
    #expect(try folder.text("a") == "second edit")
    #expect(names.count == 2 && names[1].hasPrefix("a.isobar-saved-"))
    #expect(try folder.text(try #require(names.last)) == "first edit")
  }

  @Test func `a removal that comes while the exchange is undone does not lose the edit`() throws {
    let folder = try TemporaryFolder()
    try folder.write("old", to: "a")
    let seen = try #require(try folder.root.status(bytes("a")))
    let pending = try file("new", in: folder, beside: "a")
    #expect(
      code {
        _ = try pending.commit(to: bytes("a"), mode: .ifUnchanged(expected: seen), sync: .none) { step in
          if step == .exchange { try folder.write("edit", to: "a") }
          if step == .exchangeBack { try folder.root.remove(bytes("a")) }
        }
      } == .changed)
    #expect(try folder.text("a") == "edit")
    #expect(folder.allNames() == ["a"])
  }

  @Test func `content is made durable before the name and the folder after it`() throws {
    let folder = try TemporaryFolder()
    var steps: [TemporaryFile.CommitStep] = []
    _ = try file("x", in: folder, beside: "a").commit(to: bytes("a"), mode: .replace, sync: .fileAndFolder) { steps.append($0) }
    #expect(steps == [.syncFile, .rename, .syncFolder])
    steps = []
    let seen = try #require(try folder.root.status(bytes("a")))
    let pending = try file("y", in: folder, beside: "a")
    _ = try pending.commit(to: bytes("a"), mode: .ifUnchanged(expected: seen), sync: .fileAndFolder) { steps.append($0) }
    #expect(steps == [.mode, .syncFile, .exchange, .compare, .removeOld, .syncFolder])
  }

  @Test func `a folder is not replaced by a file`() throws {
    let folder = try TemporaryFolder()
    try folder.root.makeDirectory(bytes("d"), intermediate: false)
    let pending = try file("x", in: folder, beside: "d")
    #expect(code { try pending.commit(to: bytes("d"), mode: .replace, sync: .none) } == .isDirectory)
    let seen = try #require(try folder.root.status(bytes("d")))
    #expect(code { try pending.commit(to: bytes("d"), mode: .ifUnchanged(expected: seen), sync: .none) } == .isDirectory)
    try folder.write("content", to: "d/f")
    #expect(code { try pending.commit(to: bytes("d"), mode: .ifUnchanged(expected: seen), sync: .none) } == .isDirectory)
    #expect(try folder.text("d/f") == "content")
    pending.discard()
    #expect(folder.allNames() == ["d"])
  }

  @Test func `times, permissions and attributes are those that were set`() throws {
    let folder = try TemporaryFolder()
    try folder.write("private", to: "a")
    try folder.root.setMode(bytes("a"), mode: 0o600)
    let first = try file("x", in: folder, beside: "a")
    try first.setTimes(modified: Timestamp(seconds: -5, nanoseconds: 123_456_789))
    #expect(try first.descriptor.status().mode == 0o600)
    let status = try first.commit(to: bytes("a"), mode: .replace, sync: .none)
    #expect(status.mode == 0o600)
    #expect(status.modified == Timestamp(seconds: -5, nanoseconds: 123_456_789))
    let second = try file("y", in: folder, beside: "a")
    second.setMode(0o640)
    #expect(try second.commit(to: bytes("a"), mode: .replace, sync: .none).mode == 0o640)
  }

  @Test func `leftovers are removed by age, and nothing else`() throws {
    let folder = try TemporaryFolder()
    try folder.root.makeDirectory(bytes("d"), intermediate: false)
    try folder.write("kept", to: "d/file")
    // A crash is a temporary name whose owner is gone: link one to another name of that kind.
    let pending = try file("x", in: folder, beside: "d/a")
    let name = try #require(TemporaryFolder.names(of: folder.path + "/d").first { TemporaryFile.isTemporaryName($0.utf8) })
    let leftover = "d/.isobar-tmp-00000000000000aa"
    #expect(link(folder.path + "/d/" + name, folder.path + "/" + leftover) == 0)
    pending.discard()
    let now = Timestamp.now()
    #expect(try folder.root.removeStaleTemporaries(olderThan: .seconds(3600), now: now) == 0)
    #expect(try folder.root.removeStaleTemporaries(olderThan: .seconds(3600), now: now + .seconds(7200)) == 1)
    #expect(TemporaryFolder.names(of: folder.path + "/d") == ["file"])
  }
}
