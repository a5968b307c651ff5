import Crypto
import GCSStorage
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import Testing

/// The store on servers that speak the API.
@Suite(.serialized) struct LiveStoreTests {
  @Test(arguments: GCSServer.chosen)
  func `what is put can be listed, looked at, read, changed and deleted`(_ server: GCSServer) async throws {
    let store = try await server.store { $0.enter(Array("root".utf8)) }
    let key = try ObjectKey("folder/a b+c%é.txt")
    let bytes = Array("hello world".utf8)
    let metadata = ObjectMetadata(
      modified: Timestamp(seconds: 1_700_000_000, nanoseconds: 120_000_000), mode: 0o640, user: ["color": "grün", "gone": "soon"],
      headers: ContentHeaders(cacheControl: "max-age=60", disposition: "inline", language: "de"))
    let receipt = try await store.write(.bytes(bytes), to: key, WriteOptions(metadata: metadata))
    #expect(receipt.hash == ContentHash(.md5, MD5.hash(bytes)))
    let page = try #require(try await store.list(.all, ListOptions()).next())
    #expect(page.entries.map(\.key) == [key])
    #expect(page.entries.first?.version == receipt.version && page.entries.first?.size == 11)
    #expect(page.entries.first?.modified == metadata.modified && page.entries.first?.mode == 0o640)
    #expect(page.entries.first?.hash == ContentHash(.md5, MD5.hash(bytes)))
    let info = try await store.stat(key)
    #expect(info.userMetadata == metadata.user)
    #expect(info.headers == metadata.headers)
    #expect(info.contentType == "text/plain; charset=utf-8")
    let range = try #require(ByteRange(start: 6, end: 8))
    #expect(try await store.readBytes(key, limit: 100, ReadOptions(range: range)) == Array("wo".utf8))
    #expect(try await store.delete([DeleteTarget(key)]).map { $0.error == nil } == [true])
    #expect(try await store.find(key) == nil)
  }

  @Test(arguments: GCSServer.chosen)
  func `large objects go in chunks and in joined parts, and leave nothing behind`(_ server: GCSServer) async throws {
    let store = try await server.store {
      $0.resumableThreshold = 1 << 20
      $0.chunkSize = 1 << 20
      $0.parallelThreshold = 4 << 20
    }
    for (name, size) in [("chunks", 3_000_001), ("joined", 9_000_001)] {
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 7) }
      let key = try ObjectKey(name)
      let metadata = ObjectMetadata(modified: Timestamp(seconds: 1_600_000_000))
      let receipt = try await store.write(.bytes(bytes), to: key, WriteOptions(metadata: metadata))
      #expect(try await store.stat(key).entry.version == receipt.version)
      #expect(try await store.stat(key).entry.modified == metadata.modified)
      #expect(try await store.readBytes(key, limit: size) == bytes)
    }
    #expect(try await store.removeAbandonedUploads(olderThan: .seconds(-60), isDry: true) == 0)
  }

  @Test(arguments: GCSServer.chosen)
  func `more parts than one request joins are joined in steps`(_ server: GCSServer) async throws {
    let store = try await server.store()
    let key = try ObjectKey("many")
    let receipt = try await store.withMultipartWrite(key, WriteOptions()) { upload in
      for number in (1...70).reversed() { try await upload.write(part: number, .bytes([UInt8(number), 0])) }
      #expect(try await store.list(.all, ListOptions()).next() == nil, "parts are shown")
    }
    #expect(receipt.size == 140)
    #expect(try await store.readBytes(key, limit: 200) == (1...70).flatMap { [UInt8($0), 0] })
    #expect(try await store.removeAbandonedUploads(olderThan: .seconds(-60), isDry: true) == 0)
  }

  @Test(arguments: GCSServer.chosen)
  func `the diagnosis finds a working store, and a missing bucket`(_ server: GCSServer) async throws {
    let store = try await server.store()
    let checks = try await store.diagnose()
    for check in checks { print("\(server): \(check.name): \(check.result): \(check.text)") }
    #expect(!checks.contains { $0.result == .failed })
    #expect(try await store.list(.all, ListOptions()).next() == nil, "the diagnosis left something behind")
    var configuration = store.configuration
    configuration.bucket = GCSBucketName("no-such-bucket-here")!
    let missing = GCSStore(
      configuration, transport: GCSServer.transport, tokens: GCSTokenProvider(AccessToken(Secret("any"))))
    #expect(try await missing.diagnose().last?.result == .failed)
    #expect(try await !missing.containerExists())
  }
}
