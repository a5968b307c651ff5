import Catalog
import Concurrency
import Crypto
import ObjectStorage
import Primitives
import TextMerge

/// Settles one path that changed on both sides. Whatever loses stays reachable: beside the winner, or in the trash.
struct ConflictResolver {
  let context: RunContext
  let transfer: FileTransfer

  /// What settling a conflict left behind.
  struct Result {
    var changes: [BaseEntry] = []
    var bytes: Int64 = 0
    let outcome: ConflictOutcome
  }

  init(context: RunContext) {
    self.context = context
    transfer = FileTransfer(context: context)
  }

  /// Settles by `policy`.
  func settle(_ operation: Operation, by policy: ConflictPolicy) async throws -> Result {
    guard let left = operation.left, let right = operation.right else { throw NotAConflict(key: operation.key) }
    switch policy {
    case .left: return try await win(.left, left, right)
    case .right: return try await win(.right, left, right)
    case .largest:
      if left.size == right.size { return try await keepBoth(left, right) }
      return try await win(left.size > right.size ? .left : .right, left, right)
    case .newest:
      guard let leftTime = try await modified(left, .left), let rightTime = try await modified(right, .right),
        leftTime != rightTime,
        isCredible(leftTime), isCredible(rightTime)
      else { return try await keepBoth(left, right) }
      return try await win(leftTime > rightTime ? .left : .right, left, right)
    case .keepBoth: return try await keepBoth(left, right)
    case .merge: return try await merge(left, right, base: operation.base)
    case .manual: return Result(outcome: ConflictOutcome(key: operation.key, resolution: .waiting))
    }
  }

  private struct NotAConflict: Error, CustomStringConvertible {
    let key: ObjectKey
    var description: String { "\(key) is not there on both sides" }
  }

  /// Whether a file may have been written then. A time to come would win for ever, and one at the very beginning means that nobody knew.
  private func isCredible(_ time: Timestamp) -> Bool {
    time.seconds > 0 && time.seconds <= context.clock.now().seconds + Self.clockTolerance
  }

  /// Seconds by which the clocks of machines are known to differ.
  private static let clockTolerance: Int64 = 300

  private func modified(_ entry: ObjectEntry, _ side: PairSide) async throws -> Timestamp? {
    if let modified = entry.modified { return modified }
    let info = try await context.ends[side].stat(entry.key).entry
    return info.modified ?? info.stored
  }

  /// One side's version replaces the other's, which goes to the trash whatever the pair's setting is.
  private func win(_ winner: PairSide, _ left: ObjectEntry, _ right: ObjectEntry) async throws -> Result {
    let (won, lost) = winner == .left ? (left, right) : (right, left)
    let sent = try await transfer.send(won, to: won.key, on: winner.other, replacing: lost, keep: .conflict)
    return Result(changes: [sent.base], bytes: sent.bytes, outcome: ConflictOutcome(key: won.key, resolution: .won(winner)))
  }

  /// The left version keeps the name; the right one gets a name of its own on both sides.
  private func keepBoth(_ left: ObjectEntry, _ right: ObjectEntry) async throws -> Result {
    let aside = try await copyAside(right)
    let name = aside.key
    var result = Result(outcome: ConflictOutcome(key: left.key, resolution: .keptBoth(as: name)))
    if let existing = try await context.ends.left.find(name)?.entry {
      // An interrupted run had come this far. Unless it is something else under that name, it is the same version.
      if existing.size == aside.size, try await Comparer(context: context).compare(existing, aside).equal {
        var base = BaseEntry(key: name, size: aside.size, modified: aside.modified)
        base.left = SideState(version: existing.version, modified: existing.modified, identity: existing.identity)
        base.right = SideState(version: aside.version, modified: aside.modified, identity: aside.identity)
        result.changes.append(base)
      }
    } else {
      let brought = try await transfer.send(aside, to: name, on: .left, replacing: nil, keep: nil)
      result.changes.append(brought.base)
      result.bytes += brought.bytes
    }
    // The right version is about to lose its name and has no other place than its copies.
    for side in PairSide.allCases { try await context.flush[side]() }
    let sent = try await transfer.send(left, to: left.key, on: .right, replacing: right, keep: nil)
    result.changes.append(sent.base)
    result.bytes += sent.bytes
    return result
  }

  /// How many names are tried for a version whose own are taken by something else.
  private static let names = 16

  /// Copies the right version to a new name on its own side; finds the copy of an interrupted run. Nobody has looked at that name yet:
  /// somebody may have put something else there since.
  private func copyAside(_ right: ObjectEntry) async throws -> ObjectEntry {
    let store = context.ends.right
    let capabilities = context.capabilities
    let comparer = Comparer(left: store, right: store)
    for attempt in 0..<Self.names {
      let name = ConflictName.make(
        for: right, attempt: attempt,
        maximumName: min(capabilities.left.maximumNameLength ?? 255, capabilities.right.maximumNameLength ?? 255),
        maximumKey: PairSide.allCases.map { side in
          capabilities[side].maximumKeyLength - (capabilities[side].length(of: right.key.bytes) - right.key.bytes.count)
        }.min() ?? 0)
      if let present = try await store.find(name)?.entry {
        if try await comparer.compare(present, right).equal { return present }
        continue
      }
      do {
        _ = try await store.copy(right.key, to: name, CopyOptions(condition: .ifAbsent, sourceMatches: right.version))
        return try await store.stat(name).entry
      } catch let error as StorageError where error.code == .alreadyExists {
        // It has come this moment.
      }
    }
    throw StorageError(
      .invalidArgument, store: store.identity.displayName, key: right.key,
      message: "every name for its second version is taken: remove some of its old conflict copies")
  }

  /// The text both sides last agreed on; nil if what is kept is older than that.
  private func ancestor(of base: BaseEntry) async throws -> [UInt8]? {
    guard let hash = base.hash, hash.method.identifiesContent, let text = try context.recorder.ancestor(of: base.key),
      try await ContentHashing.hash(.bytes(text), by: hash.method) == hash
    else { return nil }
    return text
  }

  private func merge(_ left: ObjectEntry, _ right: ObjectEntry, base: BaseEntry?) async throws -> Result {
    let limit = context.options.ancestorLimit
    guard let base, left.size <= limit, right.size <= limit, let ancestor = try await ancestor(of: base) else {
      return try await keepBoth(left, right)
    }
    let ours = try await context.ends.left.readBytes(left.key, limit: limit, ReadOptions(ifMatches: left.version))
    let theirs = try await context.ends.right.readBytes(right.key, limit: limit, ReadOptions(ifMatches: right.version))
    let merged = try? await BlockingPool.shared.run {
      try TextMerge.merge(
        ancestor: ancestor, ours: ours, theirs: theirs, labels: MergeLabels(ancestor: "last sync", ours: "left", theirs: "right"))
    }
    guard let merged, !merged.hasConflicts else { return try await keepBoth(left, right) }
    // One side has all that the other changed: it keeps its version, with its time.
    if merged.bytes == ours { return try await win(.left, left, right) }
    if merged.bytes == theirs { return try await win(.right, left, right) }

    // Left first; the right then gets what the left holds, as any change would reach it.
    let store = context.ends.left
    var metadata = transfer.metadata(of: try await store.stat(left.key))
    metadata.modified = context.clock.now()
    var options = WriteOptions(condition: .ifMatches(left.version), metadata: metadata)
    try await context.look(before: options.condition, at: left.key, on: .left)
    options.keepReplacedAs = try await context.trash.keep(
      replaced: left, on: .left, of: store, context.capabilities.left, reason: .conflict)
    _ = try await store.write(.bytes(merged.bytes), to: left.key, options)
    let written = try await store.stat(left.key).entry
    let sent = try await transfer.send(written, to: left.key, on: .right, replacing: right, keep: .conflict)
    return Result(
      changes: [sent.base], bytes: sent.bytes + Int64(merged.bytes.count),
      outcome: ConflictOutcome(key: left.key, resolution: .merged))
  }
}
