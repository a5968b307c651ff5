import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreTesting
import SyncTesting
import Testing

@testable import S3Storage

/// States of objects that a bucket keeps.
@Suite struct VersionTests {
  @Test(arguments: TestServer.chosen.filter { $0 != .rclone })
  func `what was replaced and deleted is listed and can be had back`(_ server: TestServer) async throws {
    let store = try await server.store()
    var request = S3Request(.createBucket, .put)
    request.query.append("versioning")
    request.body = .bytes(
      Array(
        "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status></VersioningConfiguration>"
          .utf8))
    _ = try await store.client.send(request, into: .discard)
    #expect(try await VersionChecks.run(store, listsDeletions: true) == [])
  }

  @Test func `pages go on where they ended, and what begins with the name is another file`() async throws {
    let element = { (key: String, id: String, latest: Bool) in
      "<Version><Key>\(key)</Key><VersionId>\(id)</VersionId><IsLatest>\(latest)</IsLatest>"
        + "<LastModified>2026-11-20T10:42:2\(id == "v3" ? 3 : 1).000Z</LastModified><Size>5</Size></Version>"
    }
    let pages = [
      element("a", "v3", true) + "<DeleteMarker><Key>a</Key><VersionId>v2</VersionId><IsLatest>false</IsLatest>"
        + "<LastModified>2026-11-20T10:42:22.000Z</LastModified></DeleteMarker>"
        + "<IsTruncated>true</IsTruncated><NextKeyMarker>a</NextKeyMarker><NextVersionIdMarker>v2</NextVersionIdMarker>",
      element("a", "v1", false) + element("a", "", false) + element("ab", "x", true)
        + "<IsTruncated>true</IsTruncated><NextKeyMarker>ab</NextKeyMarker><NextVersionIdMarker>x</NextVersionIdMarker>",
    ]
    let transport = FakeTransport { _, index in .text("<ListVersionsResult>\(pages[min(index, 1)])</ListVersionsResult>") }
    let found = try await fakeStore(transport).versions(of: try ObjectKey("a"), limit: 100)
    #expect(found.map(\.id) == ["v3", "v2", "v1"] && found.map(\.isDeletion) == [false, true, false])
    #expect(transport.requests.count == 2 && transport.requests[1].url.contains("version-id-marker=v2"))
  }

  @Test func `a server that knows no versions is not believed to give one`() async throws {
    let transport = FakeTransport { request, _ in
      request.method == .head
        ? FakeTransport.Answer(headers: [("etag", "\"e\""), ("content-length", "1")])
        : .text("<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>")
    }
    let store = try fakeStore(transport)
    let key = try ObjectKey("a")
    let listed = try await #require(throws: StorageError.self) { _ = try await store.versions(of: key, limit: 9) }
    #expect(listed.code == .unsupported)
    let read = try await #require(throws: StorageError.self) { _ = try await store.payload(for: key, versionID: "v1") }
    #expect(read.code == .notFound)
    #expect(try await store.payload(for: key, versionID: "null").info.entry.size == 1)
  }

  @Test func `a deletion, and what names no state, is not found`() async throws {
    for status in [405, 400] {
      let transport = FakeTransport { _, _ in FakeTransport.Answer(status: status) }
      let error = try await #require(throws: StorageError.self) {
        _ = try await fakeStore(transport).payload(for: try ObjectKey("a"), versionID: "v1")
      }
      #expect(error.code == .notFound, "\(error)")
    }
  }
}
