import Concurrency
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreTesting
import Testing

@testable import S3Storage

@Suite struct ProbeTests {
  @Test func `traits come back from what was saved, and other versions are tried anew`() throws {
    for traits in [S3Traits.aws, .unknown, .modest] { #expect(S3Traits(json: traits.json) == traits) }
    #expect(S3Traits(json: Array("{}".utf8)) == nil)
    let other = String(decoding: S3Traits.aws.json, as: UTF8.self).replacing("\"version\":1", with: "\"version\":0")
    #expect(S3Traits(json: Array(other.utf8)) == nil)
  }

  @Test func `credentials that may not write make a modest store and no trial twice`() async throws {
    let transport = FakeTransport { _, _ in .init(status: 403, body: errorBody("AccessDenied")) }
    let store = try fakeStore(transport, endpoint: "http://127.0.0.1:9")
    let capabilities = try await store.capabilities()
    #expect(capabilities.ifAbsent == .ignored && capabilities.ifMatches == .checked)
    let count = transport.requests.count
    _ = try await store.capabilities()
    #expect(transport.requests.count == count)
  }

  @Test func `AWS is known without a request`() async throws {
    let transport = FakeTransport { _, _ in .init(status: 500) }
    let capabilities = try await fakeStore(transport).capabilities()
    #expect(capabilities.ifAbsent == .enforced && capabilities.ifMatches == .enforced)
    #expect(transport.requests.isEmpty)
  }
}
