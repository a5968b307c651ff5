import DropboxStorage
import ObjectStorage
import StoreTesting
import Testing

/// Revisions of files.
@Suite struct VersionTests {
  @Test func `what was replaced and deleted is listed and can be had back`() async throws {
    #expect(try await VersionChecks.run(try DropboxServer().store()) == [])
  }

  @Test func `a revision of another file is refused`() async throws {
    let store = try DropboxServer().store()
    let (one, other) = (try ObjectKey("one"), try ObjectKey("other"))
    _ = try await store.write(.bytes([1]), to: one, WriteOptions())
    _ = try await store.write(.bytes([2]), to: other, WriteOptions())
    let id = try #require(try await store.versions(of: other, limit: 1).first?.id)
    let error = try await #require(throws: StorageError.self) { _ = try await store.payload(for: one, versionID: id) }
    #expect(error.code == .notFound)
  }
}
