public import ObjectStorage

/// One end of a pair: a store, and what tells that its root is still the same place.
public struct SyncEnd: Sendable {
  /// Where the files are.
  public internal(set) var store: any ObjectStore
  /// How to recognise the root; nil where the store's name is identity enough (a bucket).
  public let root: RootMarker?
  /// Where the end keeps the number of the latest run that changed something; nil where it cannot.
  public let lastRun: LastRunMark?
  /// Clears away what a run that died may have left at this end (hidden half-written files); called before the next run looks.
  public let recover: (@Sendable () async throws -> Void)?
  /// Throws away what interrupted transfers left at this end and nothing has gone on with; called after a run that left nothing to do.
  public let finish: (@Sendable () async throws -> Void)?

  /// An end.
  public init(
    store: any ObjectStore, root: RootMarker? = nil, lastRun: LastRunMark? = nil,
    recover: (@Sendable () async throws -> Void)? = nil, finish: (@Sendable () async throws -> Void)? = nil
  ) {
    self.store = store
    self.lastRun = lastRun
    self.root = root
    self.recover = recover
    self.finish = finish
  }
}

/// A number that a root keeps for each state that syncs it: a state that knows fewer runs is an older copy (a restored backup).
public struct LastRunMark: Sendable {
  /// The number for the state of this name; nil if there is none.
  public let read: @Sendable (_ state: [UInt8]) throws -> Int64?
  /// Keeps the number for the state of this name. Costs the certainty and nothing else if it cannot.
  public let write: @Sendable (_ state: [UInt8], Int64) -> Void

  /// A mark.
  public init(
    read: @escaping @Sendable (_ state: [UInt8]) throws -> Int64?, write: @escaping @Sendable (_ state: [UInt8], Int64) -> Void
  ) {
    self.read = read
    self.write = write
  }
}

/// A mark that a root carries, so that an empty mount point or a replaced folder is not taken for "everything was deleted".
public struct RootMarker: Sendable {
  /// What the root carries now; nil if nothing.
  public let read: @Sendable () async throws -> [UInt8]?
  /// Marks the root; returns what `read` will give from now on, or nil if the root cannot carry a mark.
  public let write: @Sendable () async throws -> [UInt8]?

  /// A marker.
  public init(
    read: @escaping @Sendable () async throws -> [UInt8]?, write: @escaping @Sendable () async throws -> [UInt8]?
  ) {
    self.read = read
    self.write = write
  }
}
