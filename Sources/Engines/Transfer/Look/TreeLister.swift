public import ObjectStorage
import Sync

/// One line of a listing.
public struct ListedItem: Sendable {
  /// The path; it ends in `/` for a folder.
  public let key: ObjectKey
  /// What the listing says of it; nil for a folder that only its content implies.
  public let entry: ObjectEntry?
  /// How many folders below the listed one it lies in.
  public let depth: Int
}

/// Lists what a store holds, as `ls` does.
public struct TreeLister: Sendable {
  /// How far a listing goes.
  public enum Reach: Hashable, Sendable {
    /// The content of one folder, folders in it as one line each.
    case folder
    /// Everything below, files and folders.
    case tree
    /// Everything below, only files.
    case files
  }

  private let store: any ObjectStore

  /// A lister of `store`.
  public init(_ store: any ObjectStore) { self.store = store }

  /// Gives each line in bytewise order of the paths; Isobar's own folder at the root is left out.
  /// - Parameters:
  ///   - folder: the folder to list; nil for the whole store.
  ///   - reach: how far.
  ///   - body: gets each line; what it throws ends the listing.
  /// - Returns: what could not be looked at.
  /// - Throws: `StorageError`; `CancellationError`.
  public func list(
    _ folder: ObjectKey? = nil, reach: Reach = .folder, _ body: (ListedItem) throws -> Void
  ) async throws -> [ListProblem] {
    let prefix = folder.map { KeyPrefix(folder: $0) } ?? .all
    let options = ListOptions(depth: reach == .folder ? .oneLevel : .recursive, prune: { $0.bytes.starts(with: Filter.reserved) })
    let listing = store.list(prefix, options)
    if reach == .folder { return try await listOneLevel(listing, prefix, body) }
    // Folders are made up also where the store has real ones: those above `prefix` are then dropped by their length.
    let tree = TreeReader(listing: listing, impliesFolders: !store.identity.listsFolders)
    while let item = try await tree.peek() {
      tree.advance()
      if item.key.bytes.count <= prefix.bytes.count || item.key.bytes.starts(with: Filter.reserved) { continue }
      if reach == .files, item.key.isFolder { continue }
      try body(ListedItem(key: item.key, entry: item.entry, depth: depth(of: item.key, below: prefix)))
    }
    return tree.problems
  }

  private func listOneLevel(
    _ listing: any Listing, _ prefix: KeyPrefix, _ body: (ListedItem) throws -> Void
  ) async throws -> [ListProblem] {
    var problems: [ListProblem] = []
    var last: ObjectKey?
    while let page = try await listing.next() {
      problems += page.problems
      let lines = page.entries.map { ($0.key, Optional($0)) } + page.folders.map { ($0, ObjectEntry?.none) }
      for (key, entry) in lines.sorted(by: { $0.0 < $1.0 }) where key != last {
        last = key
        // The marker of the listed folder itself.
        if key.bytes == prefix.bytes || key.bytes.starts(with: Filter.reserved) { continue }
        try body(ListedItem(key: key, entry: entry, depth: 0))
      }
    }
    return problems
  }

  private func depth(of key: ObjectKey, below prefix: KeyPrefix) -> Int {
    key.withoutSlash.dropFirst(prefix.bytes.count).count { $0 == UInt8(ascii: "/") }
  }
}
