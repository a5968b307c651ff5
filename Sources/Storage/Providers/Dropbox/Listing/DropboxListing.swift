public import ObjectStorage
import Primitives
import ProviderSupport

/// A listing of a folder, in bytewise order.
///
/// The service lists in an order of its own, so that the whole is listed before the first entry is given: put in the order of folded
/// paths to spell the folders right, and from there in that of the keys. Memory stays bounded: see `ListingSorter`.
final class DropboxListing: Listing, @unchecked Sendable {
  private static let pageSize = 1000
  /// How often a listing begins anew after the service lost count.
  private static let attempts = 3

  private let store: DropboxStore
  private let prefix: KeyPrefix
  private let options: ListOptions
  /// The folder that is listed, with its slash; empty for the store's own.
  private let base: [UInt8]
  private let bounds: FolderBounds

  private var sorted: ListingSorter<SortItem>?
  private var problems: [ListProblem] = []
  private var isOver = false

  init(_ store: DropboxStore, _ prefix: KeyPrefix, _ options: ListOptions) {
    (self.store, self.prefix, self.options) = (store, prefix, options)
    base = prefix.bytes.lastIndex(of: UInt8(ascii: "/")).map { Array(prefix.bytes[...$0]) } ?? []
    bounds = FolderBounds(store.configuration.prefix + base)
  }

  func next() async throws -> ListPage? {
    if isOver { return nil }
    do {
      if sorted == nil { sorted = try await collect() }
      var page = ListPage(problems: problems)
      problems = []
      let size = options.pageSize ?? Self.pageSize
      while page.entries.count + page.folders.count < size {
        guard let item = try await sorted?.take() else {
          isOver = true
          break
        }
        switch item {
        case .entry(let entry): page.entries.append(entry)
        case .folder(let key): page.folders.append(key)
        }
      }
      return page.entries.isEmpty && page.folders.isEmpty && page.problems.isEmpty ? nil : page
    } catch let error as MalformedListing {
      isOver = true
      throw StorageError(
        .corrupted, retry: .later, store: store.identity.displayName,
        message: "the store's listing cannot be trusted: \(error.reason)")
    } catch {
      isOver = true
      throw error
    }
  }

  private func sorter<Line>() -> ListingSorter<Line> {
    ListingSorter(
      folder: store.configuration.spoolFolder, memory: store.configuration.sortMemory, store: store.identity.displayName)
  }

  private func collect() async throws -> ListingSorter<SortItem> {
    let sorted: ListingSorter<SortItem> = sorter()
    if let found = try await listFolder() { try await spell(found, into: sorted) }
    try await sorted.finish()
    return sorted
  }

  /// All that the service lists, in the order of folded paths; nil if the folder is not there.
  private func listFolder() async throws -> ListingSorter<FoundLine>? {
    if let folder = try? ObjectKey(base), !store.isPossible(folder) { return nil }
    for attempt in 1... {
      problems = []
      let found: ListingSorter<FoundLine> = sorter()
      var pages = FolderPages(
        store.client, path: store.path((store.configuration.prefix + base).dropLast()), recursive: options.depth == .recursive)
      var sequence: UInt64 = 0
      do {
        while let page = try await pages.page() {
          for entry in page.entries {
            sequence += 1
            if let line = try line(entry, sequence) { try await found.add(line) }
          }
        }
        try await found.finish()
        return found
      } catch let error as StorageError where error.code == .notFound {
        try await checkRoot()
        return nil
      } catch let error as StorageError where store.client.errors.isReset(error) && attempt < Self.attempts { continue }
    }
    return nil
  }

  /// A folder that is not there holds nothing, unless it is the store's own.
  private func checkRoot() async throws {
    let isThere = base.isEmpty ? false : try await store.containerExists()
    guard !isThere else { return }
    throw StorageError(
      .storeNotFound, store: store.identity.displayName,
      message: "there is no such folder in the Dropbox: check the name, or create it first")
  }

  /// An entry below the listed folder; nil for the folder itself, and for what has no key.
  /// - Throws: `MalformedListing`: what is left out would look as if it were gone.
  private func line(_ entry: FileResource, _ sequence: UInt64) throws -> FoundLine? {
    guard let lower = entry.lowerPath, let shown = entry.displayPath else {
      throw MalformedListing(reason: "an entry has no path")
    }
    guard bounds.hold(entry) else { throw MalformedListing(reason: "an entry is of another folder") }
    let slash = UInt8(ascii: "/")
    let depth = bounds.depth
    let (folded, displayed) = (lower.split(separator: slash), shown.split(separator: slash))
    guard displayed.count == folded.count else { throw MalformedListing(reason: "an entry has two paths") }
    guard folded.count > depth else { return nil }
    let order = Array(folded[depth...].joined(separator: [0]))
    var path = Array(displayed[depth..<(displayed.count - 1)].joined(separator: [slash]))
    if !path.isEmpty { path.append(slash) }
    path += entry.name
    if entry.kind == .folder { path.append(slash) }
    let kind: FoundLine.Kind =
      switch entry.kind {
      case .file: .file
      case .folder: .folder
      case .deleted: .deleted
      }
    let key: ObjectKey
    do { key = try ObjectKey(path) } catch {
      problems.append(ListProblem(key: nil, reason: .invalidName(error)))
      return nil
    }
    return FoundLine(kind: kind, order: order, sequence: sequence, entry: entry.entry(key), obstacle: entry.obstacle)
  }

  /// Gives everything its key, and puts it in the order of those.
  private func spell(_ found: ListingSorter<FoundLine>, into sorted: ListingSorter<SortItem>) async throws {
    var spelling = PathSpelling { [base, options] path in
      guard options.depth == .recursive, let prune = options.prune else { return false }
      return (try? ObjectKey(base + path + [UInt8(ascii: "/")])).map(prune) ?? false
    }
    while let line = try await found.take() {
      if let one = spelling.take(line) { try await add(one, to: sorted) }
    }
    if let one = spelling.finish() { try await add(one, to: sorted) }
  }

  private func add(_ found: PathSpelling.Found, to sorted: ListingSorter<SortItem>) async throws {
    let isFolder = found.line.kind == .folder
    let key: ObjectKey
    do { key = try ObjectKey(base + found.path + (isFolder ? [UInt8(ascii: "/")] : [])) } catch {
      problems.append(ListProblem(key: nil, reason: .invalidName(error)))
      return
    }
    guard prefix.matches(key), options.after.map({ $0 < key }) ?? true else { return }
    if let obstacle = found.line.obstacle {
      problems.append(ListProblem(key: key, reason: .notAFile(obstacle)))
    } else if isFolder, options.depth == .oneLevel {
      try await sorted.add(.folder(key))
    } else {
      var entry = found.line.entry
      entry.key = key
      try await sorted.add(.entry(entry))
    }
  }
}

extension DropboxStore {
  public func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing { DropboxListing(self, prefix, options) }
}
