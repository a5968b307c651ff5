@testable import AzureStorage
import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import Testing

/// What the service has beyond the contract, on the emulated one.
@Suite struct ServiceTests {
  /// A request that the provider itself does not make.
  private func raw(
    _ store: AzureStore, _ method: HTTPMethod, _ key: ObjectKey, _ query: [(String, String)] = [],
    _ headers: [(String, String)] = [],
    body: [UInt8] = []
  ) async throws -> HTTPResponse {
    var request = AzureRequest(.put, method, .blob(store.name(key)), key: key)
    for (name, value) in query { request.ask(name, value) }
    for (name, value) in headers { request.add(name, value) }
    if method == .put { request.setBody(body) }
    return try await store.client.send(request)
  }

  @Test(arguments: EmulatedAccount.allCases)
  func `what is put can be listed, looked at, read, changed and deleted`(_ account: EmulatedAccount) async throws {
    let store = try await account.store { $0.enter(Array("root".utf8)) }
    let key = try ObjectKey("folder/a b+c%é😀.txt")
    let bytes = Array("hello world".utf8)
    let metadata = ObjectMetadata(
      modified: Timestamp(seconds: 1_700_000_000, nanoseconds: 120_000_000), mode: 0o640,
      user: ["color": "grün", "content-sha": "1 2", "empty": ""],
      headers: ContentHeaders(cacheControl: "max-age=60", disposition: "inline", language: "de"))
    let receipt = try await store.write(.bytes(bytes), to: key, WriteOptions(metadata: metadata))
    #expect(receipt.hash == ContentHash(.md5, MD5.hash(bytes)))
    let page = try #require(try await store.list(.all, ListOptions()).next())
    #expect(page.entries.map(\.key) == [key])
    #expect(page.entries.first?.version == receipt.version && page.entries.first?.size == 11)
    #expect(page.entries.first?.modified == metadata.modified && page.entries.first?.mode == 0o640)
    #expect(page.entries.first?.hash == ContentHash(.md5, MD5.hash(bytes)))
    let info = try await store.stat(key)
    #expect(info.userMetadata == metadata.user && info.headers == metadata.headers)
    #expect(info.contentType == "text/plain; charset=utf-8")
    let range = try #require(ByteRange(start: 6, end: 8))
    #expect(try await store.readBytes(key, limit: 100, ReadOptions(range: range)) == Array("wo".utf8))
    // Another type and other headers leave the content and its hash.
    let changed = ObjectMetadata(contentType: "text/x-other", headers: ContentHeaders(language: "fr"))
    let after = try await store.updateMetadata(changed, of: key, ifMatches: receipt.version)
    let seen = try await store.stat(key)
    #expect(seen.entry.version == after.version && after.version != receipt.version)
    #expect(seen.contentType == "text/x-other" && seen.headers == changed.headers && seen.userMetadata.isEmpty)
    #expect(seen.hashes == [ContentHash(.md5, MD5.hash(bytes))])
    #expect(try await store.delete([DeleteTarget(key)]).map { $0.error == nil } == [true])
    #expect(try await store.find(key) == nil)
  }

  @Test func `listings are bytewise where the service sorts by UTF-16`() async throws {
    let store = try await EmulatedAccount.key.store()
    let names = ["a", "b😀", "b😀/x", "bＡ", "b\u{FFFD}", "c", "😀", "Ａ", "é", "e\u{301}"]
    for name in names { _ = try await store.write(.bytes([1]), to: try ObjectKey(name), WriteOptions()) }
    for size in [1, 2, 3, 100] {
      var keys: [ObjectKey] = []
      let found = store.list(.all, ListOptions(pageSize: size))
      while let page = try await found.next() { keys += page.entries.map(\.key) }
      #expect(keys == (try names.map { try ObjectKey($0) }.sorted()))
    }
  }

  @Test func `metadata behind other properties is set though its answer is lost`() async throws {
    let lost = Lock(["Set Blob Metadata": 1])
    let store = try await EmulatedAccount.key.store(watch: { LosingTransport($0, lost) }) { _ in }
    let key = try ObjectKey("a")
    let old = try await store.write(.bytes([1]), to: key, WriteOptions())
    let metadata = ObjectMetadata(contentType: "text/x-other", user: ["color": "grün"])
    let receipt = try await store.updateMetadata(metadata, of: key, ifMatches: old.version)
    let info = try await store.stat(key)
    #expect(info.entry.version == receipt.version && info.contentType == "text/x-other" && info.userMetadata == metadata.user)
    #expect(lost.withLock { $0 } == ["Set Blob Metadata": 0])
  }

  @Test func `an append blob is read, but not replaced by a block blob`() async throws {
    let store = try await EmulatedAccount.key.store()
    let key = try ObjectKey("log")
    _ = try await raw(store, .put, key, [], [("x-ms-blob-type", "AppendBlob")])
    _ = try await raw(store, .put, key, [("comp", "appendblock")], body: Array("line\n".utf8))
    #expect(try await store.readBytes(key, limit: 100) == Array("line\n".utf8))
    #expect(try await store.list(.all, ListOptions()).next()?.entries.map(\.size) == [5])
    let version = try await store.stat(key).entry.version
    for condition in [WriteCondition.always, .ifMatches(version)] {
      let error = try await #require(throws: StorageError.self) {
        try await store.write(.bytes([1]), to: key, WriteOptions(condition: condition))
      }
      #expect(error.code == .invalidArgument && error.message.contains("append blob"))
    }
    let copy = try ObjectKey("copy")
    _ = try await store.copy(key, to: copy, CopyOptions())
    #expect(try await store.readBytes(copy, limit: 100) == Array("line\n".utf8))
  }

  @Test func `a lease is told and left alone`() async throws {
    let store = try await EmulatedAccount.key.store()
    let key = try ObjectKey("held")
    _ = try await store.write(.bytes([1]), to: key, WriteOptions())
    _ = try await raw(
      store, .put, key, [("comp", "lease")], [("x-ms-lease-action", "acquire"), ("x-ms-lease-duration", "-1")])
    let error = try await #require(throws: StorageError.self) { try await store.write(.bytes([2]), to: key, WriteOptions()) }
    #expect(error.code == .permissionDenied && error.message.contains("lease"))
    #expect(try await store.delete([DeleteTarget(key)]).first?.error?.code == .permissionDenied)
    #expect(try await store.readBytes(key, limit: 10) == [1])
  }

  @Test func `an object with snapshots is not deleted`() async throws {
    let store = try await EmulatedAccount.key.store()
    let (key, other) = (try ObjectKey("kept"), try ObjectKey("other"))
    for key in [key, other] { _ = try await store.write(.bytes([1]), to: key, WriteOptions()) }
    _ = try await raw(store, .put, key, [("comp", "snapshot")])
    let outcomes = try await store.delete([DeleteTarget(key), DeleteTarget(other)])
    #expect(outcomes.map { $0.error?.code } == [.notEmpty, nil])
    #expect(outcomes.first?.error?.message.contains("snapshots") == true)
    #expect(try await store.readBytes(key, limit: 10) == [1])
  }

  @Test func `tiers are kept, changed and told`() async throws {
    let store = try await EmulatedAccount.key.store { $0.accessTier = StorageClass("Cool") }
    let key = try ObjectKey("cold")
    let receipt = try await store.write(.bytes([1]), to: key, WriteOptions())
    #expect(try await store.stat(key).entry.storageClass?.name == "Cool")
    let moved = try await store.copy(key, to: key, CopyOptions(storageClass: StorageClass("Archive")))
    #expect(moved.version == receipt.version)
    let info = try await store.stat(key)
    #expect(info.isArchived && info.entry.storageClass?.name == "Archive")
    let error = try await #require(throws: StorageError.self) { try await store.readBytes(key, limit: 10) }
    #expect(error.code == .archived && error.message.contains("move it to a tier"))
    let copy = try await #require(throws: StorageError.self) { try await store.copy(key, to: try ObjectKey("b"), CopyOptions()) }
    #expect(copy.code == .archived)
    _ = try await store.copy(key, to: key, CopyOptions(storageClass: StorageClass("Hot")))
    let pending = try await #require(throws: StorageError.self) { try await store.readBytes(key, limit: 10) }
    #expect(pending.code == .archived && pending.message.contains("to hot"))
  }

  @Test func `index tags go with a copy`() async throws {
    let store = try await EmulatedAccount.key.store()
    let (key, copy) = (try ObjectKey("tagged"), try ObjectKey("copy"))
    _ = try await raw(
      store, .put, key, [], [("x-ms-blob-type", "BlockBlob"), ("x-ms-tags", "colour=red")], body: [1])
    _ = try await store.copy(key, to: copy, CopyOptions())
    let tags = try await raw(store, .get, copy, [("comp", "tags")])
    #expect(String(decoding: tags.body, as: UTF8.self).contains("<Key>colour</Key><Value>red</Value>"))
  }

  @Test func `folders that others made without a slash are seen and deleted`() async throws {
    let store = try await EmulatedAccount.key.store()
    let folder = try ObjectKey("made/")
    _ = try await raw(
      store, .put, try ObjectKey("made"), [], [("x-ms-blob-type", "BlockBlob"), ("x-ms-meta-hdi_isfolder", "true")])
    for name in ["made-1", "made/x"] { _ = try await store.write(.bytes([1]), to: try ObjectKey(name), WriteOptions()) }
    let entries = try #require(try await store.list(.all, ListOptions()).next()).entries
    #expect(entries.map(\.key) == (try ["made-1", "made/", "made/x"].map { try ObjectKey($0) }))
    #expect(try await store.stat(folder).entry.version == entries[1].version)
    #expect(try await store.find(try ObjectKey("made")) == nil)
    let read = try await #require(throws: StorageError.self) { try await store.readBytes(try ObjectKey("made"), limit: 10) }
    #expect(read.code == .notFound)
    let wrong = try await store.delete([DeleteTarget(folder, ifMatches: ObjectVersion("0x1"))])
    #expect(wrong.first?.error?.code == .preconditionFailed)
    #expect(try await store.delete([DeleteTarget(folder), DeleteTarget(try ObjectKey("gone/"))]).allSatisfy { $0.error == nil })
    #expect(try await store.find(folder) == nil)
    #expect(try await store.find(try ObjectKey("made/x")) != nil)
  }

  @Test func `what is missing is missing, whatever state was named`() async throws {
    let store = try await EmulatedAccount.key.store()
    let (key, there) = (try ObjectKey("gone"), try ObjectKey("there"))
    let state = ObjectVersion("0x8D1")
    _ = try await store.write(.bytes([1]), to: there, WriteOptions())
    let read = try await #require(throws: StorageError.self) {
      try await store.readBytes(key, limit: 10, ReadOptions(ifMatches: state))
    }
    #expect(read.code == .notFound)
    for targets in [[key], [key, there], [key, try ObjectKey("gone/")]] {
      let outcomes = try await store.delete(targets.map { DeleteTarget($0, ifMatches: state) })
      #expect(outcomes.map { $0.error?.code } == targets.map { $0 == there ? .preconditionFailed : nil })
    }
    let written = try await #require(throws: StorageError.self) {
      try await store.write(.bytes([1]), to: key, WriteOptions(condition: .ifMatches(state)))
    }
    #expect(written.code == .preconditionFailed)
    #expect(try await store.find(key) == nil)
  }

  @Test func `a signature for the container is enough, and one for reading is told from it`() async throws {
    let owner = try await EmulatedAccount.key.store()
    func signed(_ letters: String) throws -> AzureStore {
      let end = (Timestamp.now() + .seconds(3600)).iso8601.prefix(19) + "Z"
      let name = "/blob/\(TestAccount.name)/\(owner.configuration.container)"
      let text = "\(letters)\n\n\(end)\n\(name)\n\n\n\n\(AzureClient.version)\nc\n\n\n\n\n\n\n"
      let signature = PercentEncoding.encode(TestAccount.key.sign(Array(text.utf8)).utf8, keepSlash: false)
      let query =
        "sv=\(AzureClient.version)&sr=c&sp=\(letters)&se=\(PercentEncoding.encode(end.utf8, keepSlash: false))&sig=\(signature)"
      return AzureStore(
        owner.configuration, transport: owner.client.transport,
        credentials: AzureCredentialProvider(.signature(try #require(AzureSharedAccessSignature(Secret(query))))))
    }
    let store = try signed("rwdl")
    let (key, copy) = (try ObjectKey("a é"), try ObjectKey("b"))
    _ = try await store.write(.bytes([1, 2]), to: key, WriteOptions(condition: .ifAbsent))
    _ = try await store.copy(key, to: copy, CopyOptions())
    #expect(try await store.list(.all, ListOptions()).next()?.entries.count == 2)
    #expect(try await store.readBytes(copy, limit: 10) == [1, 2])
    let reader = try signed("rl")
    #expect(try await reader.readBytes(copy, limit: 10) == [1, 2])
    let error = try await #require(throws: StorageError.self) { try await reader.write(.bytes([3]), to: key, WriteOptions()) }
    #expect(error.code == .permissionDenied && error.message.contains("w (write)"))
    #expect(try await reader.diagnose().first?.result == .limited)
    #expect(try await store.delete([DeleteTarget(key), DeleteTarget(copy)]).allSatisfy { $0.error == nil })
  }

  @Test(arguments: EmulatedAccount.allCases)
  func `a container is made once, found, and found to be good`(_ account: EmulatedAccount) async throws {
    let store = try await account.store()
    try await store.createContainer()
    #expect(try await store.containerExists())
    let findings = try await store.diagnose()
    #expect(findings.allSatisfy { $0.result == .good }, "\(findings)")
    #expect(findings.map(\.name).contains("copying"))
    #expect(try await store.list(.all, ListOptions()).next() == nil)
    var configuration = store.configuration
    configuration.container = AzureContainerName("nobody-made-this")!
    let other = AzureStore(configuration, transport: store.client.transport, credentials: store.client.credentials)
    #expect(try await !other.containerExists())
    #expect(try await other.diagnose().last?.result == .failed)
    let error = try await #require(throws: StorageError.self) {
      try await other.write(.bytes([1]), to: try ObjectKey("a"), WriteOptions())
    }
    #expect(error.code == .storeNotFound && error.message.contains("nobody-made-this"))
  }

  @Test func `a public container is read without signing in`() async throws {
    let store = try await EmulatedAccount.key.store { $0.publicAccess = .container }
    _ = try await store.write(.bytes([1]), to: try ObjectKey("a"), WriteOptions())
    let stranger = AzureStore(
      store.configuration, transport: store.client.transport, credentials: AzureCredentialProvider(.anonymous))
    #expect(try await stranger.list(.all, ListOptions()).next()?.entries.count == 1)
    #expect(try await stranger.readBytes(try ObjectKey("a"), limit: 10) == [1])
    let error = try await #require(throws: StorageError.self) {
      try await stranger.write(.bytes([1]), to: try ObjectKey("b"), WriteOptions())
    }
    #expect(error.code == .unauthenticated || error.code == .permissionDenied || error.code == .notFound)
  }
}
