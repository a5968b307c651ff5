import Crypto
import HTTPClient
import ObjectStorage
import Primitives
import S3Storage
import StoreTesting
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

  @Test(arguments: TestServer.chosen)
  func `capabilities are found out by trying`(_ server: TestServer) async throws {
    let store = try await server.store()
    let capabilities = try await store.capabilities()
    print("\(server): \(capabilities)")
    #expect(capabilities.ifMatches >= .checked)
    #expect(try await store.list(.all, ListOptions()).next() == nil, "the trial left something behind")
  }
}
