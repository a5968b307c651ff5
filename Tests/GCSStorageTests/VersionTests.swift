import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import StoreTesting
import Testing

@testable import GCSStorage

/// Generations of objects.
@Suite struct VersionTests {
  @Test func `what was replaced and deleted is listed and can be had back`() async throws {
    let store = try await EmulatedGCS().store()
    var request = GCSRequest(.insertBucket, .patch, store.client.bucket())
    request.setBody(["versioning": .object(["enabled": .bool(true)])])
    _ = try await store.client.send(request)
    #expect(try await VersionChecks.run(store, listsDeletions: false) == [])
  }
}
