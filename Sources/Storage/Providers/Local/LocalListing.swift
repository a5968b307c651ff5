import Concurrency
import Files
import ObjectStorage
import Primitives

/// The pages of one listing: one walk of the tree, a page at a time, on the blocking pool. Memory: a page and the walk's window.
final class LocalListing: Listing, @unchecked Sendable {
  private static let defaultPage = 2048

  private let store: LocalStore
  private let prefix: KeyPrefix
  private let options: ListOptions
  /// The folder to walk: the prefix up to its last slash.
  private let start: [UInt8]
  private let pageSize: Int
  /// Made at the first page, before anything is looked at.
  private var versions: FileVersion?
  private var walk: TreeWalk?
  private var isFinished = false
  /// What the walk gave and no page has yet, last first.
  private var ahead: [WalkEntry] = []
  /// Folders that the walk folded away, as it met them; with `.oneLevel` only.
  private let foldedAway = Lock<[[UInt8]]>([])
  /// The same in order, last first.
  private var folded: [ObjectKey] = []
  /// Links whose stand-ins' keys sort behind what was listed so far, in order.
  private var pendingLinks: [ObjectEntry] = []

  init(_ store: LocalStore, _ prefix: KeyPrefix, _ options: ListOptions) {
    self.store = store
    self.prefix = prefix
    self.options = options
    let slash = prefix.bytes.lastIndex(of: UInt8(ascii: "/"))
    start = slash.map { Array(prefix.bytes[...$0]) } ?? []
    pageSize = min(max(options.pageSize ?? LocalListing.defaultPage, 1), 100_000)
  }

  func next() async throws -> ListPage? {
    try Task.checkCancellation()
    if isFinished { return nil }
    do {
      return try await BlockingPool.shared.run { [self] in try page() }
    } catch {
      isFinished = true
      walk = nil
      throw error
    }
  }

  private func page() throws -> ListPage? {
    var page = ListPage()
    if versions == nil, try !begin(&page) {
      isFinished = true
      return page.entries.isEmpty && page.problems.isEmpty ? nil : page
    }
    guard let versions else { return nil }
    page.entries.reserveCapacity(min(pageSize, 4096))
    while page.entries.count + page.folders.count + page.problems.count < pageSize {
      if ahead.isEmpty { try refill() }
      let found = ahead.last
      // Three sorted streams, of which the latter two are mostly empty: files, links' stand-ins, folded folders.
      if let link = pendingLinks.first, found.map({ link.key.bytes.lexicographicallyPrecedes($0.path) }) ?? true,
        folded.last.map({ link.key < $0 }) ?? true
      {
        append(pendingLinks.removeFirst(), &page)
      } else if let folder = folded.last, found.map({ folder.bytes.lexicographicallyPrecedes($0.path) }) ?? true {
        folded.removeLast()
        if options.after.map({ $0 < folder }) ?? true { page.folders.append(folder) }
      } else if let found {
        ahead.removeLast()
        add(found, versions, &page)
      } else {
        isFinished = true
        break
      }
    }
    return isFinished && page.entries.isEmpty && page.folders.isEmpty && page.problems.isEmpty ? nil : page
  }

  /// Takes the next entries from the walk, if it has not ended.
  private func refill() throws {
    while ahead.isEmpty, let walk {
      var found: [WalkEntry] = []
      do {
        found = try walk.next(max: min(pageSize, LocalListing.defaultPage))
      } catch let error as FileError where error.code == .notFound {
        // The start folder went away.
      } catch {
        throw store.storageError(error, nil)
      }
      // The folder of a one-level listing has been read by now, and whole.
      let names = foldedAway.withLock { names in
        defer { names = [] }
        return names
      }
      if !names.isEmpty { folded = names.map { ObjectKey(trusted: $0) }.sorted { $1 < $0 } }
      var isPast = found.isEmpty
      if !prefix.bytes.isEmpty {
        isPast = isPast || found.last.map { isBehindPrefix($0.path) } ?? false
        found.removeAll { !isWanted($0) }
      }
      ahead = found.reversed()
      if isPast {
        // A root that was unmounted or removed meanwhile looks like one that ends here.
        try store.requireRoot()
        self.walk = nil
      }
    }
  }

  private func isWanted(_ found: WalkEntry) -> Bool {
    if found.path.starts(with: prefix.bytes) { return true }
    guard found.status.kind == .symlink, store.options.links == .asLinkFiles else { return false }
    return (found.path + LocalStore.linkSuffix).starts(with: prefix.bytes)
  }

  private func isBehindPrefix(_ path: [UInt8]) -> Bool {
    !path.starts(with: prefix.bytes) && prefix.bytes.lexicographicallyPrecedes(path)
  }

  /// Opens the walk; gives the start folder itself where the prefix names it.
  /// - Returns: false if there is nothing to walk.
  private func begin(_ page: inout ListPage) throws -> Bool {
    try store.requireRoot()
    let versions = FileVersion(looked: store.options.clock.now())
    self.versions = versions
    if !start.isEmpty {
      guard let folder = try? ObjectKey(start) else { return false }
      let status = try store.mapping(folder) { try store.status(at: Array(folder.withoutSlash)) }
      guard let status else { return false }
      guard status.kind == .directory else {
        if status.kind == .symlink { page.problems.append(ListProblem(key: folder, reason: .notAFile("a symbolic link"))) }
        return false
      }
      if start.count == prefix.bytes.count { append(store.entry(folder, status, versions), &page) }
    }
    walk = TreeWalk(root: store.root, start: start, options: walkOptions())
    return true
  }

  private func walkOptions() -> WalkOptions {
    let prefix = prefix.bytes
    let (isOneLevel, wanted, folded) = (options.depth == .oneLevel, options.prune, foldedAway)
    let links: WalkOptions.Symlinks = store.options.links == .follow ? .follow(.inside) : .record
    return WalkOptions(
      symlinks: links, crossDevices: store.options.crossDevices,
      prune: { folder in
        if !folder.starts(with: prefix) { return !prefix.starts(with: folder) }
        if isOneLevel {
          folded.withLock { $0.append(folder) }
          return true
        }
        guard let wanted, folder.count <= ObjectKey.maximumLength else { return false }
        return wanted(ObjectKey(trusted: folder))
      },
      // A link's stand-in sorts behind the link itself, so nothing may be skipped there.
      after: store.options.links == .asLinkFiles ? nil : options.after?.bytes)
  }

  private func add(_ found: WalkEntry, _ versions: FileVersion, _ page: inout ListPage) {
    let key: ObjectKey
    do { key = found.path.count < 4096 ? ObjectKey(trusted: found.path) : try ObjectKey(found.path) } catch {
      page.problems.append(ListProblem(key: nil, reason: .invalidName(error)))
      return
    }
    if let reason = problem(found, key) {
      page.problems.append(ListProblem(key: key, reason: reason))
    } else if found.status.kind == .symlink {
      addLink(found, versions, &page)
    } else {
      append(store.entry(key, found.status, versions), &page)
      if found.status.links > 1, found.status.kind == .file { page.linkedFiles += 1 }
    }
  }

  private func append(_ entry: ObjectEntry, _ page: inout ListPage) {
    if let after = options.after, entry.key <= after { return }
    page.entries.append(entry)
  }

  private func addLink(_ found: WalkEntry, _ versions: FileVersion, _ page: inout ListPage) {
    do {
      let key = try ObjectKey(found.path + LocalStore.linkSuffix)
      let place = pendingLinks.firstIndex { key < $0.key } ?? pendingLinks.count
      pendingLinks.insert(store.entry(key, found.status, versions), at: place)
    } catch {
      page.problems.append(ListProblem(key: nil, reason: .invalidName(error)))
    }
  }

  private func problem(_ found: WalkEntry, _ key: ObjectKey) -> ListProblem.Reason? {
    switch found.status.kind {
    case .symlink where found.problem != nil:
      let why = found.problem?.detail ?? "it leads out of the folder or nowhere"
      return .notAFile("a symbolic link that cannot be followed: \(why)")
    case .symlink where store.options.links != .asLinkFiles: return .notAFile("a symbolic link")
    case .fifo: return .notAFile("a FIFO")
    case .socket: return .notAFile("a socket")
    case .characterDevice, .blockDevice: return .notAFile("a device")
    case .file where store.options.links == .asLinkFiles && store.place(key).kind == .symlink:
      return .notAFile("a file with the name of a symbolic link's stand-in")
    default: break
    }
    guard let problem = found.problem else { return nil }
    if problem.code == .otherDevice {
      return .unreadable(store.failure(.permissionDenied, key, "another file system is mounted there, which is not entered"))
    }
    let error = store.storageError(problem, key)
    return .unreadable(error as? StorageError ?? store.failure(.internalError, key, "\(error)"))
  }
}
