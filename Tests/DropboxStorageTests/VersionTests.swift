import DropboxStorage
import ObjectStorage
import StoreTesting
import Testing

/// Revisions of files.
@Suite struct VersionTests {
  @Test func `what was replaced and deleted is listed and can be had back`() async throws {
    #expect(try await VersionChecks.run(try DropboxServer().store(), listsDeletions: true) == [])
  }

  @Test func `a revision of another file is refused`() async throws {
    let store = try DropboxServer().store()
    let (one, other) = (try ObjectKey("one/notes"), try ObjectKey("other/notes"))
    _ = try await store.write(.bytes([1]), to: one, WriteOptions())
    _ = try await store.write(.bytes([2]), to: other, WriteOptions())
    let id = try #require(try await store.versions(of: other, limit: 1).first?.id)
    let error = try await #require(throws: StorageError.self) { _ = try await store.payload(for: one, versionID: id) }
    #expect(error.code == .notFound)
  }

  @Test func `more revisions than one answer names are all listed, and the oldest can be had`() async throws {
    let store = try DropboxServer().store()
    let key = try ObjectKey("often")
    for count in 0..<105 { _ = try await store.write(.bytes([UInt8](repeating: 1, count: count)), to: key, WriteOptions()) }
    let all = try await store.versions(of: key, limit: 1000)
    #expect(all.map(\.size) == (0..<105).reversed())
    #expect(try await store.versions(of: key, limit: 102) == Array(all.prefix(102)))
    let oldest = try #require(all.last)
    #expect(try await store.payload(for: key, versionID: oldest.id).info.entry.size == 0)
  }
}
