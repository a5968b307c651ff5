/// How it is made sure that what was sent has arrived.
public enum SyncVerification: Hashable, Sendable {
  /// By the hash of what was read, of what was sent, and of what the store says it has: nothing is read again.
  case hashes
  /// In addition each file that was sent is read back from where it was written to.
  case readBack
}

/// How a pair is synced.
public struct SyncOptions: Sendable {
  /// Which way changes flow.
  public var direction: SyncDirection
  /// What to do about a path that changed on both sides.
  public var conflicts: ConflictPolicy
  /// When to stop instead of deleting.
  public var deleteGuard: DeleteGuard
  /// When to stop instead of carrying a scrambled tree across.
  public var changeGuard: ChangeGuard
  /// Go on although a guard objects.
  public var force: Bool
  /// Which paths take part.
  public var filter: Filter
  /// Keep what a run deletes or overwrites below `.isobar/trash/`.
  public var keepTrash: Bool
  /// Read the content of files that look unchanged and compare it with the hash of the last sync.
  public var rehash: Bool
  /// Leave maps of files of `deltaFrom` and more beside them in remote stores, and fetch their next versions by them as differences.
  public var sharesMaps: Bool
  /// How it is made sure that what was sent has arrived.
  public var verification: SyncVerification
  /// How many paths are worked on at once; at least 1.
  public var concurrency: Int
  /// Keep text files up to this many bytes as ancestors for `ConflictPolicy.merge`; 0 keeps none.
  public var ancestorLimit: Int
  /// From this many bytes on a changed file is sent as a difference, where the store can take the rest from what it has; nil: never.
  public var deltaFrom: Int64?
  /// How many times a failing path is tried before it is left alone until `retry`; at least 1.
  public var quarantineAfter: Int

  /// Options; by default two ways, both versions of a conflict kept, half of the files guarded.
  public init(
    direction: SyncDirection = .twoWay, conflicts: ConflictPolicy = .keepBoth, deleteGuard: DeleteGuard = DeleteGuard(),
    force: Bool = false, filter: Filter = Filter(), keepTrash: Bool = true, rehash: Bool = false, concurrency: Int = 16,
    ancestorLimit: Int = 1 << 20, quarantineAfter: Int = 5, changeGuard: ChangeGuard = ChangeGuard(),
    deltaFrom: Int64? = 64 << 20, verification: SyncVerification = .hashes,
    sharesMaps: Bool = false
  ) {
    self.direction = direction
    self.conflicts = conflicts
    self.deleteGuard = deleteGuard
    self.changeGuard = changeGuard
    self.force = force
    self.filter = filter
    self.keepTrash = keepTrash
    self.rehash = rehash
    self.concurrency = max(1, concurrency)
    self.ancestorLimit = ancestorLimit
    self.deltaFrom = deltaFrom
    self.verification = verification
    self.sharesMaps = sharesMaps
    self.quarantineAfter = max(1, quarantineAfter)
  }
}
