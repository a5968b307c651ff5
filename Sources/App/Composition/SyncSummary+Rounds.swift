import Catalog
import Sync

extension SyncSummary {
  /// Two runs of one pair as one: what was done adds up, what is left to do is what the later one left.
  func followed(by later: SyncSummary) -> SyncSummary {
    var sum = later
    sum.transferred += transferred
    sum.bytes += bytes
    sum.deleted += deleted
    sum.moved += moved
    sum.adopted += adopted
    sum.metadata += metadata
    sum.folders += folders
    // A conflict that waits is met by both.
    sum.conflicts += conflicts - waiting
    return sum
  }
}

extension SyncEvent {
  /// Whether it tells of a change to `side`, so that who else is synced with it must look again.
  func changes(_ side: PairSide) -> Bool {
    switch self {
    case .finished(_, let action):
      switch action {
      case .transferred(let to, _): to == side
      case .metadata(let on), .moved(let on, _), .deleted(let on), .folderCreated(let on), .folderDeleted(let on): on == side
      case .adopted, .nothing: false
      }
    case .conflict(let outcome):
      switch outcome.resolution {
      case .won(let winner): winner != side
      case .keptBoth, .merged: true
      case .waiting: false
      }
    case .observed, .planned, .started, .moved, .failed, .named, .skipped, .hardLinks, .sentWhole: false
    }
  }
}
