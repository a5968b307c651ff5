import Catalog
import ObjectStorage
import Primitives

/// Files whose bytes are those of the last sync, or the same on both sides: only what is said beside the bytes has to cross.
extension PathWorker {
  /// Whether an entry holds the bytes of the last sync, where that can be known without moving them.
  private func hasBytes(of base: BaseEntry, _ entry: ObjectEntry, on side: PairSide) async throws -> Bool {
    guard let hash = base.hash, hash.method.identifiesContent, entry.size == base.size else { return false }
    if let known = entry.hash, known.method == hash.method { return known == hash }
    guard context.ends[side].identity.isLocal else { return false }
    return try await Comparer(context: context).hash(entry, on: side, by: hash.method) == hash
  }

  /// Whether a file that looks changed holds the bytes of the last sync: then only its metadata goes across.
  func onlyTouched(_ operation: Operation, _ source: ObjectEntry) async throws -> Bool {
    let side = operation.side
    guard var base = operation.base, let other = operation.entry(side), other.version == base[side].version,
      try await hasBytes(of: base, source, on: side.other)
    else { return false }
    let source = try await described(source, on: side.other)
    base[side.other] = SideState(version: source.version, modified: source.modified, identity: source.identity)
    let differs =
      (source.modified != nil && source.modified != base.modified) || (source.mode != nil && source.mode != base.mode)
    if differs, context.capabilities[side].updateMetadata {
      let receipt = try await setAttributes(of: source, at: operation.key, on: side, ifMatches: other.version)
      base[side] = SideState(
        version: receipt.version, modified: receipt.modified ?? other.modified, identity: receipt.identity ?? other.identity)
    }
    base.modified = source.modified ?? base.modified
    base.mode = source.mode ?? base.mode
    finish(operation, .metadata(on: side), [.set(base)], wrote: [side]) { $0.metadata += 1 }
    return true
  }

  /// A side that was only touched (its version is new, its bytes are those of the last sync) has not changed: then the other side's
  /// change simply crosses.
  func asOneSided(_ operation: Operation) async throws -> Operation? {
    guard let base = operation.base else { return nil }
    for side in PairSide.allCases {
      guard let entry = operation.entry(side), try await hasBytes(of: base, entry, on: side) else { continue }
      var crossing = operation
      crossing.kind = .transfer
      crossing.side = side
      return crossing
    }
    return nil
  }

  /// Gives an object the time and the permission bits of a file; what else is said of it stays.
  func setAttributes(
    of source: ObjectEntry, at key: ObjectKey, on side: PairSide, ifMatches version: ObjectVersion
  ) async throws -> WriteReceipt {
    var metadata = ObjectMetadata(modified: source.modified, mode: source.mode.map { $0 & 0o777 })
    if context.capabilities[side].userMetadata {
      let info = try await context.ends[side].stat(key)
      (metadata.contentType, metadata.user, metadata.headers) = (info.contentType, info.userMetadata, info.headers)
    }
    return try await context.ends[side].updateMetadata(metadata, of: key, ifMatches: version)
  }

  /// The entry with the time and the permission bits that only a look at the object shows.
  private func described(_ entry: ObjectEntry, on side: PairSide) async throws -> ObjectEntry {
    if entry.modified != nil || context.capabilities[side].modifiedPrecision == nil { return entry }
    let seen = try await context.ends[side].stat(entry.key).entry
    guard seen.version == entry.version else {
      throw StorageError(
        .preconditionFailed, store: context.ends[side].identity.displayName, key: entry.key, message: "it was changed meanwhile")
    }
    return seen
  }

  /// Both sides changed a file to the same bytes: each of time and permissions is taken from the side that changed it, and from the one
  /// with the newer time if both did. Where a path was never in step each side keeps what it says: nobody knows what was changed.
  /// - Returns: `agreed` with what the sides say of the file now.
  func mergingMetadata(of operation: Operation, _ agreed: BaseEntry) async throws -> BaseEntry {
    guard planner.direction == .twoWay, let base = operation.base, let left = operation.left, let right = operation.right else {
      return agreed
    }
    let entries = BothSides(left: try await described(left, on: .left), right: try await described(right, on: .right))
    let newer: PairSide =
      if let left = entries.left.modified, let right = entries.right.modified, right > left { .right } else { .left }
    func merged<Field: Equatable>(_ field: KeyPath<ObjectEntry, Field?>, before: (PairSide) -> Field?) -> Field? {
      let changed = PairSide.allCases.filter { side in entries[side][keyPath: field].map { $0 != before(side) } ?? false }
      return changed.count == 2 ? entries[newer][keyPath: field] : changed.first.flatMap { entries[$0][keyPath: field] }
    }
    let modified = merged(\.modified) { base[$0].modified ?? base.modified }
    let mode = merged(\.mode) { _ in base.mode }

    var agreed = agreed
    agreed.modified = modified ?? agreed.modified
    agreed.mode = mode ?? agreed.mode
    for side in PairSide.allCases where context.capabilities[side].updateMetadata {
      var wanted = entries[side]
      wanted.modified =
        modified.map { $0.truncated(toNanoseconds: context.capabilities[side].modifiedPrecision ?? 1) } ?? wanted.modified
      if context.capabilities[side].mode { wanted.mode = mode ?? wanted.mode }
      if wanted == entries[side] { continue }
      let receipt = try await setAttributes(of: wanted, at: operation.key, on: side, ifMatches: wanted.version)
      agreed[side] = SideState(
        version: receipt.version, modified: receipt.modified ?? wanted.modified, identity: receipt.identity ?? wanted.identity)
      context.recorder.note([], wrote: [side])
    }
    return agreed
  }
}
