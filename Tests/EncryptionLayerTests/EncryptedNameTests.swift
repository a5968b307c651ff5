import Age
import EncryptionLayer
import LocalStorage
import MemoryStorage
import ObjectStorage
import Primitives
import Testing
import Glibc

@Suite struct EncryptedNameTests {
  @Test func `no stored name shows anything of its own`() async throws {
    let memory = MemoryStore()
    let store = try encrypted(memory, names: .encrypted)
    for name in ["secret/plan.txt", "secret/", ".isobar/trash/x", "other/plan.txt"] {
      _ = try await store.write(name.hasSuffix("/") ? .empty : .bytes([1]), to: key(name), WriteOptions())
    }
    let stored = memory.snapshot().keys.map(\.description).filter { $0 != ".isobar/encryption" }.sorted()
    #expect(stored.count == 4)
    for name in stored { #expect(name.utf8.allSatisfy { "0123456789abcdefghijklmnopqrstuv/".utf8.contains($0) }) }
    // The same part is the same everywhere, so that a moved folder keeps its parts.
    #expect(Set(stored.flatMap { $0.split(separator: "/").suffix(1) }).count == 3)
    #expect(try await names(store) == [".isobar/trash/x", "other/plan.txt", "secret/", "secret/plan.txt"])
  }

  @Test(arguments: [1, 133, 134, 135, 200, 255])
  func `names of every length a disk takes can be held by a disk`(length: Int) async throws {
    let path = "/tmp/isobar-encryption-tests-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    defer { _ = system("rm -rf '\(path)'") }
    let folder = try LocalStore.open(path: Array(path.utf8), options: LocalOptions(create: true))
    let store = try encrypted(folder, names: .encrypted)
    let long = String(repeating: "n", count: length)
    let file = try key("\(long)/sub/\(long)")
    _ = try await store.write(.bytes([1]), to: file, WriteOptions())
    #expect(try await names(store) == ["\(long)/", "\(long)/sub/", "\(long)/sub/\(long)"])
    let level = store.list(KeyPrefix(folder: try key("\(long)/sub/")), ListOptions(depth: .oneLevel))
    #expect(try await level.next()?.entries.map(\.key).filter { !$0.isFolder } == [file])
    let moved = try key("m\(long.dropFirst())/x")
    _ = try await store.move(file, to: moved, CopyOptions())
    // Nothing is left that would keep a folder from being deleted.
    let targets = try ["\(long)/sub/", "\(long)/"].map { DeleteTarget(try key($0)) }
    for target in targets { #expect(try await store.delete([target]).first?.error == nil) }
    #expect(try await store.delete([DeleteTarget(moved)]).first?.error == nil)
    #expect(try await store.delete([DeleteTarget(try #require(moved.parent))]).first?.error == nil)
    let left = folder.list(.all, ListOptions())
    var keys: [String] = []
    while let page = try await left.next() { keys += page.entries.map(\.key.description) }
    #expect(keys == [".isobar/", ".isobar/encryption"])
  }

  @Test(arguments: [500, 4000, 1 << 20])
  func `listings are in order whatever memory there is`(memory: Int) async throws {
    let inside = MemoryStore()
    let identity = Identity.generate()
    let store = try encrypted(inside, identity, names: .encrypted, sortMemory: memory)
    var random = SeededRandom(seed: 7)
    var expected: Set<String> = []
    for index in 0..<300 {
      let name = "folder \(random.next() % 7)/\(random.next() % 50)/file \(index)"
      expected.insert(name)
      _ = try await store.write(.bytes([1]), to: key(name), WriteOptions(metadata: ObjectMetadata(modified: Timestamp(seconds: 5))))
    }
    let sorted = expected.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    #expect(try await names(store) == sorted)
    #expect(try await names(store, .all, ListOptions(pageSize: 7)) == sorted)
    let listing = store.list(.all, ListOptions())
    let entry = try #require(try await listing.next()?.entries.first)
    #expect(entry.modified == Timestamp(seconds: 5) && !entry.knowsContentSize && entry.hash == nil)
    #expect(try await store.sized(entry).size == 1)
  }

  @Test func `what others put there is said and left alone`() async throws {
    let memory = MemoryStore()
    let store = try encrypted(memory, names: .encrypted)
    _ = try await store.write(.bytes([1]), to: key("a"), WriteOptions())
    for name in ["desktop.ini", "0123456789", "abcw/x"] { _ = try await memory.write(.bytes([1]), to: key(name), WriteOptions()) }
    let listing = store.list(.all, ListOptions())
    var problems: [String] = []
    while let page = try await listing.next() { problems += page.problems.compactMap { $0.key?.description } }
    #expect(problems.sorted() == ["0123456789", "abcw/x", "desktop.ini"])
    #expect(try await names(store) == ["a"])
  }

  @Test func `a name that is too long is refused with its reason`() async throws {
    let store = try encrypted(MemoryStore(), names: .encrypted)
    let longest = try await store.capabilities().maximumKeyLength
    let name = String(repeating: "a/", count: longest / 2) + "b"
    await #expect { try await store.write(.bytes([1]), to: key(name), WriteOptions()) } throws: {
      ($0 as? StorageError)?.code == .invalidArgument && "\($0)".contains("too long")
    }
  }
}
