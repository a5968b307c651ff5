import Catalog
import Concurrency
import ObjectStorage
import Sync

/// What a run told, kept to be looked at.
final class Events: Sendable {
  /// Names of files that have further ones, on a side.
  struct Linked: Hashable { let side: PairSide, files: Int }

  private let all = Lock<[SyncEvent]>([])

  /// Takes an event.
  var take: @Sendable (SyncEvent) -> Void { { event in self.all.withLock { $0.append(event) } } }

  /// What was skipped, and why.
  var skipped: [String: String] {
    var reasons: [String: String] = [:]
    for case .skipped(let path) in all.withLock({ $0 }) { reasons[path.key?.description ?? ""] = path.reason }
    return reasons
  }

  var linked: [Linked] {
    all.withLock { $0 }.compactMap {
      if case .hardLinks(let side, let files) = $0 { Linked(side: side, files: files) } else { nil }
    }
  }
}
