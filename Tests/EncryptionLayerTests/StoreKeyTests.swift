import Age
import Concurrency
import Crypto
import EncryptionLayer
import MemoryStorage
import ObjectStorage
import StoreLayers
import Testing

@Suite struct StoreKeyTests {
  private static let own = ObjectKey(trusted: Array(".isobar/encryption".utf8))

  private func passphrase(
    _ base: any ObjectStore, _ text: String, names: EncryptionOptions.Names = .plain
  ) throws -> EncryptedStore {
    EncryptedStore(
      base, options: try EncryptionOptions(access: .passphrase(SecretBytes(copying: ascii(text)), logN: 3), names: names))
  }

  @Test(arguments: EncryptionOptions.Names.allCases)
  func `a wrong key is refused before it writes anything`(names: EncryptionOptions.Names) async throws {
    let memory = MemoryStore()
    _ = try await encrypted(memory, names: names).write(.bytes([1]), to: key("a"), WriteOptions())
    let before = memory.snapshot()
    let wrong = try encrypted(memory, names: names)
    await #expect { try await wrong.write(.bytes([2]), to: key("a"), WriteOptions()) } throws: {
      ($0 as? StorageError)?.code == .unauthenticated
    }
    await #expect { try await wrong.capabilities() } throws: { ($0 as? StorageError)?.code == .unauthenticated }
    await #expect { try await wrong.stat(key("a")) } throws: { ($0 as? StorageError)?.code == .unauthenticated }
    await #expect { try await wrong.delete([DeleteTarget(key("a"))]) } throws: { ($0 as? StorageError)?.code == .unauthenticated }
    #expect(memory.snapshot() == before)
  }

  @Test(arguments: EncryptionOptions.Names.allCases)
  func `a passphrase opens the store again, another one does not`(names: EncryptionOptions.Names) async throws {
    let memory = MemoryStore()
    _ = try await passphrase(memory, "correct horse", names: names).write(.bytes([1]), to: key("a"), WriteOptions())
    #expect(try await passphrase(memory, "correct horse", names: names).readBytes(key("a"), limit: 9) == [1])
    await #expect { try await passphrase(memory, "correct house", names: names).readBytes(key("a"), limit: 9) } throws: {
      ($0 as? StorageError)?.code == .unauthenticated && "\($0)".contains("passphrase") && !"\($0)".contains("house")
    }
    // The key object opens with age alone: its content is a file of identities that opens the rest.
    let stored = memory.snapshot()
    let file = try FileDecryptor.decrypt(
      whole: try #require(stored[Self.own]), [.passphrase(SecretBytes(copying: ascii("correct horse")))])
    let identities = try KeyFile.identities(SecretBytes(copying: file))
    let object = try #require(stored.first { !$0.key.bytes.starts(with: ascii(".isobar/")) }?.value)
    #expect(try FileDecryptor.decrypt(whole: object, identities) == [1])
  }

  @Test func `many writers at once make one key`() async throws {
    let memory = MemoryStore()
    let identity = Identity.generate()
    let stores = try (0..<6).map { _ in try encrypted(memory, identity, names: .encrypted) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, store) in stores.enumerated() {
        group.addTask { _ = try await store.write(.bytes([UInt8(index)]), to: key("file \(index)"), WriteOptions()) }
      }
      try await group.waitForAll()
    }
    #expect(try await names(encrypted(memory, identity, names: .encrypted)) == (0..<6).map { "file \($0)" })
  }

  @Test func `the key object is shown to nobody and cannot be touched`() async throws {
    let memory = MemoryStore()
    let store = try encrypted(memory)
    _ = try await store.write(.bytes([1]), to: key("a"), WriteOptions())
    #expect(try await names(store) == ["a"])
    await #expect { try await store.stat(Self.own) } throws: { ($0 as? StorageError)?.code == .notFound }
    await #expect(throws: StorageError.self) { try await store.write(.bytes([1]), to: Self.own, WriteOptions()) }
    await #expect(throws: StorageError.self) { try await store.move(Self.own, to: key("b"), CopyOptions()) }
    await #expect(throws: StorageError.self) { try await store.copy(key("a"), to: Self.own, CopyOptions()) }
    let outcomes = try await store.delete([DeleteTarget(Self.own), DeleteTarget(key("a"))])
    #expect(outcomes.map { $0.error == nil } == [false, true])
    #expect(memory.snapshot().keys.map(\.description) == [".isobar/encryption"])
  }

  @Test func `lost keys are no empty store`() async throws {
    let memory = MemoryStore()
    let identity = Identity.generate()
    _ = try await encrypted(memory, identity, names: .encrypted).write(.bytes([1]), to: key("a"), WriteOptions())
    _ = try await memory.delete([DeleteTarget(Self.own)])
    let store = try encrypted(memory, identity, names: .encrypted)
    await #expect { try await names(store) } throws: { ($0 as? StorageError)?.code == .corrupted }
    await #expect(throws: StorageError.self) { try await store.write(.bytes([1]), to: key("b"), WriteOptions()) }
  }

  @Test func `where the keys are lost, an identity that opens nothing makes no new ones`() async throws {
    let memory = MemoryStore()
    let identity = Identity.generate()
    _ = try await memory.write(.bytes(ascii("no age file")), to: key("0"), WriteOptions())
    _ = try await encrypted(memory, identity).write(.bytes([1]), to: key("a"), WriteOptions())
    _ = try await memory.delete([DeleteTarget(Self.own)])
    let before = memory.snapshot()
    await #expect { try await encrypted(memory).write(.bytes([1]), to: key("b"), WriteOptions()) } throws: {
      ($0 as? StorageError)?.code == .unauthenticated && "\($0)".contains("identit")
    }
    #expect(memory.snapshot() == before)
    // The right one makes them again.
    _ = try await encrypted(memory, identity).write(.bytes([1]), to: key("b"), WriteOptions())
    #expect(memory.snapshot()[Self.own] != nil)
  }

  @Test func `a passphrase that is typed in is asked for again before a new store is made, and only then`() async throws {
    let memory = MemoryStore()
    let asked = Lock(0)
    func store(_ again: String) throws -> EncryptedStore {
      var options = try EncryptionOptions(access: .passphrase(SecretBytes(copying: ascii("correct horse")), logN: 3))
      options.confirm = {
        asked.withLock { $0 += 1 }
        return SecretBytes(copying: ascii(again))
      }
      return EncryptedStore(memory, options: options)
    }
    await #expect { try await store("correct house").write(.bytes([1]), to: key("a"), WriteOptions()) } throws: {
      ($0 as? StorageError)?.code == .invalidArgument && "\($0)".contains("differ") && !"\($0)".contains("hous")
    }
    #expect(memory.snapshot().isEmpty && asked.withLock { $0 } == 1)
    _ = try await store("correct horse").write(.bytes([1]), to: key("a"), WriteOptions())
    #expect(asked.withLock { $0 } == 2)
    #expect(try await store("anything").readBytes(key("a"), limit: 9) == [1])
    _ = try await store("anything").write(.bytes([2]), to: key("b"), WriteOptions())
    #expect(asked.withLock { $0 } == 2)
  }

  @Test func `a changed passphrase opens what was there, the old one nothing`() async throws {
    let memory = MemoryStore()
    let store = try passphrase(memory, "old", names: .encrypted)
    await #expect { try await store.changePassphrase(to: SecretBytes(copying: ascii("new"))) } throws: {
      ($0 as? StorageError)?.code == .notFound
    }
    _ = try await store.write(.bytes([1]), to: key("a"), WriteOptions())
    try await store.changePassphrase(to: SecretBytes(copying: ascii("new")))
    #expect(try await passphrase(memory, "new", names: .encrypted).readBytes(key("a"), limit: 9) == [1])
    await #expect { try await passphrase(memory, "old", names: .encrypted).readBytes(key("a"), limit: 9) } throws: {
      ($0 as? StorageError)?.code == .unauthenticated
    }
  }

  @Test func `what is in the trash is no empty store`() async throws {
    let memory = MemoryStore()
    _ = try await passphrase(memory, "x").write(.bytes([1]), to: key(".isobar/trash/1/a"), WriteOptions())
    _ = try await memory.delete([DeleteTarget(Self.own)])
    await #expect { try await passphrase(memory, "x").write(.bytes([1]), to: key("b"), WriteOptions()) } throws: {
      ($0 as? StorageError)?.code == .corrupted
    }
  }

  @Test func `two machines may begin at once`() async throws {
    // The other one begins between our look at the keys and our look whether there are objects.
    let memory = MemoryStore()
    let other = try passphrase(memory, "x")
    let late = BeforeList(memory) { _ = try await other.write(.bytes([1]), to: key("theirs"), WriteOptions()) }
    let store = try passphrase(late, "x")
    _ = try await store.write(.bytes([2]), to: key("ours"), WriteOptions())
    #expect(try await passphrase(memory, "x").readBytes(key("ours"), limit: 9) == [2])
    #expect(try await passphrase(memory, "x").readBytes(key("theirs"), limit: 9) == [1])
  }

  @Test func `where conditions are ignored, the keys that stay are the ones that are used`() async throws {
    // The other machine's write, which the store should have refused, arrives after ours.
    let memory = MemoryStore(MemoryStoreOptions(capabilities: MemoryStoreOptions.modest))
    let elsewhere = MemoryStore()
    _ = try await passphrase(elsewhere, "x").write(.bytes([1]), to: key("a"), WriteOptions())
    let theirs = try #require(elsewhere.snapshot()[Self.own])
    let racing = AfterFirstWrite(memory, of: Self.own) { _ = try await memory.write(.bytes(theirs), to: Self.own, WriteOptions()) }
    _ = try await passphrase(racing, "x").write(.bytes([2]), to: key("ours"), WriteOptions())
    #expect(memory.snapshot()[Self.own] == theirs)
    #expect(try await passphrase(memory, "x").readBytes(key("ours"), limit: 9) == [2])
  }

  @Test func `names stay as they were set up`() async throws {
    let memory = MemoryStore()
    let identity = Identity.generate()
    _ = try await encrypted(memory, identity).write(.bytes([1]), to: key("a"), WriteOptions())
    await #expect { try await encrypted(memory, identity, names: .encrypted).capabilities() } throws: {
      "\($0)".contains("names: plain")
    }
    await #expect { try await passphrase(memory, "x").capabilities() } throws: { $0 is StorageError }
  }

  @Test func `options that could never read back are refused`() throws {
    let (a, b) = (Identity.generate(), Identity.generate())
    #expect(throws: StorageError.self) {
      try EncryptionOptions(access: .keys(recipients: [try #require(a.recipient)], identities: []))
    }
    #expect(throws: StorageError.self) {
      try EncryptionOptions(access: .keys(recipients: [try #require(a.recipient)], identities: [b]))
    }
    _ = try EncryptionOptions(access: .keys(recipients: [try #require(a.recipient), try #require(b.recipient)], identities: [b]))
  }
}

/// Something happens before the first listing.
private final class BeforeList: StoreLayer {
  let base: any ObjectStore
  private let event: @Sendable () async throws -> Void

  init(_ base: any ObjectStore, _ event: @escaping @Sendable () async throws -> Void) { (self.base, self.event) = (base, event) }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    if call.operation == .list { try await event() }
    return try await body()
  }
}

/// Something happens after an object was written for the first time.
private final class AfterFirstWrite: StoreLayer {
  let base: any ObjectStore
  private let key: ObjectKey
  private let event: @Sendable () async throws -> Void
  private let isOver = Lock(false)

  init(_ base: any ObjectStore, of key: ObjectKey, _ event: @escaping @Sendable () async throws -> Void) {
    (self.base, self.key, self.event) = (base, key, event)
  }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    let result = try await body()
    guard call.operation == .write, call.key == key else { return result }
    let isFirst = isOver.withLock { isOver in
      defer { isOver = true }
      return !isOver
    }
    if isFirst { try await event() }
    return result
  }
}
