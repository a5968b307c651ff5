import LocalStorage
public import ObjectStorage

/// What a crash left in a store.
public struct Leftovers: Hashable, Sendable {
  /// Temporary files of a folder.
  public var temporaries = 0
  /// Uploads that a bucket keeps and bills although nobody goes on with them.
  public var uploads = 0
}

extension OpenStore {
  /// Tries on the service what a sync relies on, where the provider knows how; nil for a folder or a store of the caller's own.
  /// - Throws: `CancellationError`; every failure is a finding.
  public func examineService() async throws -> [ServiceFinding]? { try await remote?.diagnose() }

  /// Deletes what crashes left behind, if it is older than `age`.
  /// - Parameter isDry: only count what can be counted without deleting: unfinished uploads.
  /// - Throws: `StorageError`.
  public func removeLeftovers(olderThan age: Duration, isDry: Bool = false) async throws -> Leftovers {
    var found = Leftovers()
    if let folder, !isDry { found.temporaries = try await folder.removeStaleTemporaries(olderThan: age) }
    if let remote { found.uploads = try await remote.removeAbandonedUploads(olderThan: age, isDry: isDry) }
    return found
  }
}
