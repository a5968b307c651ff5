import Catalog
import Crypto
import ObjectStorage
import Primitives
import StoreLayers

/// Keeps what a run deletes or replaces below `.isobar/trash/RUN/`, under its own name.
final class TrashKeeper: Sendable {
  private let run: String
  private let recorder: Recorder
  private let clock: WallClock

  init(run: RunID, pair: String, recorder: Recorder, clock: WallClock) {
    // Several pairs may share a root: the pair's name keeps their trash apart. The number of a run comes again when the state was rebuilt or
    // put back from a backup; the microsecond does not, and what another run keeps is never replaced.
    let now = clock.now()
    let fraction = String(1_000_000 + now.nanoseconds / 1000).dropFirst()
    self.run = "\(now.amzBasic.dropLast()).\(fraction)Z-\(pair.prefix(8))-\(run)"
    self.recorder = recorder
    self.clock = clock
  }

  /// The folder of every run's trash.
  static let folder = ".isobar/trash/"

  /// How often the path that is worked on has been planned anew: each time has a place of its own, since what the first kept may be
  /// another version by then.
  @TaskLocal static var attempt = 0

  /// Where `key` is kept on a store with these capabilities: under its own name if the store can hold that, else under its hash.
  func place(for key: ObjectKey, _ capabilities: StoreCapabilities) -> ObjectKey {
    let prefix = Array((Self.attempt == 0 ? "\(Self.folder)\(run)/" : "\(Self.folder)\(run)~\(Self.attempt)/").utf8)
    let place = ObjectKey(trusted: prefix + key.bytes)
    if capabilities.length(of: place.bytes) <= capabilities.maximumKeyLength, NameFitting(capabilities).fits(place) { return place }
    return ObjectKey(trusted: prefix + Array("~\(Hex.encode(SHA256.hash(key.bytes)))".utf8))
  }

  /// Records, before it happens, that `entry` of `side` will be at `place`. A record without its object is harmless; an object
  /// without its record would be out of sight.
  @discardableResult
  func note(_ entry: ObjectEntry, on side: PairSide, at place: ObjectKey, reason: TrashReason) throws -> TrashID {
    try recorder.addTrash(
      TrashRecord(
        run: recorder.run, side: side, key: entry.key, trashKey: place, size: entry.size, modified: entry.modified ?? entry.stored,
        deletedAt: clock.now(), reason: reason))
  }

  /// Puts `entry` into the trash for a moment.
  func park(
    _ entry: ObjectEntry, on side: PairSide, of store: any ObjectStore, _ capabilities: StoreCapabilities
  ) async throws -> (place: ObjectKey, receipt: WriteReceipt, id: TrashID) {
    let place = place(for: entry.key, capabilities)
    let id = try note(entry, on: side, at: place, reason: .overwritten)
    let receipt = try await store.move(entry.key, to: place, CopyOptions(condition: .always, sourceMatches: entry.version))
    return (place, receipt, id)
  }

  /// Moves `entry` to the trash.
  func discard(_ entry: ObjectEntry, on side: PairSide, of store: any ObjectStore, _ capabilities: StoreCapabilities) async throws {
    let place = place(for: entry.key, capabilities)
    try note(entry, on: side, at: place, reason: .deleted)
    _ = try await store.move(entry.key, to: place, CopyOptions(condition: .always, sourceMatches: entry.version))
  }

  /// Prepares `store` for a write that replaces `entry`: either the write itself keeps it (the returned key), or a copy is made now.
  func keep(
    replaced entry: ObjectEntry, on side: PairSide, of store: any ObjectStore, _ capabilities: StoreCapabilities,
    reason: TrashReason
  ) async throws -> ObjectKey? {
    let place = place(for: entry.key, capabilities)
    try note(entry, on: side, at: place, reason: reason)
    if capabilities.keepsReplaced { return place }
    _ = try await store.copy(entry.key, to: place, CopyOptions(condition: .always, sourceMatches: entry.version))
    return nil
  }
}
