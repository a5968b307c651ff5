import Catalog
import ObjectStorage

/// Names that change while content stays.
extension PathWorker {
  /// Renames on one side what the other side renamed.
  /// - Returns: the new content that comes back, if `side` had edited it under its old name.
  func move(_ operation: Operation) async throws -> Operation? {
    let side = operation.side
    guard let old = operation.from, let source = operation.entry(side.other), var base = operation.base else {
      throw Impossible(operation)
    }
    try await context.look(before: .ifAbsent, at: operation.key, on: side)
    var receipt = try await context.ends[side].move(
      old.key, to: operation.key, CopyOptions(condition: .ifAbsent, sourceMatches: old.version))
    await SharedMaps(context: context, side: side).forget(old)
    if operation.carriesEdit {
      // Both sides know the new name now. What the state says of the edited side is older: if the run ends here, the edit is still one.
      base.key = operation.key
      base[side.other] = SideState(version: source.version, modified: source.modified, identity: source.identity)
      finish(operation, .moved(on: side, from: old.key), [.remove(old.key), .set(base)], wrote: [side]) { $0.moved += 1 }
      var entry = old
      entry.key = operation.key
      (entry.version, entry.identity) = (receipt.version, receipt.identity ?? old.identity)
      return Operation(
        .transfer, operation.key, on: side.other, left: side == .left ? entry : source, right: side == .left ? source : entry,
        base: base)
    }
    if let mode = source.mode, mode != base.mode {
      if context.capabilities[side].updateMetadata {
        receipt = try await setAttributes(of: source, at: operation.key, on: side, ifMatches: receipt.version)
      }
      base.mode = mode
    }
    base = renamed(base, to: operation.key, on: side, as: source, old, receipt)
    finish(operation, .moved(on: side, from: old.key), [.remove(old.key), .set(base)], wrote: [side]) { $0.moved += 1 }
    return nil
  }

  /// Renames on one side what the other side renamed all around: each comes to where another one was. What is at the first name waits
  /// in the trash until its new name is free, so that it can be found if the run ends in between.
  func exchange(_ operation: Operation) async throws {
    let side = operation.side
    let store = context.ends[side]
    let steps = operation.steps
    guard let last = steps.last, let first = last.from, first.key == operation.key else { throw Impossible(operation) }
    let waiting = try await context.trash.park(first, on: side, of: store, context.capabilities[side])
    for step in steps {
      guard let old = step.from, let source = step.entry(side.other), let base = step.base else { throw Impossible(step) }
      let isLast = old.key == first.key
      let receipt = try await store.move(
        isLast ? waiting.place : old.key, to: step.key,
        CopyOptions(condition: .ifAbsent, sourceMatches: isLast ? waiting.receipt.version : old.version))
      let moved = renamed(base, to: step.key, on: side, as: source, old, receipt)
      finish(step, .moved(on: side, from: old.key), [.set(moved)], wrote: [side]) { $0.moved += 1 }
    }
    try context.recorder.dropTrash(waiting.id)
  }

  /// What the state says of each name that takes part in a move.
  func names(of operation: Operation) -> [ObjectKey: BaseEntry?] {
    var names: [ObjectKey: BaseEntry?] = [:]
    for step in operation.steps { names[step.key] = .some(nil) }
    for step in operation.steps {
      guard let from = step.from else { continue }
      // The state that goes with a move has the new name.
      var base = step.base
      base?.key = from.key
      names[from.key] = .some(base)
    }
    return names
  }

  private func renamed(
    _ base: BaseEntry, to key: ObjectKey, on side: PairSide, as source: ObjectEntry, _ old: ObjectEntry, _ receipt: WriteReceipt
  ) -> BaseEntry {
    var base = base
    base.key = key
    base[side.other] = SideState(version: source.version, modified: source.modified, identity: source.identity)
    base[side] = SideState(
      version: receipt.version, modified: receipt.modified ?? old.modified, identity: receipt.identity ?? old.identity)
    return base
  }
}
