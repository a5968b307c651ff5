public import ObjectStorage
import Sync

/// What a removal did.
public struct RemovalSummary: Sendable {
  /// Files deleted.
  public var files = 0
  /// Bytes in them.
  public var bytes: Int64 = 0
  /// Folders deleted.
  public var folders = 0
  /// How many objects are still there.
  public var failed = 0
  /// The first of them, and why.
  public var failures: [DeleteOutcome] = []

  static let failureLimit = 100
}

/// Deletes objects for good, as `rm` does: nothing goes to a trash.
public struct Remover: Sendable {
  private let store: any ObjectStore
  private static let batch = 1000

  /// A remover of objects of `store`.
  public init(_ store: any ObjectStore) { self.store = store }

  /// Deletes one file.
  /// - Throws: `StorageError` `.notFound` if it is not there.
  public func remove(_ key: ObjectKey) async throws -> RemovalSummary {
    if key.isFolder { throw TransferError(.notAFile, "\(key) is a folder: say --recursive to delete it with everything in it") }
    let info = try await store.stat(key)
    var summary = RemovalSummary()
    try await delete([info.entry], &summary)
    try await store.flush()
    return summary
  }

  /// Deletes everything below a folder, and the folder.
  /// - Parameters:
  ///   - folder: nil for everything in the store but Isobar's own folder.
  ///   - limit: the most files that may be deleted; nil for any number. Counted before the first is deleted.
  ///   - observer: told of each file before it is deleted.
  /// - Throws: `TransferError` `.tooManyDeletes` before anything was deleted; `StorageError` if it cannot be listed.
  public func remove(
    below folder: ObjectKey?, limit: Int?, observer: (ObjectEntry) -> Void = { _ in }
  ) async throws -> RemovalSummary {
    if let limit { try await refuse(moreThan: limit, below: folder) }
    var summary = RemovalSummary()
    var folders: [ObjectKey] = []
    let listing = list(folder)
    while let page = try await listing.next() {
      let entries = page.entries.filter { !$0.key.bytes.starts(with: Filter.reserved) }
      folders += entries.map(\.key).filter(\.isFolder)
      let files = entries.filter { !$0.key.isFolder }
      for start in stride(from: 0, to: files.count, by: Self.batch) {
        try Task.checkCancellation()
        let batch = files[start..<min(start + Self.batch, files.count)]
        batch.forEach(observer)
        try await delete(Array(batch), &summary)
      }
    }
    // The folder itself, where it is real or has a marker.
    if let folder, folders.first != folder { folders.insert(folder, at: 0) }
    for key in folders.reversed() {
      let outcome = try await store.delete([DeleteTarget(key)]).first
      if outcome?.error == nil { summary.folders += 1 }
    }
    try await store.flush()
    return summary
  }

  /// What a recursive removal would delete.
  public func survey(below folder: ObjectKey?) async throws -> (files: Int, bytes: Int64) {
    let total = try await Usage(store).count(folder).total
    return (total.files, total.bytes)
  }

  private func refuse(moreThan limit: Int, below folder: ObjectKey?) async throws {
    var count = 0
    let listing = list(folder)
    while let page = try await listing.next() {
      count += page.entries.count { !$0.key.isFolder && !$0.key.bytes.starts(with: Filter.reserved) }
      if count > limit {
        throw TransferError(
          .tooManyDeletes,
          "more than \(limit) files would be deleted for good. Nothing was. If that is what you want, allow more or run with "
            + "--force.")
      }
    }
  }

  private func list(_ folder: ObjectKey?) -> any Listing {
    store.list(folder.map { KeyPrefix(folder: $0) } ?? .all, ListOptions(prune: { $0.bytes.starts(with: Filter.reserved) }))
  }

  /// In whatever state they are: who deletes for good does not mean one version. A condition would cost some services a look each.
  private func delete(_ entries: [ObjectEntry], _ summary: inout RemovalSummary) async throws {
    let outcomes = try await store.delete(entries.map { DeleteTarget($0.key) })
    for (entry, outcome) in zip(entries, outcomes) {
      if outcome.error == nil {
        summary.files += 1
        summary.bytes += entry.size
      } else {
        summary.failed += 1
        if summary.failures.count < RemovalSummary.failureLimit { summary.failures.append(outcome) }
      }
    }
  }
}
