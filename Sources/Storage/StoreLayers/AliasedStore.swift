import Concurrency
public import ObjectStorage

/// A store some of whose objects are called otherwise than it calls them, because it cannot hold their names.
///
/// What it cannot hold is kept under a name that `NameFitting` finds. The order of a listing is that of the names out here: an object
/// that the store lists too early for it waits; one that it would list too late is looked up when its turn comes, which costs one
/// request.
public final class AliasedStore: KeyMappingStore {
  public let base: any ObjectStore
  let names: NameMap
  /// What makes a name of ours readable again; nil where any bytes can be a name.
  let reading: NameFitting?
  private let fitting = Lock<NameFitting?>(nil)

  /// `base`, with these names.
  public init(_ base: any ObjectStore, names: NameMap) {
    self.base = base
    self.names = names
    let rules = base.identity.names
    reading = rules == NameRules() ? nil : NameFitting(rules)
  }

  public var identity: StoreIdentity { base.identity }

  /// From now on what cannot be held by its own name gets another one.
  public func capabilities() async throws -> StoreCapabilities {
    let capabilities = try await base.capabilities()
    fitting.withLock { $0 = NameFitting(capabilities) }
    return capabilities
  }

  public func outward(_ key: ObjectKey) throws -> ObjectKey {
    if let stored = names.stored(key) { return stored }
    if let shown = names.shown(key) {
      throw StorageError(
        .notFound, store: identity.displayName, key: key,
        message: "under this name the store keeps “\(shown)”, whose own it cannot hold")
    }
    guard let fitting = fitting.withLock({ $0 }), !fitting.fits(key) else { return key }
    let stored = fitting.fitted(key)
    if try names.assign(key, storedAs: stored) { return stored }
    let other = fitting.beside(key)
    _ = try names.assign(key, storedAs: other)
    return other
  }

  /// Gives an object that is going to be written another name in there, since its own is taken.
  /// - Returns: whether it has one now that it had not before.
  public func callOtherwise(_ key: ObjectKey) throws -> Bool {
    guard names.stored(key) == nil, let fitting = fitting.withLock({ $0 }) else { return false }
    return try names.assign(key, storedAs: fitting.beside(key))
  }

  public func inward(_ key: ObjectKey) -> ObjectKey? {
    if let shown = names.shown(key) { return shown }
    // What has a name in here is not shown under that of something else.
    return names.stored(key) == nil ? key : nil
  }

  public func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing {
    if names.isEmpty, reading == nil { return base.list(prefix, options) }
    var inner = options
    // What comes behind a name may be called otherwise in there.
    inner.after = nil
    inner.splitHints = options.splitHints.filter { names.stored($0) == nil }
    return AliasedListing(self, base.list(prefix, inner), names: names.all, prefix, options)
  }
}

private final class AliasedListing: Listing {
  private struct State {
    /// Names that the store lists too late, last first.
    var late: [(shown: ObjectKey, stored: ObjectKey)] = []
    /// Entries that came too early, last first.
    var early: [ObjectEntry] = []
    /// The last name that was given.
    var last: ObjectKey?
    var isOver = false
  }

  private let store: AliasedStore
  private let base: any Listing
  private let prefix: KeyPrefix
  private let options: ListOptions
  private let state: Lock<State>

  init(
    _ store: AliasedStore, _ base: any Listing, names: [(shown: ObjectKey, stored: ObjectKey)], _ prefix: KeyPrefix,
    _ options: ListOptions
  ) {
    self.store = store
    self.base = base
    self.prefix = prefix
    self.options = options
    let late = names.filter { prefix.matches($0.shown) && (!prefix.matches($0.stored) || $0.shown < $0.stored) }
    state = Lock(State(late: late.reversed()))
  }

  func next() async throws -> ListPage? {
    while !state.withLock({ $0.isOver }) {
      var result = ListPage()
      if let page = try await store.mapped({ try await self.base.next() }) {
        if isPlain(page) { return page }
        for entry in page.entries { try await place(entry, in: &result) }
        result.folders = page.folders.compactMap(store.inward)
        result.problems = page.problems.map { problem in
          var reason = problem.reason
          if case .unreadable(let error) = reason { reason = .unreadable(store.inward(error)) }
          return ListProblem(key: problem.key.flatMap(store.inward), reason: reason)
        }
      } else {
        try await emit(before: nil, into: &result)
        state.withLock { $0.isOver = true }
      }
      if !result.entries.isEmpty || !result.folders.isEmpty || !result.problems.isEmpty { return result }
    }
    return nil
  }

  /// Whether nothing in the page is called otherwise, and nothing has to come between: then it is passed on as it is.
  private func isPlain(_ page: ListPage) -> Bool {
    guard options.after == nil, store.names.isEmpty, !page.entries.contains(where: { $0.key.bytes.contains(NameFitting.mark[0]) })
    else { return false }
    if let last = page.entries.last { state.withLock { $0.last = last.key } }
    return true
  }

  private func place(_ entry: ObjectEntry, in page: inout ListPage) async throws {
    if let reading = store.reading, store.names.shown(entry.key) == nil, let original = reading.original(entry.key),
      store.names.add(original, storedAs: entry.key)
    {
      // A name of ours that the state does not know (any more).
      if let last = state.withLock({ $0.last }), original < last {
        page.problems.append(
          ListProblem(key: original, reason: .notAFile("its real name was found too late: the next run takes it up")))
      } else {
        wait(entry, as: original)
      }
      return
    }
    guard let shown = store.inward(entry.key) else {
      page.problems.append(
        ListProblem(key: entry.key, reason: .notAFile("another object is called this: one of the two has to be renamed")))
      return
    }
    if shown == entry.key {
      try await emit(before: entry.key, into: &page)
      append(entry, to: &page)
    } else if entry.key < shown, prefix.matches(shown) {
      wait(entry, as: shown)
    }
    // What is left is looked up when its turn comes, or was: see `late`.
  }

  private func wait(_ entry: ObjectEntry, as shown: ObjectKey) {
    var entry = entry
    entry.key = shown
    state.withLock { state in
      let index = state.early.firstIndex { $0.key < shown } ?? state.early.endIndex
      state.early.insert(entry, at: index)
    }
  }

  /// Gives everything that waits and comes before `key`.
  private func emit(before key: ObjectKey?, into page: inout ListPage) async throws {
    while true {
      let (early, late) = state.withLock { ($0.early.last, $0.late.last) }
      let next = [early?.key, late?.shown].compactMap { $0 }.min()
      guard let next, key.map({ next < $0 }) ?? true else { return }
      if next == early?.key {
        state.withLock { _ = $0.early.popLast() }
        if let early { append(early, to: &page) }
      } else {
        state.withLock { _ = $0.late.popLast() }
        if let entry = try await store.find(next)?.entry { append(entry, to: &page) }
      }
    }
  }

  private func append(_ entry: ObjectEntry, to page: inout ListPage) {
    if let after = options.after, entry.key <= after { return }
    state.withLock { $0.last = entry.key }
    page.entries.append(entry)
  }
}
