import Catalog
import ObjectStorage
import Primitives
import Sync

/// Events of a run as lines for people.
struct EventWords: Sendable {
  /// The names of the right ends.
  let rights: [String]

  /// The line for an event of the pair of this number; nil for what has none.
  func line(_ pair: Int, _ event: SyncEvent) -> String? {
    switch event {
    case .observed, .planned, .started, .moved: return nil
    case .finished(let key, let action): return line(pair, key, action)
    case .failed(let failure): return "failed: \(failure.key): \(failure.message)"
    case .conflict(let outcome): return "conflict: \(outcome.key): \(words(pair, outcome.resolution))"
    case .hardLinks(let side, let files):
      return "on \(name(pair, side)), \(Wording.count(files, "name")) of files with several names (hard links): "
        + "each is synced as a file of its own"
    case .sentWhole(let key, let side, let why): return "sent whole to \(name(pair, side)): \(key): \(why)"
    case .named(let key, let stored, let side): return "kept on \(name(pair, side)) under another name: \(key) as \(stored)"
    case .skipped(let skipped):
      return "skipped on \(name(pair, skipped.side)): \(skipped.key.map { "\($0): " } ?? "")\(skipped.reason)"
    }
  }

  private func line(_ pair: Int, _ key: ObjectKey, _ action: SyncAction) -> String? {
    switch action {
    case .transferred(let side, let bytes): "sent to \(name(pair, side)): \(key) (\(Wording.bytes(bytes)))"
    case .adopted: "equal already: \(key)"
    case .metadata(let side): "metadata set on \(name(pair, side)): \(key)"
    case .moved(let side, let from): "moved on \(name(pair, side)): \(from) → \(key)"
    case .deleted(let side): "deleted on \(name(pair, side)): \(key)"
    case .folderCreated(let side): "folder made on \(name(pair, side)): \(key)"
    case .folderDeleted(let side): "folder deleted on \(name(pair, side)): \(key)"
    case .nothing: nil
    }
  }

  /// How a conflict ended.
  func words(_ pair: Int, _ resolution: ConflictOutcome.Resolution) -> String {
    switch resolution {
    case .won(let side): "\(name(pair, side)) won, the other version is in the trash"
    case .keptBoth(let name): "both kept, one as \(name)"
    case .merged: "merged"
    case .waiting: "waits for a decision"
    }
  }

  /// A side's name: of several right ends, which one.
  func name(_ pair: Int, _ side: PairSide) -> String {
    if side == .left { return "the left" }
    return rights.count > 1 && rights.indices.contains(pair) ? rights[pair] : "the right"
  }
}
