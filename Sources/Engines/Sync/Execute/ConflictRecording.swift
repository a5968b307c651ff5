import Catalog
import ObjectStorage
import Primitives

/// What the list of conflicts keeps of one.
enum ConflictRecording {
  static func record(_ operation: Operation, _ outcome: ConflictOutcome, _ policy: ConflictPolicy, at now: Timestamp)
    -> ConflictRecord
  {
    func summary(_ entry: ObjectEntry?) -> ConflictSide? {
      entry.map { ConflictSide(size: $0.size, modified: $0.modified ?? $0.stored, version: $0.version) }
    }
    let keptAs: ObjectKey?
    let state: ConflictRecord.State
    switch outcome.resolution {
    case .won(let side):
      keptAs = nil
      state = .resolved(how: side == .left ? "left" : "right", when: now)
    case .keptBoth(let name):
      keptAs = name
      state = .resolved(how: "keep-both", when: now)
    case .merged:
      keptAs = nil
      state = .resolved(how: "merge", when: now)
    case .waiting:
      keptAs = nil
      state = .open
    }
    return ConflictRecord(
      key: operation.key, kind: operation.base == nil ? .bothCreated : .bothModified, detected: now, left: summary(operation.left),
      right: summary(operation.right), keptAs: keptAs, policy: policy.rawValue, state: state)
  }
}
