import Glibc
import LocalStorage
import ObjectStorage
import Primitives
import Testing

@Suite struct ReadWriteTests {
  let scratch = Scratch()

  @Test func `what was written is read, listed and on the disk`() async throws {
    let store = try scratch.store()
    let receipt = try await store.put("a/b/c.txt", "hello")
    #expect(try await store.get("a/b/c.txt") == "hello")
    #expect(scratch.get("a/b/c.txt") == "hello")
    #expect(try await store.names() == ["a/", "a/b/", "a/b/c.txt"])
    let entry = try #require(try await store.entry("a/b/c.txt"))
    #expect(entry.version == receipt.version)
    #expect(entry.size == 5)
    #expect(entry.modified == receipt.modified)
    #expect(entry.identity == receipt.identity)
    #expect(try await store.stat(key("a/b/c.txt")).entry == entry)
  }

  @Test func `a missing root is said so, and made when asked for`() async throws {
    let path = Array("\(scratch.path)/x/y".utf8)
    #expect(await code { _ = try LocalStore.open(path: path) } == .storeNotFound)
    let store = try LocalStore.open(path: path, options: LocalOptions(create: true))
    try await store.put("z", "1")
    #expect(scratch.get("x/y/z") == "1")
    scratch.put("file", "")
    #expect(await code { _ = try LocalStore.open(path: Array("\(scratch.path)/file".utf8)) } == .invalidArgument)
  }

  @Test func `a root that is removed or replaced is an error, not an empty store`() async throws {
    scratch.makeFolder("root")
    scratch.put("root/a", "1")
    let store = try LocalStore.open(path: Array("\(scratch.path)/root".utf8))
    rename("\(scratch.path)/root", "\(scratch.path)/elsewhere")
    #expect(await code { _ = try await store.all() } == .storeNotFound)
    #expect(await code { _ = try await store.stat(key("missing")) } == .storeNotFound)
    scratch.makeFolder("root")
    #expect(await code { _ = try await store.all() } == .storeNotFound)
    #expect(await code { _ = try await store.stat(key("missing")) } == .storeNotFound)
  }

  @Test func `its nature and place are known without a request`() async throws {
    let store = try scratch.store()
    let capabilities = try await store.capabilities()
    #expect(store.identity.isLocal == capabilities.localReads)
    #expect(store.identity.listsFolders == capabilities.realFolders)
    symlink(scratch.path, "\(scratch.path)-link")
    defer { unlink("\(scratch.path)-link") }
    let byLink = try LocalStore.open(path: Array("\(scratch.path)-link".utf8))
    #expect(byLink.identity.stableID == store.identity.stableID)
    #expect(byLink.rootPath == Array(scratch.path.utf8))
  }

  @Test func `reading and listing write nothing`() async throws {
    scratch.put("f", "1")
    var before = Glibc.stat()
    lstat(scratch.path, &before)
    let store = try scratch.store()
    _ = try await store.get("f")
    _ = try await store.stat(key("f"))
    _ = try await store.all()
    var after = Glibc.stat()
    lstat(scratch.path, &after)
    #expect(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec && before.st_ctim.tv_nsec == after.st_ctim.tv_nsec)
  }

  @Test func `names of any bytes come back as they were`() async throws {
    let store = try scratch.store()
    var names: [[UInt8]] = [
      Array("caf\u{e9}".utf8), Array("cafe\u{301}".utf8), [0xFF, 0xFE, 0x01], Array("line\nbreak".utf8), Array(" ".utf8),
      [UInt8](repeating: 0x61, count: 250), [UInt8](repeating: 0x62, count: 255), Array("...".utf8),
    ]
    for name in names { _ = try await store.write(.bytes(name), to: ObjectKey(name), WriteOptions()) }
    names.sort { $0.lexicographicallyPrecedes($1) }
    #expect(try await store.all().entries.map(\.key.bytes) == names)
    for name in names { #expect(try await store.readBytes(ObjectKey(name), limit: 1000) == name) }
    let long = [UInt8](repeating: 0x61, count: 256)
    #expect(await code { _ = try await store.write(.empty, to: ObjectKey(long), WriteOptions()) } == .invalidArgument)
  }

  @Test func `ranges are exact and clipped`() async throws {
    let store = try scratch.store()
    try await store.put("f", "0123456789")
    func range(_ start: Int64, _ end: Int64?) async throws -> String {
      let sink = MemorySink(limit: 100)
      let options = ReadOptions(range: ByteRange(start: start, end: end))
      let result = try await store.read(key("f"), options, into: sink)
      #expect(Int(result.range.upperBound - result.range.lowerBound) == sink.bytes.count)
      return String(decoding: sink.bytes, as: UTF8.self)
    }
    #expect(try await range(0, 3) == "012")
    #expect(try await range(3, nil) == "3456789")
    #expect(try await range(8, 100) == "89")
    #expect(await code { _ = try await range(10, 11) } == .invalidArgument)
  }

  @Test func `a source that ends early or goes on leaves nothing behind`() async throws {
    let store = try scratch.store()
    try await store.put("f", "old")
    for length: Int64 in [2, 10] {
      let wrong = Payload(length: length, makeSource: { _ in MemorySource(Array("12345".utf8)[...]) })
      #expect(await code { _ = try await store.write(wrong, to: key("f"), WriteOptions()) } == .sourceChanged)
    }
    let write = try await store.openWrite(key("f"), length: 5, WriteOptions())
    _ = try Array("123".utf8).withUnsafeBytes { try write.sink.write($0) }
    #expect(await code { _ = try await write.commit(metadata: nil) } == .sourceChanged)
    #expect(scratch.get("f") == "old")
    #expect(scratch.names() == ["f"])
  }

  @Test func `a source that changes while it is copied is never stored`() async throws {
    let store = try scratch.store()
    scratch.put("source", "first")
    let object = try await store.payload(for: key("source"), ifMatches: nil)
    pause(milliseconds: 12)
    scratch.put("source", "other")
    #expect(await code { _ = try await store.write(object.payload, to: key("copy"), WriteOptions()) } == .sourceChanged)
    #expect(scratch.names() == ["source"])
    let again = try await store.payload(for: key("source"), ifMatches: nil)
    rename("\(scratch.path)/source", "\(scratch.path)/moved")
    #expect(await code { try again.payload.verifyUnchanged() } == .sourceChanged)
  }

  @Test func `a pushed body becomes visible at commit and not before`() async throws {
    let store = try scratch.store()
    let write = try await store.openWrite(key("d/f"), length: 6, WriteOptions(metadata: ObjectMetadata(mode: 0o600)))
    _ = try Array("wrong!".utf8).withUnsafeBytes { try write.sink.write($0) }
    try write.sink.restart()
    _ = try Array("abc".utf8).withUnsafeBytes { try write.sink.write($0) }
    _ = try Array("def".utf8).withUnsafeBytes { try write.sink.write($0) }
    #expect(try await store.names() == ["d/"])
    let modified = Timestamp(seconds: 1_600_000_000, nanoseconds: 7)
    let receipt = try await write.commit(metadata: ObjectMetadata(modified: modified, mode: 0o640))
    #expect(scratch.get("d/f") == "abcdef")
    #expect(receipt.modified == modified)
    #expect(scratch.mode("d/f") == 0o640)
    #expect(scratch.names("d") == ["f"])
    await write.abort()
    #expect(scratch.get("d/f") == "abcdef")
    let second = try await store.openWrite(key("d/g"), length: 1, WriteOptions())
    await second.abort()
    #expect(scratch.names("d") == ["f"])
    #expect(await code { _ = try await second.commit(metadata: nil) } == .invalidArgument)
  }

  @Test func `a private file is private while it is written`() async throws {
    let store = try scratch.store()
    let write = try await store.openWrite(key("f"), length: 1, WriteOptions(metadata: ObjectMetadata(mode: 0o400)))
    let hidden = try #require(scratch.names().first)
    #expect(scratch.mode(hidden) == 0o600)
    _ = try [UInt8]([1]).withUnsafeBytes { try write.sink.write($0) }
    _ = try await write.commit(metadata: nil)
    #expect(scratch.mode("f") == 0o400)
  }

  @Test func `large bodies go through in both directions`() async throws {
    let store = try scratch.store()
    let bytes = [UInt8](unsafeUninitializedCapacity: 20_000_001) { buffer, count in
      for index in buffer.indices { buffer[index] = UInt8(truncatingIfNeeded: index &* index >> 8) }
      count = buffer.count
    }
    _ = try await store.write(.bytes(bytes), to: key("large"), WriteOptions())
    #expect(try await store.readBytes(key("large"), limit: bytes.count) == bytes)
    // From one file to another inside the kernel.
    let receipt = try await store.copy(key("large"), to: key("copy"), CopyOptions())
    #expect(receipt.size == Int64(bytes.count))
    #expect(try await store.readBytes(key("copy"), limit: bytes.count) == bytes)
    let part = try await store.payload(for: key("large"), ifMatches: nil).payload
    let shorter = Payload(length: 1000, makeSource: { try part.makeSource($0.lowerBound + 5..<$0.upperBound + 5) })
    _ = try await store.write(shorter, to: key("part"), WriteOptions())
    #expect(try await store.readBytes(key("part"), limit: 2000) == Array(bytes[5..<1005]))
  }

  @Test func `a cancelled write leaves nothing`() async throws {
    let store = try scratch.store()
    final class Endless: ByteSource, Sendable {
      func read(into buffer: UnsafeMutableRawBufferPointer) -> ByteSourceResult { .pause }
      func whenReady(_ resume: @escaping @Sendable () -> Void) {}
    }
    let task = Task { try await store.write(Payload(length: 10, makeSource: { _ in Endless() }), to: key("f"), WriteOptions()) }
    pause(milliseconds: 5)
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(scratch.names() == [])
  }

  @Test func `metadata is kept`() async throws {
    let store = try scratch.store()
    let metadata = ObjectMetadata(
      modified: Timestamp(seconds: -5, nanoseconds: 999_999_999), mode: 0o2711, contentType: "text/x-test",
      user: ["a": "1", "b-c": "ü"])
    try await store.put("f", "x", WriteOptions(metadata: metadata))
    let info = try await store.stat(key("f"))
    #expect(info.entry.modified == metadata.modified)
    #expect(info.entry.mode == 0o2711)
    #expect(try await store.entry("f")?.mode == 0o2711)
    if try await store.capabilities().userMetadata {
      #expect(info.contentType == "text/x-test")
      #expect(info.userMetadata == metadata.user)
      #expect(try await store.payload(for: key("f"), ifMatches: nil).info == info)
      let receipt = try await store.updateMetadata(ObjectMetadata(user: ["z": "9"]), of: key("f"), ifMatches: info.entry.version)
      let changed = try await store.stat(key("f"))
      #expect(changed.userMetadata == ["z": "9"])
      #expect(changed.contentType == nil)
      #expect(changed.entry.version == receipt.version)
      #expect(changed.entry.modified == metadata.modified)
      let large = ObjectMetadata(user: ["big": String(repeating: "x", count: 100_000)])
      #expect(await code { try await store.put("g", "x", WriteOptions(metadata: large)) } == .invalidArgument)
      #expect(scratch.get("g") == nil)
    }
  }

  @Test func `a new time or mode changes no content`() async throws {
    let store = try scratch.store()
    let first = try await store.put("f", "x")
    let time = Timestamp(seconds: 1_500_000_000, nanoseconds: 123_456_789)
    let second = try await store.updateMetadata(ObjectMetadata(modified: time, mode: 0o600), of: key("f"), ifMatches: first.version)
    #expect(second.modified == time)
    #expect(try await store.entry("f")?.version == second.version)
    #expect(scratch.mode("f") == 0o600)
    let stale = await code { _ = try await store.updateMetadata(ObjectMetadata(), of: key("f"), ifMatches: first.version) }
    #expect(stale == .preconditionFailed)
    #expect(await code { _ = try await store.updateMetadata(ObjectMetadata(), of: key("no"), ifMatches: nil) } == .notFound)
  }

  @Test func `without preserveMode a replaced file keeps its mode`() async throws {
    let store = try scratch.store(LocalOptions(preserveMode: false))
    scratch.put("f", "1")
    chmod("\(scratch.path)/f", 0o600)
    try await store.put("f", "2", WriteOptions(metadata: ObjectMetadata(mode: 0o777)))
    #expect(scratch.mode("f") == 0o600)
    #expect(try await store.stat(key("f")).entry.mode == nil)
  }

  @Test func `flush and writes that sync by themselves work`() async throws {
    let store = try scratch.store(LocalOptions(durability: .everyWrite))
    try await store.put("a", "1")
    try await store.flush()
    try await store.flush()
    #expect(scratch.get("a") == "1")
  }
}
