public import Catalog
public import ObjectStorage

/// Tells what has changed in a store since it last looked.
///
/// Where the store tells of its changes, it is asked for them, and what it says is looked at: a feed is a hint, and never proof that
/// something is gone. Everywhere else, and where the feed has a gap, the store is listed and compared with what is remembered, in one
/// pass over both: memory does not grow with the number of files. A look that fails or is cancelled has not happened; what it reported
/// is reported again by the next.
public struct ChangeTracker: Sendable {
  /// What becomes of a look.
  public enum Keeping: Sendable {
    /// The next one begins where this one ended.
    case remember
    /// The next one sees the same again.
    case forget
  }

  private let store: any ObjectStore
  private let feed: (any ChangeFeed)?
  private let seen: SeenTree
  private static let own = KeyPrefix(trusted: Array(".isobar/".utf8))
  /// Changes beyond which a listing costs less than looking at each.
  private static let manyChanges = 1000

  /// - Parameters:
  ///   - feed: of the same store, with the same keys; nil to list it every time.
  ///   - seen: what is remembered of it.
  public init(_ store: any ObjectStore, feed: (any ChangeFeed)?, seen: SeenTree) {
    self.store = store
    self.feed = feed
    self.seen = seen
  }

  /// Looks once.
  /// - Parameter report: told of each change; in order of the keys where the store was listed. Not called by the first look.
  /// - Throws: `StorageError`, `CatalogError`, `CancellationError`, and what `report` threw.
  public func look(_ keeping: Keeping, report: (FileChange) throws -> Void) async throws -> ChangeTally {
    try seen.begin()
    defer { seen.rollBack() }
    let tally = try await look(report)
    if keeping == .remember { try seen.commit() }
    return tally
  }

  /// Waits for changes as long as that makes sense: where the store tells of them until it does, at most so long.
  /// - Returns: whether a look is worth its cost; true where nobody knows.
  public func wait(atMost limit: Duration) async throws -> Bool {
    guard let feed, let cursor = try seen.cursor() else { return true }
    return try await feed.wait(since: cursor, atMost: limit) != .unchanged
  }

  /// Whether the store tells of its changes.
  public var hasFeed: Bool { feed != nil }

  private func look(_ report: (FileChange) throws -> Void) async throws -> ChangeTally {
    if let feed, let cursor = try seen.cursor() {
      if let tally = try await follow(feed, from: cursor, report) { return tally }
      // What was remembered on the way is found again by the listing, and reported then.
      seen.rollBack()
      try seen.begin()
    }
    // Before the listing: what happens meanwhile is told of next time, at worst once more.
    let cursor = try await feed?.latestCursor()
    var tally = ChangeTally(.listing, isFirst: try seen.isNew())
    try await compare(.all, &tally, report)
    try seen.setPlace(cursor)
    return tally
  }

  // MARK: By the store's own word

  /// - Returns: nil if that is not enough: then the store has to be listed.
  private func follow(
    _ feed: any ChangeFeed, from cursor: ChangeCursor, _ report: (FileChange) throws -> Void
  ) async throws -> ChangeTally? {
    var tally = ChangeTally(.feed, isFirst: false)
    var cursor = cursor
    var found: [FileChange] = []
    while true {
      guard case .changes(let page) = try await feed.changes(since: cursor), page.changes.count <= Self.manyChanges else {
        return nil
      }
      for change in page.changes {
        guard try await lookAt(change, &tally, { found.append($0) }) else { return nil }
      }
      cursor = page.cursor
      if !page.hasMore { break }
    }
    // Only now: a listing would report what was found so far once more.
    for change in found { try report(change) }
    try seen.setPlace(cursor)
    return tally
  }

  /// - Returns: false if the hint does not fit what is there.
  private func lookAt(
    _ hint: ChangePage.Change, _ tally: inout ChangeTally, _ report: (FileChange) throws -> Void
  ) async throws -> Bool {
    switch hint {
    case .isUnknown(let problem):
      tally.problems.append(problem)
    case .isThere(let entry) where Self.own.matches(entry.key): break
    case .isThere(let entry) where entry.key.isFolder:
      // A file of its name cannot be there any more.
      let file = ObjectKey(trusted: Array(entry.key.withoutSlash))
      if try seen.file(file) != nil { return try await lookAtGone(file, &tally, report) }
    case .isThere(let entry):
      guard let there = try await find(entry.key) else { return false }
      // What lay below a folder of its name went with it.
      try await compareIfKnown(below: entry.key, &tally, report)
      try note(there, &tally, report)
    case .isGone(let key):
      if Self.own.matches(key) { break }
      return try await lookAtGone(key, &tally, report)
    }
    return true
  }

  /// - Returns: false if nothing is remembered of the name.
  private func lookAtGone(_ key: ObjectKey, _ tally: inout ChangeTally, _ report: (FileChange) throws -> Void) async throws -> Bool
  {
    let isFile = try seen.file(key) != nil
    if isFile {
      if let there = try await find(key) { try note(there, &tally, report) } else { try drop(key, &tally, report) }
    }
    let wasFolder = try await compareIfKnown(below: key, &tally, report)
    if isFile || wasFolder { return true }
    // It came and went, unless it is known under another spelling.
    guard try await find(key) == nil else { return false }
    guard store.identity.names.foldsCase, let parent = key.parent else { return true }
    return try !seen.files(below: KeyPrefix(folder: parent), after: nil, limit: 1).isEmpty
  }

  /// The object of exactly this name. Where A is a, asking for one gives the other, and only a listing tells how it is spelled.
  private func find(_ key: ObjectKey) async throws -> ObjectEntry? {
    guard store.identity.names.foldsCase else { return try await store.find(key)?.entry }
    let listing = store.list(key.parent.map { KeyPrefix(folder: $0) } ?? .all, ListOptions(depth: .oneLevel))
    while let page = try await listing.next() {
      if let entry = page.entries.first(where: { $0.key == key }) { return entry }
    }
    return nil
  }

  /// Looks into a folder, if anything in it is remembered.
  /// - Returns: whether that is so.
  @discardableResult
  private func compareIfKnown(
    below key: ObjectKey, _ tally: inout ChangeTally, _ report: (FileChange) throws -> Void
  ) async throws -> Bool {
    let below = KeyPrefix(folder: key.isFolder ? key : ObjectKey(trusted: key.bytes + [0x2F]))
    guard try !seen.files(below: below, after: nil, limit: 1).isEmpty else { return false }
    try await compare(below, &tally, report)
    return true
  }

  // MARK: By a listing

  /// Compares what is there below a prefix with what is remembered.
  private func compare(_ prefix: KeyPrefix, _ tally: inout ChangeTally, _ report: (FileChange) throws -> Void) async throws {
    var known = SeenFiles(seen, prefix)
    var unknown: [ObjectKey] = []
    let listing = store.list(prefix, ListOptions(prune: { $0.bytes == Self.own.bytes }))
    while let page = try await listing.next() {
      try Task.checkCancellation()
      tally.problems += page.problems
      unknown += page.problems.compactMap(\.key)
      for entry in page.entries where !entry.key.isFolder && !Self.own.matches(entry.key) {
        while let file = try known.peek(), file.key < entry.key { try drop(known.pop(), unless: unknown, &tally, report) }
        if try known.peek()?.key == entry.key { known.pop() }
        try note(entry, &tally, report)
      }
    }
    while try known.peek() != nil { try drop(known.pop(), unless: unknown, &tally, report) }
  }

  private func note(_ entry: ObjectEntry, _ tally: inout ChangeTally, _ report: (FileChange) throws -> Void) throws {
    let file = SeenFile(key: entry.key, size: entry.size, version: entry.version)
    let old = try seen.file(entry.key)
    if let old, old.version == file.version { return }
    try seen.put(file)
    let change = FileChange(old == nil ? .added : .changed, entry.key, size: entry.size)
    tally.count(change)
    if !tally.isFirst { try report(change) }
  }

  private func drop(
    _ file: SeenFile?, unless unknown: [ObjectKey], _ tally: inout ChangeTally, _ report: (FileChange) throws -> Void
  ) throws {
    guard let file else { return }
    // What could not be looked at is not gone.
    if unknown.contains(where: { $0 == file.key || $0.isFolder && file.key.isBelow($0) }) { return }
    try drop(file.key, &tally, report)
  }

  private func drop(_ key: ObjectKey, _ tally: inout ChangeTally, _ report: (FileChange) throws -> Void) throws {
    guard let old = try seen.file(key) else { return }
    try seen.remove(key)
    let change = FileChange(.removed, key, size: old.size)
    tally.count(change)
    try report(change)
  }
}

/// The remembered files below a prefix, in order, a few at a time.
private struct SeenFiles {
  private let seen: SeenTree
  private let prefix: KeyPrefix
  private var waiting: ArraySlice<SeenFile> = []
  private var last: ObjectKey?
  private var isOver = false

  init(_ seen: SeenTree, _ prefix: KeyPrefix) {
    self.seen = seen
    self.prefix = prefix
  }

  mutating func peek() throws -> SeenFile? {
    if waiting.isEmpty, !isOver {
      waiting = try seen.files(below: prefix, after: last, limit: 1000)[...]
      isOver = waiting.isEmpty
    }
    return waiting.first
  }

  @discardableResult
  mutating func pop() -> SeenFile? {
    guard let first = waiting.popFirst() else { return nil }
    last = first.key
    return first
  }
}
