import Concurrency
import ObjectStorage

/// The marks of objects that were described lately: who reads right after asking for the size need not ask again. Equal versions mean
/// equal bytes, so that what was known of a version stays true.
final class MarkMemory: Sendable {
  /// What is known of one state of an object.
  struct Known: Sendable {
    let version: ObjectVersion
    let mark: CompressionMark?
    let storedLength: Int64
  }

  private static let most = 4096
  private let known = Lock<[ObjectKey: Known]>([:])

  func remember(_ mark: CompressionMark?, of entry: ObjectEntry) {
    known.withLock { known in
      if known.count >= Self.most { known.removeAll(keepingCapacity: true) }
      known[entry.key] = Known(version: entry.version, mark: mark, storedLength: entry.size)
    }
  }

  func known(_ key: ObjectKey, _ version: ObjectVersion) -> Known? {
    known.withLock { $0[key] }.flatMap { $0.version == version ? $0 : nil }
  }

  func forget(_ key: ObjectKey) { known.withLock { $0[key] = nil } }
}
