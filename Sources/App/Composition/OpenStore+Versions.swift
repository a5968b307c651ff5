public import ObjectStorage
import StoreLayers

extension OpenStore {
  /// The states of a file that its service keeps, the newest first; at most `limit`.
  /// - Throws: `StorageError`; `.unsupported` where nothing is kept, or under other names.
  public func versions(of key: ObjectKey, limit: Int) async throws -> [StoredVersion] {
    let service = try service(key)
    return try await service.versions(of: NameFitting(service.identity.names).fitted(key), limit: limit)
  }

  /// One of these states, to be written somewhere.
  /// - Throws: as `versions`; `.notFound` where there is no such state.
  public func payload(for key: ObjectKey, versionID: String) async throws -> ObjectPayload {
    let service = try service(key)
    return try await service.payload(for: NameFitting(service.identity.names).fitted(key), versionID: versionID)
  }

  private func service(_ key: ObjectKey) throws -> any RemoteStore {
    // What lies over another store keeps its files there under other names, and in another form.
    if let remote, insideID == nil { return remote }
    throw StorageError(
      .unsupported, store: identity.displayName, key: key,
      message: remote == nil
        ? "no versions are kept there: what runs replaced and deleted is in the trash (`isobar trash`)"
        : "its service keeps versions under other names than its own: what runs replaced and deleted is in the trash (`isobar trash`)"
    )
  }
}
