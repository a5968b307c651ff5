import Catalog
import ObjectStorage

/// Looks whether a plan would carry a scrambled tree across. Costs nothing while few files are replaced; else a few small reads.
struct ScrambleDetector {
  let plan: SyncPlan
  let ends: BothSides<any ObjectStore>
  let limit: ChangeGuard

  /// So many files are looked at, evenly spread over what was replaced.
  private static let samples = 24
  /// Fewer that can be judged are no evidence.
  private static let leastJudged = 8

  /// Why the plan must not be carried out; nil if it may.
  /// - Throws: `CancellationError`, and what reading the plan throws. A file that cannot be read is no evidence.
  func objection() async throws -> GuardStop? {
    for side in PairSide.allCases {
      // What arrives on this side was changed on the other.
      let most = plan.replacements[side] + min(plan.creations[side], plan.deletes[side])
      guard limit.isMass(most, of: plan.knownFiles) else { continue }
      let names = try deletedNames(side)
      var changed = 0
      try forEach(side, names) { _ in changed += 1 }
      guard limit.isMass(changed, of: plan.knownFiles) else { continue }
      if let stop = try await examine(side, names, changed) { return stop }
    }
    return nil
  }

  private func examine(_ side: PairSide, _ names: Set<Int>, _ changed: Int) async throws -> GuardStop? {
    var chosen: [Operation] = []
    let stride = max(1, changed / Self.samples)
    var number = 0
    try forEach(side, names) { operation in
      if number.isMultiple(of: stride), chosen.count < 2 * Self.samples { chosen.append(operation) }
      number += 1
    }
    var judged = 0
    var scrambled: [ObjectKey] = []
    for operation in chosen where judged < Self.samples {
      guard let entry = operation.entry(side.other), !entry.knowsContentSize || entry.size >= Int64(Randomness.least),
        let now = try await looksScrambled(entry, on: side.other)
      else { continue }
      judged += 1
      guard now else { continue }
      // What was as random before has not been scrambled: somebody keeps ciphered files here.
      if let old = try await old(of: operation, on: side), try await looksScrambled(old, on: side) == true { continue }
      scrambled.append(operation.key)
    }
    guard judged >= Self.leastJudged, scrambled.count * 4 >= judged * 3, let example = scrambled.first else { return nil }
    return GuardStop(.scrambled(side.other, changed: changed, known: plan.knownFiles, example: example))
  }

  /// What the file was before: on the side that still has it, under its name or the one without the new ending.
  private func old(of operation: Operation, on side: PairSide) async throws -> ObjectEntry? {
    if let entry = operation.entry(side) { return entry }
    guard let name = try? ObjectKey(Array(Self.stem(operation.key))) else { return nil }
    do { return try await ends[side].find(name)?.entry } catch let error as StorageError where error.code != .cancelled {
      return nil
    }
  }

  private func looksScrambled(_ entry: ObjectEntry, on side: PairSide) async throws -> Bool? {
    try Task.checkCancellation()
    do {
      let range = ByteRange(start: 0, end: Int64(Randomness.most))
      let bytes = try await ends[side].readBytes(
        entry.key, limit: Randomness.most, ReadOptions(range: range, ifMatches: entry.version))
      return Randomness.looksScrambled(bytes)
    } catch let error as StorageError where error.code != .cancelled {
      return nil
    }
  }

  // MARK: What was replaced

  /// Each file that another one replaces on `side`: under its own name, or under one that differs in the ending.
  private func forEach(_ side: PairSide, _ names: Set<Int>, _ body: (Operation) -> Void) throws {
    let transfers = try plan.operations(phase: Operation.Kind.transfer.phase)
    while let operation = try transfers.next() {
      guard operation.kind == .transfer, operation.side == side else { continue }
      if operation.isReplacement || (operation.isNew && names.contains(Self.stem(operation.key).hashValue)) { body(operation) }
    }
  }

  /// Hashes of the names that vanish on `side`, with and without their ending: numbers, because there may be millions.
  private func deletedNames(_ side: PairSide) throws -> Set<Int> {
    var names: Set<Int> = []
    if plan.creations[side] == 0 { return names }
    let deletes = try plan.operations(phase: Operation.Kind.delete.phase)
    while let operation = try deletes.next() {
      guard operation.kind == .delete, operation.side == side else { continue }
      names.insert(operation.key.bytes[...].hashValue)
      names.insert(Self.stem(operation.key).hashValue)
    }
    return names
  }

  /// A path without its last ending: `a/b.txt.locked` → `a/b.txt`.
  private static func stem(_ key: ObjectKey) -> ArraySlice<UInt8> {
    let name = key.name
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else { return key.bytes[...] }
    return key.bytes[..<dot]
  }
}

extension Operation {
  /// Whether it puts other content in the place of what both sides agreed on.
  var isReplacement: Bool { kind == .transfer && base != nil && entry(side) != nil }
}
