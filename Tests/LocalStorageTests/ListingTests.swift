import Glibc
import LocalStorage
import ObjectStorage
import Primitives
import Testing

@Suite struct ListingTests {
  let scratch = Scratch()

  private func fill(_ store: LocalStore) async throws {
    for name in ["a!", "a/b/c", "a/b0", "a0", "ab/x", "b/y/z", "\u{7f}"] { try await store.put(name, "1") }
    _ = try await store.write(.empty, to: key("empty/"), WriteOptions())
  }

  private let everything = [
    "a!", "a/", "a/b/", "a/b/c", "a/b0", "a0", "ab/", "ab/x", "b/", "b/y/", "b/y/z", "empty/", "\u{7f}",
  ]

  @Test func `pages of any size give the same sorted keys`() async throws {
    let store = try scratch.store()
    try await fill(store)
    for size in [1, 2, 3, 5, 13, 100] {
      let all = try await store.all("", ListOptions(pageSize: size))
      #expect(all.entries.map { String(decoding: $0.key.bytes, as: UTF8.self) } == everything)
      #expect(all.pages == (everything.count + size - 1) / size || all.pages == everything.count / size + 1)
    }
  }

  @Test func `prefixes and starting points cut exactly`() async throws {
    let store = try scratch.store()
    try await fill(store)
    for prefix in ["", "a", "a/", "a/b", "a/b/", "ab", "b/y/z", "b/y/z/", "c", "empty/", "a!/", "zz/zz/"] {
      #expect(try await store.names(prefix) == everything.filter { $0.hasPrefix(prefix) }, "prefix \(prefix)")
    }
    for after in everything + ["a/a", "a/b/", "a/b/d", "zzz"] {
      let expected = everything.filter { $0.utf8.lexicographicallyPrecedes(after.utf8) == false && $0 != after }
      #expect(try await store.names("", ListOptions(after: key(after), pageSize: 2)) == expected, "after \(after)")
    }
  }

  @Test func `one level folds folders, in order with the files`() async throws {
    let store = try scratch.store()
    try await fill(store)
    for size in [1, 2, 100] {
      let options = ListOptions(depth: .oneLevel, pageSize: size)
      let top = try await store.all("", options)
      #expect(top.entries.map { "\($0.key)" } == ["a!", "a0", "\\x7f"])
      #expect(top.folders.map { "\($0)" } == ["a/", "ab/", "b/", "empty/"])
      let inside = try await store.all("a/", options)
      #expect(inside.entries.map { "\($0.key)" } == ["a/", "a/b0"])
      #expect(inside.folders.map { "\($0)" } == ["a/b/"])
      #expect(try await store.all("a", options).folders.map { "\($0)" } == ["a/", "ab/"])
    }
  }

  @Test func `pruned folders are not looked into`() async throws {
    let store = try scratch.store()
    try await fill(store)
    let names = try await store.names("", ListOptions(prune: { "\($0)" == "a/" }))
    #expect(names.filter { !$0.hasPrefix("a/") } == everything.filter { !$0.hasPrefix("a/") })
    #expect(!names.contains("a/b/c"))
  }

  @Test func `an empty root lists nothing, a file as prefix folder neither`() async throws {
    let store = try scratch.store()
    #expect(try await store.all().pages == 0)
    try await store.put("f", "1")
    #expect(try await store.names("f/") == [])
  }

  @Test func `another file system below the root is a problem unless asked for`() async throws {
    scratch.makeFolder("mounted")
    guard mount("tmpfs", "\(scratch.path)/mounted", "tmpfs", 0, "size=1m") == 0 else { return }
    defer { umount2("\(scratch.path)/mounted", 2) }
    scratch.put("mounted/f", "1")
    let staying = try scratch.store(LocalOptions(crossDevices: false))
    let all = try await staying.all()
    #expect(all.entries.isEmpty)
    #expect(all.problems.map { "\($0.key!)" } == ["mounted/"])
    let crossing = try scratch.store()
    #expect(try await crossing.names() == ["mounted/", "mounted/f"])
    // A rename cannot cross; the move is then a copy and a delete, and what a write replaces is kept as a copy.
    try await crossing.put("g", "2", WriteOptions(metadata: ObjectMetadata(mode: 0o640)))
    _ = try await crossing.move(key("g"), to: key("mounted/g"), CopyOptions())
    #expect(scratch.get("mounted/g") == "2")
    #expect(scratch.mode("mounted/g") == 0o640)
    #expect(scratch.get("g") == nil)
    try await crossing.put("mounted/g", "3", WriteOptions(keepReplacedAs: key("kept")))
    #expect(scratch.get("kept") == "2")
    #expect(scratch.get("mounted/g") == "3")
  }

  @Test func `a full disk and a read-only one are told apart, and nothing is left`() async throws {
    scratch.makeFolder("small")
    let path = "\(scratch.path)/small"
    guard mount("tmpfs", path, "tmpfs", 0, "size=256k") == 0 else { return }
    defer { umount2(path, 2) }
    let store = try LocalStore.open(path: Array(path.utf8))
    try await store.put("f", "old")
    for size in [300_000, 3_000_000] {
      do {
        _ = try await store.write(.bytes([UInt8](repeating: 1, count: size)), to: key("f"), WriteOptions())
        Issue.record("a write beyond the disk's size succeeded")
      } catch let error as StorageError {
        #expect(error.code == .noSpace)
        #expect(error.message.contains("free some space"))
      }
    }
    #expect(scratch.get("small/f") == "old")
    #expect(scratch.names("small") == ["f"])
    #expect(mount("tmpfs", path, "tmpfs", 33, nil) == 0)  // MS_REMOUNT | MS_RDONLY
    #expect(await code { try await store.put("f", "new") } == .permissionDenied)
    #expect(try await store.delete([DeleteTarget(key("f"))])[0].error?.code == .permissionDenied)
    #expect(try await store.get("f") == "old")
    #expect(try store.setMarker([1]) == false)
    let opened = try LocalStore.open(path: Array(path.utf8))
    #expect(try await opened.get("f") == "old")
  }
}
