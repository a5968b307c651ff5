public import Catalog
import Crypto
import ObjectStorage
public import Primitives
public import Sync

/// Brings two stores and what is remembered of them together.
public struct PairOpener: Sendable {
  /// Where the state is kept.
  public let state: StateDirectory
  private let clock: WallClock

  /// Pairs whose state is in `state`.
  public init(state: StateDirectory, clock: WallClock = .system) {
    self.state = state
    self.clock = clock
  }

  /// Opens the pair and takes its lease; makes the state at the first time.
  /// - Throws: `CatalogError`: `.locked` while another engine works on the pair, `.insideTree` if the state lies in a synced folder,
  ///   `.corrupt`, and others. `StorageError` `.invalidArgument` if one end lies inside the other.
  public func open(
    left: OpenStore, right: OpenStore, options: SyncOptions, upkeep: PairUpkeep = PairUpkeep()
  ) throws -> OpenPair {
    try Self.refuseOverlap(left, right)
    for folder in [left.folderPath, right.folderPath].compactMap({ $0 }) { try state.refuse(ifInside: folder) }
    let record = try record(left: left, right: right, direction: options.direction)
    let catalog = try PairCatalog.open(state, pair: record, clock: clock)
    do {
      var options = options
      if try upkeep.needsRehash(catalog, now: clock.now()) { options.rehash = true }
      let sync = PairSync(left: left.end, right: right.end, catalog: catalog, options: options, clock: clock)
      return OpenPair(left: left, right: right, sync: sync, catalog: catalog, upkeep: upkeep, clock: clock)
    } catch {
      catalog.close()
      throw error
    }
  }

  /// Opens what is remembered of the pair to look at it, also while an engine works on it.
  /// - Throws: `CatalogError`: `.notFound` if the pair was never synced.
  public func openReadOnly(left: OpenStore, right: OpenStore, direction: SyncDirection) throws -> PairCatalog {
    try PairCatalog.openReadOnly(state, id: Self.id(left: left, right: right, direction: direction), clock: clock)
  }

  /// The pair's id: 32 hexadecimal digits, the same in every run for the same two places, in this order, and direction kind.
  ///
  /// Two-way and one-way runs over the same places remember different things: what a one-way run has not carried back is no
  /// agreement. Copies and mirrors agree on the same source, and share.
  public static func id(left: OpenStore, right: OpenStore, direction: SyncDirection) -> String {
    let kind = direction == .twoWay ? "two-way" : "one-way"
    var text: [UInt8] = []
    // Each part with its length, so that no two triples give the same bytes.
    for part in [kind, left.identity.stableID, right.identity.stableID] { text += Array("\(part.utf8.count):\(part)".utf8) }
    return Hex.encode(SHA256.hash(text).prefix(16))
  }

  private func record(left: OpenStore, right: OpenStore, direction: SyncDirection) throws -> PairRecord {
    try PairRecord(
      id: Self.id(left: left, right: right, direction: direction),
      left: PairEnd(stableID: left.identity.stableID, displayName: left.identity.displayName),
      right: PairEnd(stableID: right.identity.stableID, displayName: right.identity.displayName), created: clock.now())
  }

  /// A tree that holds its own copy would grow with every run.
  static func refuseOverlap(_ left: OpenStore, _ right: OpenStore) throws {
    var places = [(left.identity.stableID, right.identity.stableID)]
    // What a store lies over shows the same files in another form. Two stores over one place are told apart by their own names: they
    // may be two folders of one.
    switch (left.insideID, right.insideID) {
    case (let inside?, nil): places.append((inside, right.identity.stableID))
    case (nil, let inside?): places.append((left.identity.stableID, inside))
    case (let one?, let other?) where one != other: places.append((one, other))
    default: break
    }
    for (first, second) in places.map({ (Self.slashed($0.0), Self.slashed($0.1)) }) {
      guard first.hasPrefix(second) || second.hasPrefix(first) else { continue }
      let what =
        first == second
        ? "both ends are the same place" : "one end lies inside the other, so the tree would be copied into itself"
      throw StorageError(
        .invalidArgument, store: left.identity.displayName,
        message: "\(what) (\(right.identity.displayName)): name two separate places")
    }
  }

  private static func slashed(_ id: String) -> String { id.hasSuffix("/") ? id : id + "/" }
}
