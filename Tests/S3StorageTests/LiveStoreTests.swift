import Crypto
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import S3Storage
import StoreTesting
import SyncTesting
import Testing

/// The store against real servers.
@Suite(.serialized) struct LiveStoreTests {
  @Test(arguments: TestServer.chosen)
  func `what is put can be listed, looked at, read and deleted`(_ server: TestServer) async throws {
    let store = try await server.store()
    let key = try ObjectKey("folder/a b+c%é.txt")
    let bytes = Array("hello world".utf8)
    let metadata = ObjectMetadata(
      modified: Timestamp(seconds: 1_700_000_000, nanoseconds: 123_456_789), mode: 0o640, user: ["color": "grün"])
    let receipt = try await store.write(.bytes(bytes), to: key, WriteOptions(metadata: metadata))
    #expect(receipt.hash == ContentHash(.sha256, SHA256.hash(bytes)))
    let listing = store.list(.all, ListOptions())
    let page = try #require(try await listing.next())
    #expect(page.entries.map(\.key) == [key])
    #expect(page.entries.first?.version == receipt.version)
    #expect(page.entries.first?.size == 11)
    #expect(try await listing.next() == nil)
    let info = try await store.stat(key)
    #expect(info.entry.version == receipt.version)
    #expect(info.entry.modified == metadata.modified)
    #expect(info.entry.mode == 0o640)
    #expect(info.userMetadata == ["color": "grün"])
    #expect(try await store.readBytes(key, limit: 100) == bytes)
    let range = try #require(ByteRange(start: 6, end: 8))
    #expect(try await store.readBytes(key, limit: 100, ReadOptions(range: range)) == Array("wo".utf8))
    let outcome = try await store.delete([DeleteTarget(key)])
    #expect(outcome.map { $0.error == nil } == [true])
    #expect(try await store.find(key) == nil)
  }

  /// Services refuse a checksum that they do not know; what is stored in spite of it is whole.
  @Test(arguments: TestServer.chosen, [S3Configuration.ChecksumPolicy.sha256, .crc32c, .crc64nvme])
  func `parts with a checksum of one's choice are stored`(_ server: TestServer, _ policy: S3Configuration.ChecksumPolicy)
    async throws
  {
    var configuration = try await server.configuration(bucket: "test-" + Hex.encode(Random.bytes(6)))
    (configuration.partSize, configuration.multipartThreshold, configuration.checksum) = (5 << 20, 6 << 20, policy)
    let store = try S3Store(
      configuration, transport: TestServer.transport, credentials: CredentialsProvider(try await server.credentials()),
      probeCache: SharedProbeCache.shared)
    try await store.createContainer()
    let bytes = Pattern(seed: 5).bytes(12_000_001)
    let metadata = ObjectMetadata(
      modified: Timestamp(seconds: 1), headers: ContentHeaders(cacheControl: "max-age=60", language: "de"))
    do {
      _ = try await store.write(.bytes(bytes), to: try ObjectKey("a"), WriteOptions(metadata: metadata))
    } catch let error as StorageError {
      print("\(server), \(policy): \(error)")
      #expect(try await store.find(try ObjectKey("a")) == nil)
      #expect(server != .moto && server != .ceph || policy == .crc64nvme, "\(error)")
      return
    }
    #expect(try await store.readBytes(try ObjectKey("a"), limit: 13_000_000) == bytes)
    let moved = try await store.updateMetadata(
      ObjectMetadata(modified: Timestamp(seconds: 2)), of: try ObjectKey("a"), ifMatches: nil)
    #expect(moved.modified == Timestamp(seconds: 2))
    if server == .moto { #expect(try await store.stat(try ObjectKey("a")).headers == metadata.headers) }
  }

  @Test(arguments: TestServer.chosen)
  func `capabilities are found out by trying`(_ server: TestServer) async throws {
    let store = try await server.store()
    let capabilities = try await store.capabilities()
    print("\(server): \(capabilities)")
    #expect(capabilities.ifMatches >= .checked)
    #expect(try await store.list(.all, ListOptions()).next() == nil, "the trial left something behind")
    #expect(try await store.unfinishedUploads().isEmpty, "the trial left parts behind")
  }
}

extension LiveStoreTests {
  @Test(arguments: TestServer.chosen)
  func `the diagnosis finds a working store, and a wrong key or missing bucket`(_ server: TestServer) async throws {
    let store = try await server.store()
    let checks = try await store.diagnose()
    for check in checks { print("\(server): \(check.name): \(check.result): \(check.text)") }
    #expect(!checks.contains { $0.result == .failed })
    #expect(checks.contains { $0.name == "damage on the way" })
    let missing = try S3Store(
      try await server.configuration(bucket: "no-such-bucket-here"), transport: TestServer.transport,
      credentials: CredentialsProvider(try await server.credentials()))
    #expect(try await missing.diagnose().last?.result == .failed)
    #expect(try await !missing.containerExists())
    // LocalStack compares no signatures.
    if server == .localstack { return }
    let good = try await server.credentials()
    let wrong = S3Credentials(accessKeyID: good.accessKeyID, secretAccessKey: Secret("not the secret"))
    let locked = try S3Store(store.configuration, transport: TestServer.transport, credentials: CredentialsProvider(wrong))
    let error = try await #require(throws: StorageError.self) { try await locked.list(.all, ListOptions()).next() }
    #expect(error.code == .unauthenticated, "\(error)")
  }

  // moto says of each upload that it was begun in 2010.
  @Test(arguments: TestServer.chosen.filter { $0 != .moto })
  func `uploads that were left behind are found and cleaned up`(_ server: TestServer) async throws {
    let store = try await server.store()
    let upload = try await store.startMultipart(try ObjectKey("left behind"), WriteOptions())
    let found = try await store.unfinishedUploads()
    #expect(found.map(\.uploadID) == [upload.uploadID])
    #expect(try await store.cleanupUploads(olderThan: .seconds(3600)).isEmpty)
    try await Task.sleep(for: .milliseconds(1100))
    let gone = try await store.cleanupUploads(olderThan: .seconds(-60))
    #expect(gone.map(\.uploadID) == [upload.uploadID])
    #expect(try await store.unfinishedUploads().isEmpty)
  }

  @Test(arguments: TestServer.chosen.filter { $0 != .moto })
  func `a presigned address gives the object to anyone, for a while`(_ server: TestServer) async throws {
    let store = try await server.store()
    let key = try ObjectKey("shared file é.txt")
    _ = try await store.write(.bytes(Array("hello".utf8)), to: key, WriteOptions())
    let url = try await store.presign(.get, key, expires: .seconds(60))
    let response = try await TestServer.transport.send(HTTPRequest(method: .get, url: url), into: .memory(limit: 100))
    #expect(response.status == 200 && response.body == Array("hello".utf8))
  }
}
