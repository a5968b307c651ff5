import Files
import Glibc
import LocalStorage
import ObjectStorage
import Primitives
import Testing

/// Downloads that were interrupted leave what they had brought.
@Suite struct ResumeTests {
  private let scratch = Scratch()
  private let content: [UInt8] = {
    var random = SeededRandom(seed: 9)
    var bytes: [UInt8] = []
    while bytes.count < 20_000_000 { withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) } }
    return bytes
  }()

  private func open(_ store: LocalStore, _ id: String = "version 1", length: Int? = nil) async throws -> any DirectWrite {
    try await store.openWrite(
      key("d/large"), length: Int64(length ?? content.count), WriteOptions(contentID: Array(id.utf8)))
  }

  private func push(_ bytes: ArraySlice<UInt8>, into write: any DirectWrite) throws {
    var rest = bytes
    while !rest.isEmpty {
      let piece = rest.prefix(100_000)
      _ = try piece.withUnsafeBytes { try write.sink.write($0) }
      rest = rest.dropFirst(piece.count)
    }
  }

  @Test func `what a suspended write had taken is there for the next one, and the file becomes whole`() async throws {
    let store = try scratch.store()
    let first = try await open(store)
    #expect(first.taken == 0)
    try push(content[..<12_345_678], into: first)
    await first.suspend()
    #expect(try await store.names() == ["d/"], "nobody sees it")
    let second = try await open(store)
    #expect(second.taken == 12_345_678)
    // An attempt that breaks goes back to where this write began.
    try push(content[12_345_678..<13_000_000], into: second)
    try second.sink.restart()
    try push(content[12_345_678...], into: second)
    let all = MemorySink(limit: content.count)
    try await second.replay(into: all)
    #expect(all.bytes == content)
    let receipt = try await second.commit(metadata: nil)
    #expect(receipt.size == Int64(content.count))
    #expect(try await store.readBytes(key("d/large"), limit: content.count) == content)
    #expect(scratch.names("d") == ["large"])
    let folder = try ConfinedDirectory.open(Array(scratch.path.utf8), create: false)
    #expect(try folder.attributeNames(Array("d/large".utf8)) == [], "no trace of the interruption")
  }

  @Test func `what is kept can be read by nobody else, and gets the usual mode in the end if nobody sets one`() async throws {
    let store = try scratch.store()
    func mode(_ name: String) -> mode_t {
      var status = stat()
      return lstat("\(scratch.path)/d/\(name)", &status) == 0 ? status.st_mode & 0o7777 : 0
    }
    let first = try await open(store)
    try push(content[..<10_000_000], into: first)
    await first.suspend()
    let kept = try #require(scratch.names("d").first)
    #expect(mode(kept) == 0o600)
    // As an older version left it.
    chmod("\(scratch.path)/d/\(kept)", 0o644)
    let second = try await open(store)
    #expect(second.taken == 10_000_000)
    #expect(mode(kept) == 0o600)
    try push(content[10_000_000...], into: second)
    _ = try await second.commit(metadata: nil)
    close(Glibc.open("\(scratch.path)/d/usual", O_WRONLY | O_CREAT, 0o666))
    #expect(mode("large") == mode("usual"))
    // A private object stays private, and what replaces a private file is private.
    let third = try await open(store, "version 2")
    try push(content[...], into: third)
    _ = try await third.commit(metadata: ObjectMetadata(mode: 0o600))
    #expect(mode("large") == 0o600)
    let fourth = try await open(store, "version 3")
    try push(content[...], into: fourth)
    _ = try await fourth.commit(metadata: nil)
    #expect(mode("large") == 0o600)
    #expect(scratch.names("d").sorted() == ["large", "usual"])
  }

  @Test func `the space of what may be kept is reserved, also of what is left of it`() async throws {
    let store = try scratch.store()
    func blocks() throws -> Int {
      var status = stat()
      let name = try #require(scratch.names("d").first)
      _ = lstat("\(scratch.path)/d/\(name)", &status)
      return Int(status.st_blocks) * 512
    }
    // Not every file system can.
    let probe = Glibc.open("\(scratch.path)/probe", O_RDWR | O_CREAT, 0o600)
    let canReserve = posix_fallocate(probe, 0, 1 << 20) == 0
    close(probe)
    guard canReserve else { return }
    let first = try await open(store)
    #expect(try blocks() >= content.count)
    try push(content[..<10_000_000], into: first)
    await first.suspend()
    let second = try await open(store)
    #expect(second.taken == 10_000_000)
    #expect(try blocks() >= content.count)
    await second.abort()
  }

  @Test func `what lies behind the last byte that is believed is not kept`() async throws {
    let store = try scratch.store()
    let first = try await open(store)
    try push(content[..<10_000_000], into: first)
    await first.suspend()
    let name = try #require(scratch.names("d").first)
    let file = Glibc.open("\(scratch.path)/d/\(name)", O_WRONLY)
    #expect(pwrite(file, "?", 1, 30_000_000) == 1)
    close(file)
    let second = try await open(store)
    #expect(second.taken == 10_000_000)
    try push(content[10_000_000...], into: second)
    _ = try await second.commit(metadata: nil)
    #expect(try await store.stat(key("d/large")).entry.size == Int64(content.count))
  }

  @Test func `what was damaged meanwhile is not gone on with`() async throws {
    let store = try scratch.store()
    let first = try await open(store)
    try push(content[..<10_000_000], into: first)
    await first.suspend()
    let name = try #require(scratch.names("d").first)
    let file = Glibc.open("\(scratch.path)/d/\(name)", O_WRONLY)
    #expect(pwrite(file, "?", 1, 5_000_000) == 1)
    close(file)
    let second = try await open(store)
    #expect(second.taken == 0)
    try push(content[...], into: second)
    _ = try await second.commit(metadata: nil)
    #expect(try await store.readBytes(key("d/large"), limit: content.count) == content)
  }

  @Test func `another content, another write at the same time, and an aborted one begin anew`() async throws {
    let store = try scratch.store()
    let first = try await open(store)
    try push(content[..<10_000_000], into: first)
    let meanwhile = try await open(store)
    #expect(meanwhile.taken == 0)
    await meanwhile.suspend()
    await first.suspend()
    #expect(scratch.names("d").count == 1, "what cannot be kept goes")
    let other = try await open(store, "version 2")
    #expect(other.taken == 0)
    await other.abort()
    let longer = try await open(store, length: content.count + 1)
    #expect(longer.taken == 10_000_000, "the id decides, not the length")
    await longer.abort()
    #expect(scratch.names("d") == [])
  }

  @Test func `small files are not kept, and what is kept goes when it is old enough`() async throws {
    let store = try scratch.store()
    let small = try await open(store, length: 1000)
    try push(content[..<500], into: small)
    await small.suspend()
    #expect(scratch.names("d") == [])
    let large = try await open(store)
    try push(content[..<9_000_000], into: large)
    await large.suspend()
    pause(milliseconds: 30)
    #expect(try await store.removeStaleTemporaries(olderThan: .milliseconds(1), kept: .seconds(3600)) == 0)
    #expect(try await store.removeStaleTemporaries(olderThan: .milliseconds(1)) == 1)
    #expect(scratch.names("d") == [])
  }
}
