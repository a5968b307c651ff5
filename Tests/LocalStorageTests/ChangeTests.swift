import Glibc
import LocalStorage
import ObjectStorage
import Primitives
import Testing

/// Deletes, copies, moves and conditions.
@Suite struct ChangeTests {
  let scratch = Scratch()

  @Test func `deletes remove only what they name`() async throws {
    let store = try scratch.store()
    let old = try await store.put("f", "1")
    try await store.put("f", "2")
    try await store.put("d/g", "3")
    let outcomes = try await store.delete([
      DeleteTarget(key("f"), ifMatches: old.version), DeleteTarget(key("missing"), ifMatches: old.version), DeleteTarget(key("d/")),
      DeleteTarget(key("d")), DeleteTarget(key("f/")),
    ])
    #expect(outcomes.map { $0.error?.code } == [.preconditionFailed, nil, .notEmpty, nil, nil])
    #expect(scratch.get("f") == "2")
    #expect(scratch.get("d/g") == "3")
    let now = try #require(try await store.entry("f")).version
    let rest = [DeleteTarget(try key("f"), ifMatches: now), DeleteTarget(try key("d/g")), DeleteTarget(try key("d/"))]
    #expect(try await store.delete(rest).allSatisfy { $0.error == nil })
    #expect(scratch.names() == [])
  }

  @Test func `a file and a folder never take each other's place`() async throws {
    let store = try scratch.store()
    try await store.put("d/f", "1")
    try await store.put("file", "2")
    #expect(await code { try await store.put("d", "x") } == .alreadyExists)
    #expect(await code { try await store.put("file/below", "x") } == .alreadyExists)
    #expect(await code { _ = try await store.write(.empty, to: key("file/"), WriteOptions()) } == .alreadyExists)
    #expect(await code { _ = try await store.write(text("x"), to: key("new/"), WriteOptions()) } == .invalidArgument)
    #expect(await code { _ = try await store.move(key("file"), to: key("d"), CopyOptions()) } == .alreadyExists)
    #expect(await code { _ = try await store.move(key("file"), to: key("x/"), CopyOptions()) } == .invalidArgument)
    #expect(await code { _ = try await store.stat(key("d")) } == .notFound)
    #expect(await code { _ = try await store.stat(key("file/")) } == .notFound)
    #expect(await code { _ = try await store.get("d") } == .notFound)
    #expect(await code { _ = try await store.stat(key("file/below")) } == .notFound)
    #expect(scratch.get("d/f") == "1")
    #expect(scratch.get("file") == "2")
  }

  @Test func `what a write replaces is kept`() async throws {
    let store = try scratch.store()
    let first = try await store.put("f", "1", WriteOptions(metadata: ObjectMetadata(mode: 0o640)))
    let second = try await store.put("f", "2", WriteOptions(keepReplacedAs: key(".isobar/trash/1/f")))
    #expect(try await store.get(".isobar/trash/1/f") == "1")
    #expect(scratch.mode(".isobar/trash/1/f") == 0o640)
    #expect(try await store.stat(key(".isobar/trash/1/f")).entry.identity == first.identity)
    let stale = WriteOptions(condition: .ifMatches(first.version), keepReplacedAs: try key("kept"))
    #expect(await code { try await store.put("f", "3", stale) } == .preconditionFailed)
    #expect(scratch.get("kept") == nil)
    let good = WriteOptions(condition: .ifMatches(second.version), keepReplacedAs: try key("kept"))
    try await store.put("f", "3", good)
    #expect(scratch.get("kept") == "2")
    try await store.put("new", "4", WriteOptions(keepReplacedAs: key("nothing")))
    #expect(scratch.get("nothing") == nil)
    #expect(await code { try await store.put("f", "5", WriteOptions(keepReplacedAs: key("f"))) } == .invalidArgument)
    #expect(scratch.get("f") == "3")
  }

  @Test func `moves are renames, with conditions on both ends`() async throws {
    let store = try scratch.store()
    let a = try await store.put("a", "a", WriteOptions(metadata: ObjectMetadata(mode: 0o600)))
    let b = try await store.put("b", "b")
    #expect(await code { _ = try await store.move(key("a"), to: key("b"), CopyOptions(condition: .ifAbsent)) } == .alreadyExists)
    let wrong = CopyOptions(sourceMatches: b.version)
    #expect(await code { _ = try await store.move(key("a"), to: key("c"), wrong) } == .preconditionFailed)
    let onto = CopyOptions(condition: .ifMatches(a.version))
    #expect(await code { _ = try await store.move(key("a"), to: key("b"), onto) } == .preconditionFailed)
    #expect(await code { _ = try await store.move(key("no"), to: key("b"), CopyOptions()) } == .notFound)
    #expect(scratch.get("a") == "a")
    #expect(scratch.get("b") == "b")
    let good = CopyOptions(condition: .ifMatches(b.version), sourceMatches: a.version)
    let moved = try await store.move(key("a"), to: key("b"), good)
    #expect(scratch.names() == ["b"])
    #expect(scratch.get("b") == "a")
    #expect(moved.identity == a.identity)
    let same = try await store.move(key("b"), to: key("b"), CopyOptions())
    #expect(same.version == moved.version)
    link("\(scratch.path)/b", "\(scratch.path)/hard")
    _ = try await store.move(key("b"), to: key("hard"), CopyOptions())
    #expect(scratch.names() == ["hard"])
    let renamed = try await store.move(
      key("hard"), to: key("new"), CopyOptions(metadata: ObjectMetadata(modified: Timestamp(seconds: 9))))
    #expect(renamed.modified == Timestamp(seconds: 9))
    #expect(try await store.entry("new")?.version == renamed.version)
  }

  @Test func `a folder moves with everything in it`() async throws {
    let store = try scratch.store()
    try await store.put("a/b/c", "1")
    try await store.put("full/x", "2")
    #expect(await code { _ = try await store.move(key("a/"), to: key("a/b/d/"), CopyOptions()) } == .invalidArgument)
    #expect(await code { _ = try await store.move(key("a/"), to: key("full/"), CopyOptions()) } == .notEmpty)
    let absent = CopyOptions(condition: .ifAbsent)
    #expect(await code { _ = try await store.move(key("a/"), to: key("full/"), absent) } == .alreadyExists)
    _ = try await store.move(key("a/"), to: key("new/place/"), CopyOptions(condition: .ifAbsent))
    #expect(try await store.names() == ["full/", "full/x", "new/", "new/place/", "new/place/b/", "new/place/b/c"])
  }

  @Test func `copies carry content and metadata`() async throws {
    let store = try scratch.store()
    let metadata = ObjectMetadata(
      modified: Timestamp(seconds: 77, nanoseconds: 3), mode: 0o604, contentType: "a/b", user: ["k": "v"])
    let source = try await store.put("a", "hello", WriteOptions(metadata: metadata))
    let copy = try await store.copy(key("a"), to: key("x/b"), CopyOptions(sourceMatches: source.version))
    #expect(copy.identity != source.identity)
    var (one, two) = (try await store.stat(key("a")), try await store.stat(key("x/b")))
    #expect(two.entry.version == copy.version)
    one.entry = two.entry
    #expect(one == two)
    #expect(two.entry.modified == metadata.modified)
    #expect(two.entry.mode == 0o604)
    let wrong = CopyOptions(sourceMatches: copy.version)
    #expect(await code { _ = try await store.copy(key("a"), to: key("c"), wrong) } == .preconditionFailed)
    two = try await store.stat(key("a"))
    _ = try await store.copy(key("a"), to: key("x/b"), CopyOptions(metadata: ObjectMetadata(mode: 0o600)))
    #expect(scratch.mode("x/b") == 0o600)
    _ = try await store.copy(key("x/"), to: key("y/"), CopyOptions())
    #expect(scratch.names("y") == [])
  }

  @Test func `leftovers of a killed process are hidden, and removed once they are old`() async throws {
    let store = try scratch.store()
    let stale = ".isobar-tmp-0123456789abcdef"
    scratch.makeFolder("d")
    scratch.put("d/\(stale)", "half a download")
    scratch.put("d/f", "1")
    #expect(try await store.names() == ["d/", "d/f"])
    #expect(try await store.removeStaleTemporaries(olderThan: .seconds(3600)) == 0)
    #expect(scratch.names("d") == [stale, "f"])
    pause(milliseconds: 30)
    #expect(try await store.removeStaleTemporaries(olderThan: .milliseconds(1)) == 1)
    #expect(scratch.names("d") == ["f"])
  }

  @Test func `the root knows itself by a mark`() async throws {
    let store = try scratch.store()
    let before = try store.rootIdentity()
    #expect(before.marker == nil)
    guard try store.setMarker([1, 2, 3]) else { return }
    #expect(try store.getMarker() == [1, 2, 3])
    #expect(try store.rootIdentity().inode == before.inode)
    #expect(try scratch.store().getMarker() == [1, 2, 3])
    #expect(scratch.names() == [])
    #expect(try await store.names() == [])
  }
}
