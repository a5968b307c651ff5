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
    var problems: [ListProblem] = []
    while let page = try await listing.next() { problems += page.problems }
    // No path out here is meant: one of the same spelling would be another.
    #expect(problems.map { $0.key == nil } == [true, true, true])
    for name in ["desktop.ini", "0123456789", "abcw/x"] { #expect("\(problems)".contains("“\(name)”")) }
    #expect(try await names(store) == ["a"])
  }

  @Test func `very many names of others cost no memory`() async throws {
    let memory = MemoryStore()
    let store = try encrypted(memory, names: .encrypted)
    _ = try await store.write(.bytes([1]), to: key("a"), WriteOptions())
    for number in 0..<250 { _ = try await memory.write(.bytes([1]), to: key("theirs \(number)"), WriteOptions()) }
    let listing = store.list(.all, ListOptions())
    var problems: [ListProblem] = []
    while let page = try await listing.next() { problems += page.problems }
    #expect(problems.count == 101 && "\(problems[100])".contains("150 more"))
  }

  @Test func `a name that is too long is refused with its reason`() async throws {
    let store = try encrypted(MemoryStore(), names: .encrypted)
    let longest = try await store.capabilities().maximumKeyLength
    let name = String(repeating: "a/", count: longest / 2) + "b"
    await #expect { try await store.write(.bytes([1]), to: key(name), WriteOptions()) } throws: {
      ($0 as? StorageError)?.code == .invalidArgument && "\($0)".contains("too long") && "\($0)".contains("4096")
    }
  }

  @Test(arguments: [1, 2], [1, 2, 7, 40, 240, 250])
  func `what keeps to the limits fits, and not much more`(layers: Int, component: Int) async throws {
    var capabilities = MemoryStoreOptions.everything
    capabilities.maximumKeyLength = 1024
    var store: any ObjectStore = MemoryStore(MemoryStoreOptions(capabilities: capabilities))
    for _ in 0..<layers { store = try encrypted(store, names: .encrypted) }
    let limits = try await store.capabilities()
    _ = try await store.write(.empty, to: key("first"), WriteOptions())
    var name = ascii("n")
    while true {
      var longer = name
      if (name.count + 1) % (component + 1) == 0 { longer.append(UInt8(ascii: "/")) }
      longer.append(UInt8(ascii: "n"))
      if limits.length(of: longer) > limits.maximumKeyLength { break }
      name = longer
    }
    _ = try await store.write(.bytes([1]), to: ObjectKey(name), WriteOptions())
    #expect(try await names(store) == ["first", String(decoding: name, as: UTF8.self)])
    var more = name.prefix(name.count / (layers == 1 ? 4 : 1))
    if more.last == UInt8(ascii: "/") { more.removeLast() }
    let over = try ObjectKey(name + ascii("/") + more)
    await #expect(throws: StorageError.self) { try await store.write(.bytes([1]), to: over, WriteOptions()) }
  }
}
