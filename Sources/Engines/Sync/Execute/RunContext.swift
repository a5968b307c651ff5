import Catalog
import Concurrency
import Crypto
import ObjectStorage
import Primitives

/// What every operation of one run needs.
final class RunContext: Sendable {
  let ends: BothSides<any ObjectStore>
  let capabilities: BothSides<StoreCapabilities>
  let options: SyncOptions
  let recorder: Recorder
  let trash: TrashKeeper
  let clock: WallClock
  /// When the first look at the two sides began.
  let observedAt: Timestamp
  let emit: @Sendable (SyncEvent) -> Void
  /// Makes what was written to a side durable at once, before something else rests on it.
  let flush: BothSides<SharedFlush>
  /// The sides that copied parts and did not say what of.
  private let notVouched = Lock<Set<PairSide>>([])

  init(
    ends: BothSides<any ObjectStore>, capabilities: BothSides<StoreCapabilities>, options: SyncOptions, recorder: Recorder,
    trash: TrashKeeper, clock: WallClock, observedAt: Timestamp? = nil, emit: @escaping @Sendable (SyncEvent) -> Void
  ) {
    self.ends = ends
    self.capabilities = capabilities
    self.options = options
    self.recorder = recorder
    self.trash = trash
    self.clock = clock
    self.observedAt = observedAt ?? clock.now()
    self.emit = emit
    flush = BothSides(left: SharedFlush(ends.left), right: SharedFlush(ends.right))
  }

  /// Whether a store was seen in this run not to vouch for the parts that it copies.
  func hasNotVouched(_ side: PairSide) -> Bool { notVouched.withLock { $0.contains(side) } }

  /// Notes that it does not.
  func noteNotVouched(_ side: PairSide) { notVouched.withLock { _ = $0.insert(side) } }

  /// Where a store takes conditions and ignores them, what the listing said is trusted for this long.
  static let listingTrust: Int64 = 30

  /// Makes sure that a write under `condition` cannot replace what the plan did not see, on a store that does not check by itself.
  /// - Parameter trusting: whether a listing may be believed that it saw nothing.
  func look(before condition: WriteCondition, at key: ObjectKey, on side: PairSide, trusting: Bool = true) async throws {
    let capabilities = capabilities[side]
    switch condition {
    case .always: return
    case .ifAbsent:
      // A clock that was set back says nothing of how long ago it was.
      let age = clock.now().seconds - observedAt.seconds
      guard capabilities.ifAbsent == .ignored, !(trusting && (0...Self.listingTrust).contains(age)) else { return }
      if try await ends[side].find(key) != nil {
        throw StorageError(.alreadyExists, store: ends[side].identity.displayName, key: key, message: "it has appeared meanwhile")
      }
    case .ifMatches(let version):
      guard capabilities.ifMatches == .ignored else { return }
      if try await ends[side].find(key)?.entry.version != version {
        throw StorageError(
          .preconditionFailed, store: ends[side].identity.displayName, key: key, message: "it was changed meanwhile")
      }
    }
  }
}
