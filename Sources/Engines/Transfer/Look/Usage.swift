public import ObjectStorage
import Sync

/// What lies in one folder, at any depth.
public struct FolderUsage: Hashable, Sendable {
  /// The folder; nil for the whole that was asked about.
  public let folder: ObjectKey?
  /// How many folders below the whole it lies; 0 for the whole.
  public let depth: Int
  /// Files in it, at any depth.
  public var files = 0
  /// Bytes in them.
  public var bytes: Int64 = 0
}

/// Adds up what a store holds per folder, as `du` does.
///
/// One recursive listing; memory grows with the depth of the tree, not with its size.
public struct Usage: Sendable {
  private let store: any ObjectStore

  /// A count of `store`.
  public init(_ store: any ObjectStore) { self.store = store }

  /// Counts.
  /// - Parameters:
  ///   - folder: the folder to count; nil for the whole store, without Isobar's own folder.
  ///   - depth: folders down to here are reported: 0 none but the whole, 1 those directly in it.
  ///   - body: gets each folder when everything in it has been counted, so inner ones before those around them.
  /// - Returns: the whole, which is not given to `body`, and what could not be looked at.
  /// - Throws: `StorageError`; `CancellationError`.
  public func count(
    _ folder: ObjectKey? = nil, depth: Int = 0, _ body: (FolderUsage) throws -> Void = { _ in }
  ) async throws -> (total: FolderUsage, problems: [ListProblem]) {
    let prefix = folder.map { KeyPrefix(folder: $0) } ?? .all
    let listing = store.list(prefix, ListOptions(prune: { $0.bytes.starts(with: Filter.reserved) }))
    var problems: [ListProblem] = []
    // The folders that are open, from the whole inwards.
    var open = [FolderUsage(folder: folder, depth: 0)]
    func close() throws {
      let done = open.removeLast()
      open[open.count - 1].files += done.files
      open[open.count - 1].bytes += done.bytes
      try body(done)
    }
    while let page = try await listing.next() {
      problems += page.problems
      for entry in page.entries where !entry.key.bytes.starts(with: Filter.reserved) {
        while open.count > 1, let inner = open.last?.folder, entry.key != inner, !entry.key.isBelow(inner) { try close() }
        try openFolders(of: entry.key, below: prefix, to: depth, in: &open)
        if entry.key.isFolder { continue }
        open[open.count - 1].files += 1
        open[open.count - 1].bytes += entry.size
      }
    }
    while open.count > 1 { try close() }
    return (open[0], problems)
  }

  /// Opens the folders on the way to `key` that are to be reported.
  private func openFolders(of key: ObjectKey, below prefix: KeyPrefix, to depth: Int, in open: inout [FolderUsage]) throws {
    guard open.count <= depth else { return }
    let start = open.count > 1 ? open.last?.folder?.bytes.count ?? 0 : prefix.bytes.count
    for index in key.bytes.indices where index >= start && key.bytes[index] == UInt8(ascii: "/") {
      guard open.count <= depth else { return }
      open.append(FolderUsage(folder: ObjectKey(trusted: Array(key.bytes[...index])), depth: open.count))
    }
  }
}
