public import Catalog
public import Sync

/// Two open stores with the state they share, ready to be synced. Holds the pair's lease until `close`.
public struct OpenPair: Sendable {
  /// The left end; the source of a one-way run.
  public let left: OpenStore
  /// The right end.
  public let right: OpenStore
  /// The engine over both.
  public let sync: PairSync
  /// What is remembered of the pair: history, conflicts, failures, trash. One caller at a time, and none while the engine runs.
  public let catalog: PairCatalog

  /// Gives the lease back. The stores stay open.
  public func close() { catalog.close() }
}
