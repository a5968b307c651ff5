import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreTesting
import Testing

@testable import AzureStorage

/// Snapshots and versions of blobs.
@Suite struct VersionTests {
  @Test(arguments: EmulatedAccount.allCases)
  func `snapshots are listed and can be had back`(_ account: EmulatedAccount) async throws {
    let store = try await account.store()
    let (key, neighbour) = (try ObjectKey("folder/notes é.txt"), try ObjectKey("folder/notes é.txt.bak"))
    _ = try await store.write(.bytes([9]), to: neighbour, WriteOptions())
    for count in 1...3 {
      let modified = Timestamp(seconds: 1_700_000_000 + Int64(count))
      _ = try await store.write(
        .bytes([UInt8](repeating: UInt8(count), count: count)), to: key, WriteOptions(metadata: ObjectMetadata(modified: modified)))
      if count == 3 { continue }
      var request = store.request(.setMetadata, .put, key)
      request.ask("comp", "snapshot")
      try await store.client.send(request)
    }
    let kept = try await store.versions(of: key, limit: 100)
    #expect(kept.map(\.size) == [3, 2, 1] && kept.map(\.isCurrent) == [true, false, false], "\(kept)")
    #expect(try await store.versions(of: key, limit: 2) == Array(kept.prefix(2)))
    #expect(try await store.versions(of: neighbour, limit: 9).count == 1)
    #expect(try await store.versions(of: try ObjectKey("folder/notes"), limit: 9).isEmpty)
    for (version, count) in zip(kept, [3, 2, 1]) where !version.isCurrent {
      let object = try await store.payload(for: key, versionID: version.id)
      #expect(object.info.entry.modified == Timestamp(seconds: 1_700_000_000 + Int64(count)))
      #expect(try await VersionChecks.bytes(object) == [UInt8](repeating: UInt8(count), count: count))
    }
    for unknown in ["snapshot:2020-01-01T00:00:00.0000000Z", "snapshot:nonsense"] {
      await #expect(throws: StorageError.self) { _ = try await store.payload(for: key, versionID: unknown) }
    }
  }

  @Test func `versions are told from snapshots, and the current one stands first`() async throws {
    func entry(_ tags: String, _ size: Int) -> String {
      "<Blob><Name>a</Name>\(tags)<Properties><Last-Modified>Fri, 20 Nov 2026 10:42:23 GMT</Last-Modified><Etag>0x8D1</Etag>"
        + "<Content-Length>\(size)</Content-Length></Properties></Blob>"
    }
    let first = listing(
      entry("<VersionId>2026-11-20T10:00:00.0000000Z</VersionId>", 1)
        + entry("<Snapshot>2026-11-20T10:30:00.0000000Z</Snapshot><VersionId></VersionId>", 2), next: "m")
    let second = listing(
      entry("<VersionId>2026-11-20T11:00:00.0000000Z</VersionId><IsCurrentVersion>true</IsCurrentVersion>", 3) + listed("ab"))
    let transport = FakeTransport { request, _ in
      if request.method == .head {
        let id = request.url.contains("versionid=2026-11-20T11") ? "2026-11-20T11:00:00.0000000Z" : "2026-11-20T10:00:00.0000000Z"
        return FakeTransport.Answer(headers: [("etag", "\"0x8D1\""), ("content-length", "1"), ("x-ms-version-id", id)])
      }
      return .text(request.url.contains("marker=m") ? second : first)
    }
    let store = fakeStore(transport)
    let key = try ObjectKey("a")
    let found = try await store.versions(of: key, limit: 100)
    #expect(found.map(\.size) == [3, 2, 1] && found.map(\.isCurrent) == [true, false, false])
    #expect(
      found.map(\.id) == [
        "2026-11-20T11:00:00.0000000Z", "snapshot:2026-11-20T10:30:00.0000000Z", "2026-11-20T10:00:00.0000000Z",
      ])
    for version in found { _ = try await store.payload(for: key, versionID: version.id) }
    // A service that does not know what was asked for gives another state.
    await #expect(throws: StorageError.self) { _ = try await store.payload(for: key, versionID: "2025-01-01T00:00:00.0000000Z") }
    let asked = transport.requests.filter { $0.method == .head }.map(\.url)
    #expect(
      asked[0].contains("versionid=2026-11-20T11") && asked[1].contains("snapshot=2026-11-20T10") && !asked[1].contains("versionid")
    )
  }
}
