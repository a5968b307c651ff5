public import ObjectStorage
import ProviderSupport

extension OpenStore {
  /// The states of a file that its service keeps, the newest first; at most `limit`, which is one at least.
  /// - Throws: `StorageError`; `.unsupported` where nothing is kept, or in another form.
  public func versions(of key: ObjectKey, limit: Int) async throws -> [StoredVersion] {
    let service = try service(key)
    return try await StepPatience(attempts: 5).run { try await service.versions(of: key, limit: max(limit, 1)) }
  }

  /// One of these states, to be written somewhere.
  /// - Throws: as `versions`; `.notFound` where there is no such state.
  public func payload(for key: ObjectKey, versionID: String) async throws -> ObjectPayload {
    let service = try service(key)
    return try await StepPatience(attempts: 5).run { try await service.payload(for: key, versionID: versionID) }
  }

  private func service(_ key: ObjectKey) throws -> any RemoteStore {
    if let remote, insideID == nil { return remote }
    let reason =
      remote == nil ? "no versions are kept there" : "what its service keeps are the files of the store that it lies over"
    throw StorageError(
      .unsupported, store: identity.displayName, key: key,
      message: "\(reason); what runs replaced and deleted is in the trash (`isobar trash`)")
  }
}
