import Catalog
import ObjectStorage
import StoreLayers

/// What each side calls the objects whose names it cannot hold, or spells otherwise than the other side.
struct PairNames: Sendable {
  private let maps = BothSides(left: NameMap(), right: NameMap())

  subscript(side: PairSide) -> NameMap { maps[side] }

  /// The end as the engine sees it: by the pair's names.
  func end(_ end: SyncEnd, _ side: PairSide) -> SyncEnd {
    var named = end
    named.store = AliasedStore(end.store, names: maps[side])
    return named
  }

  /// Takes up what the state knows.
  func load(from catalog: PairCatalog) throws {
    for side in PairSide.allCases {
      for name in try catalog.storedNames(side) { maps[side].add(name.shown, storedAs: name.stored) }
      _ = maps[side].takeChange()
    }
  }

  /// Keeps what has changed.
  func save(_ side: PairSide, to catalog: PairCatalog) throws {
    guard maps[side].takeChange() else { return }
    try catalog.setStoredNames(side, maps[side].all.map { StoredName(shown: $0.shown, stored: $0.stored) })
  }

  /// Finds names for what the plan brings to sides that cannot hold its own ones, all at once: a name is kept before it is used.
  func prepare(
    _ plan: SyncPlan, _ ends: BothSides<any ObjectStore>, _ catalog: PairCatalog,
    _ observer: @escaping @Sendable (SyncEvent) -> Void
  ) throws {
    for side in PairSide.allCases { maps[side].keep { observer(.named($0, as: $1, on: side)) } }
    if plan.oddNames > 0 {
      for phase in 0..<SyncPlan.phases {
        let operations = try plan.operations(phase: phase)
        while let operation = try operations.next() {
          for step in operation.steps where step.brings {
            // A name that is taken is the business of the operation itself.
            _ = try? (ends[step.side] as? AliasedStore)?.outward(step.key)
          }
        }
      }
    }
    for side in PairSide.allCases { try save(side, to: catalog) }
  }

  /// Forgets the names of what is neither in step nor there any more.
  func prune(_ ends: BothSides<any ObjectStore>, _ catalog: PairCatalog) async throws {
    for side in PairSide.allCases {
      for name in maps[side].all.map(\.shown) where try catalog.base(for: name) == nil {
        // A side that does not answer now is asked after the next run.
        do { if try await ends[side].find(name) == nil { maps[side].remove(name) } } catch let error as StorageError {
          if error.code == .cancelled { throw CancellationError() }
        }
      }
      try save(side, to: catalog)
    }
  }
}

extension Operation {
  /// Whether it makes a path on `side` that was not there.
  fileprivate var brings: Bool {
    switch kind {
    case .move, .createFolder: true
    case .transfer: entry(side) == nil
    default: false
    }
  }
}
