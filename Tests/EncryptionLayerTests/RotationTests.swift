import Age
import EncryptionLayer
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import Testing

@Suite struct RotationTests {
  private func store(
    _ base: any ObjectStore, for recipients: [Identity], reading: [Identity], names: EncryptionOptions.Names = .plain
  ) throws -> EncryptedStore {
    let access = EncryptionOptions.Access.keys(recipients: recipients.compactMap(\.recipient), identities: reading)
    return EncryptedStore(base, options: try EncryptionOptions(access: access, names: names))
  }

  @Test(arguments: EncryptionOptions.Names.allCases, [true, false])
  func `after a rotation the new key opens everything, and the old one nothing`(
    names: EncryptionOptions.Names, copiesParts: Bool
  ) async throws {
    var capabilities = MemoryStoreOptions.everything
    capabilities.partCopy = copiesParts
    let memory = MemoryStore(MemoryStoreOptions(capabilities: capabilities))
    let (old, new) = (Identity.generate(), Identity.generate())
    let before = try store(memory, for: [old], reading: [old], names: names)
    let contents = ["empty": bytes(0), "small": bytes(100), "d/chunks": bytes(200_000), "large": bytes(18 << 20)]
    let metadata = ObjectMetadata(modified: Timestamp(seconds: 77), mode: 0o600, contentType: "a/b", user: ["x": "y"])
    for (name, content) in contents { _ = try await before.write(.bytes(content), to: key(name), WriteOptions(metadata: metadata)) }
    _ = try await before.write(.empty, to: key("folder/"), WriteOptions())

    let both = try store(memory, for: [new], reading: [old, new], names: names)
    try await both.rewrapKeys()
    let keys = try await EncryptionLayerTests.names(both).map { try key($0) }
    #expect(keys.count == 5)
    for key in keys { _ = try await both.rewrap(key) }
    // A second time there is nothing to do.
    let state = memory.snapshot()
    for key in keys { if case .done = try await both.rewrap(key) { Issue.record("\(key) was rewrapped again") } }
    #expect(memory.snapshot() == state)

    let after = try store(memory, for: [new], reading: [new], names: names)
    for (name, content) in contents {
      #expect(try await after.readBytes(key(name), limit: 20 << 20) == content)
      let info = try await after.stat(key(name))
      #expect(info.entry.modified == Timestamp(seconds: 77) && info.entry.mode == 0o600)
      #expect(info.contentType == "a/b" && info.userMetadata == ["x": "y"] && info.hashes.count == 1)
    }
    for object in state.filter({ !$0.key.isFolder }).values {
      #expect(throws: AgeError.self) { try FileDecryptor.decrypt(whole: object, [old]) }
      #expect(throws: Never.self) { try FileDecryptor.decrypt(whole: object, [new]) }
    }
    await #expect(throws: StorageError.self) { try await before.stat(key("small")) }
  }

  @Test func `a rotation does not overwrite what is written meanwhile`() async throws {
    let memory = MemoryStore()
    let (old, new) = (Identity.generate(), Identity.generate())
    let before = try store(memory, for: [old], reading: [old])
    _ = try await before.write(.bytes([1]), to: key("a"), WriteOptions())
    let racing = WritingMeanwhile(memory) { _ = try await before.write(.bytes([2]), to: key("a"), WriteOptions()) }
    let both = try store(racing, for: [new], reading: [old, new])
    await #expect { try await both.rewrap(key("a")) } throws: { ($0 as? StorageError)?.code == .preconditionFailed }
    #expect(try await before.readBytes(key("a"), limit: 9) == [2])
  }

  @Test(arguments: [StorageError.Code.corrupted, .invalidArgument, .unavailable])
  func `what a store does not take in parts of several sizes it takes whole`(code: StorageError.Code) async throws {
    let memory = MemoryStore()
    let (old, new) = (Identity.generate(), Identity.generate())
    let content = bytes(18 << 20)
    _ = try await store(memory, for: [old], reading: [old]).write(.bytes(content), to: key("large"), WriteOptions())
    let both = try store(RefusingParts(memory, code), for: [new], reading: [old, new])
    if code == .unavailable {
      // That says nothing of the parts: it is not sent for nothing.
      await #expect { try await both.rewrap(key("large")) } throws: { ($0 as? StorageError)?.code == code }
      return
    }
    try await both.rewrapKeys()
    _ = try await both.rewrap(key("large"))
    #expect(try await store(memory, for: [new], reading: [new]).readBytes(key("large"), limit: 20 << 20) == content)
  }

  @Test func `the record of an object is never sealed twice with one key`() async throws {
    let memory = MemoryStore()
    let (old, new) = (Identity.generate(), Identity.generate())
    let before = try store(memory, for: [old], reading: [old])
    _ = try await before.write(.bytes([1]), to: key("a"), WriteOptions(metadata: ObjectMetadata(contentType: "a/b")))
    func record() throws -> [UInt8] {
      let stored = try #require(memory.snapshot()[key("a")])
      let header = try #require(try Header.parse(stored))
      return try #require(header.stanzas.first { $0.kind == "isobar.object" }).body
    }
    let first = try record()
    _ = try await store(memory, for: [new], reading: [old, new]).rewrap(key("a"))
    let second = try record()
    // Under one key equal beginnings would stay equal.
    #expect(first.count == second.count && first.prefix(16) != second.prefix(16))
    #expect(zip(first, second).count { $0 == $1 } < first.count / 8)
  }

  @Test func `keys that are for the recipients already are left as they are`() async throws {
    let memory = MemoryStore()
    let (old, new) = (Identity.generate(), Identity.generate())
    let before = try store(memory, for: [old], reading: [old])
    _ = try await before.write(.bytes([1]), to: key("a"), WriteOptions())
    let state = memory.snapshot()
    try await before.rewrapKeys()
    #expect(memory.snapshot() == state)
    let both = try store(memory, for: [new], reading: [old, new])
    try await both.rewrapKeys()
    let rotated = memory.snapshot()
    #expect(rotated != state)
    try await both.rewrapKeys()
    #expect(memory.snapshot() == rotated)
  }

  @Test func `what age wrote is rotated, too`() async throws {
    let memory = MemoryStore()
    let (old, new) = (Identity.generate(), Identity.generate())
    let file = try SealedFile.encrypt(ascii("by hand"), for: [try #require(old.recipient)])
    _ = try await memory.write(.bytes(file), to: key("a"), WriteOptions())
    let both = try store(memory, for: [new], reading: [old, new])
    _ = try await both.rewrap(key("a"))
    #expect(try await store(memory, for: [new], reading: [new]).readBytes(key("a"), limit: 100) == ascii("by hand"))
  }
}

/// Somebody writes just before the write.
private final class WritingMeanwhile: StoreLayer {
  let base: any ObjectStore
  private let edit: @Sendable () async throws -> Void

  init(_ base: any ObjectStore, _ edit: @escaping @Sendable () async throws -> Void) { (self.base, self.edit) = (base, edit) }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    if call.operation == .write { try await edit() }
    return try await body()
  }
}

/// Takes no part that is copied.
private final class RefusingParts: StoreLayer {
  let base: any ObjectStore
  private let code: StorageError.Code

  init(_ base: any ObjectStore, _ code: StorageError.Code) { (self.base, self.code) = (base, code) }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    if call.operation == .copyPart { throw StorageError(code, store: "test", message: "parts must be of one size") }
    return try await body()
  }
}
