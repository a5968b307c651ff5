import Catalog
import Concurrency
import Crypto
import ObjectStorage
import Primitives

/// Carries out operations, one path at a time. What turns out to have changed since it was seen is looked at again and planned anew.
struct PathWorker: Sendable {
  let context: RunContext
  let planner: Planner

  /// What became of an operation.
  enum Outcome {
    case done
    /// Something that this run will still delete is in the way: once more after the deletes.
    case blocked
    case failed(any Error)
  }

  /// How often a path that keeps changing is planned anew.
  private static let replans = 3

  /// Carries out `operation`. Only cancellation is thrown; failures are outcomes.
  func perform(_ operation: Operation) async throws -> Outcome {
    var current = operation
    var tries = 0
    while true {
      do {
        guard let rest = try await TrashKeeper.$attempt.withValue(tries, operation: { try await carryOut(current) }) else {
          return .done
        }
        current = rest
      } catch is CancellationError {
        throw CancellationError()
      } catch let error as StorageError where error.code == .cancelled {
        throw CancellationError()
      } catch let error as StorageError where Self.meansChanged(error.code) {
        if error.code == .alreadyExists, tries < Self.replans, try await givesOtherName(current) {
          tries += 1
          continue
        }
        // What is planned anew is a file's content: a folder waits until what is in its way is gone, or for the next run.
        if current.key.isFolder { return error.code == .alreadyExists ? .blocked : .failed(error) }
        if tries == Self.replans { return error.code == .alreadyExists ? .blocked : .failed(error) }
        tries += 1
        do {
          if current.kind == .move {
            // Some of the renames may be done and noted. What follows decides by what was agreed on before them, and so must the next run
            // if it fails: a name that lacks its file now would else be one that somebody deleted.
            context.recorder.note(names(of: current).map { key, base in base.map { .set($0) } ?? .remove(key) })
            // The renames cannot be repeated any more: each name that takes part is a path like any other.
            for (key, base) in names(of: current) where key != current.key {
              if let next = try await replan(key, base: base) { try await carryOut(next) }
            }
          }
          guard
            let next = try await replan(
              current.key, base: current.kind == .move ? names(of: current)[current.key] ?? nil : current.base)
          else { return .done }
          current = next
        } catch is CancellationError {
          throw CancellationError()
        } catch {
          return .failed(error)
        }
      } catch {
        return .failed(error)
      }
    }
  }

  private static func meansChanged(_ code: StorageError.Code) -> Bool {
    [.preconditionFailed, .alreadyExists, .sourceChanged, .notFound].contains(code)
  }

  private func replan(_ key: ObjectKey, base: BaseEntry?) async throws -> Operation? {
    let left = try await context.ends.left.find(key)?.entry
    let right = try await context.ends.right.find(key)?.entry
    // What was found is newer than what the run made durable when it began: see `PairSync.run`.
    context.recorder.note([], wrote: PairSide.allCases)
    return planner.file(
      key, left: left.map(Observation.present) ?? .absent, right: right.map(Observation.present) ?? .absent, base: base)
  }

  /// - Returns: what is left to be done about the same path.
  @discardableResult
  private func carryOut(_ operation: Operation) async throws -> Operation? {
    try Task.checkCancellation()
    let operation = try await sized(operation)
    switch operation.kind {
    case .transfer where isLeftOut(operation):
      // Only now its size is known. "In step" is no longer known of it.
      finish(operation, .nothing, operation.base == nil ? [] : [.remove(operation.key)])
    case .move where !operation.partners.isEmpty: try await exchange(operation)
    case .move: return try await move(operation)
    case .createFolder: try await createFolder(operation)
    case .transfer: try await transfer(operation)
    case .compare: try await compare(operation)
    case .conflict: try await settleConflict(operation)
    case .verify: try await verify(operation)
    case .delete: try await delete(operation)
    case .deleteFolder: try await deleteFolder(operation)
    case .adoptFolder: finish(operation, .nothing, [.set(folderBase(operation.key))])
    case .forget: finish(operation, .nothing, [.remove(operation.key)])
    }
    return nil
  }

  /// The operation with the sizes that listings did not know.
  private func sized(_ operation: Operation) async throws -> Operation {
    var operation = operation
    switch operation.kind {
    case .transfer, .compare, .conflict, .verify, .move: break
    case .createFolder, .delete, .deleteFolder, .adoptFolder, .forget: return operation
    }
    if let left = operation.left { operation.left = try await context.ends.left.sized(left) }
    if let right = operation.right { operation.right = try await context.ends.right.sized(right) }
    if let from = operation.from { operation.from = try await context.ends[operation.side].sized(from) }
    return operation
  }

  private func isLeftOut(_ operation: Operation) -> Bool {
    guard let entry = operation.entry(operation.side.other) else { return false }
    return context.options.filter.excludesContent(entry)
  }

  func finish(
    _ operation: Operation, _ action: SyncAction, _ changes: [BaseChange], wrote: [PairSide] = [],
    _ count: (inout SyncSummary) -> Void = { _ in }
  ) {
    context.recorder.note(changes, result: action.result(operation), wrote: wrote, count)
    if action != .nothing { context.emit(.finished(operation.key, action)) }
  }

  private func folderBase(_ key: ObjectKey) -> BaseEntry { BaseEntry(key: key, size: 0, left: SideState(), right: SideState()) }

  // MARK: Content

  private func transfer(_ operation: Operation) async throws {
    guard let source = operation.entry(operation.side.other) else { throw Impossible(operation) }
    if try await onlyTouched(operation, source) { return }
    let replaced = operation.entry(operation.side)
    let sent = try await FileTransfer(context: context).send(
      source, to: operation.key, on: operation.side, replacing: replaced, keep: context.options.keepTrash ? .overwritten : nil,
      wasKnown: operation.base != nil)
    let base = try await keepingAncestor(sent.base, from: operation.side.other)
    finish(operation, .transferred(to: operation.side, bytes: sent.bytes), [.set(base)], wrote: [operation.side]) {
      $0.transferred += 1
      $0.bytes += sent.bytes
      $0.reused += sent.reused
    }
  }

  private func compare(_ operation: Operation) async throws {
    guard let left = operation.left, let right = operation.right else { throw Impossible(operation) }
    let (equal, hash) = try await Comparer(context: context).compare(left, right)
    guard equal else {
      if operation.key == Filter.storeKeys { throw DifferentKeys.error(on: context.ends.left) }
      if planner.direction == .twoWay { return try await settleConflict(operation) }
      var overwrite = operation
      overwrite.kind = .transfer
      overwrite.base = nil
      return try await transfer(overwrite)
    }
    let agreed = try await mergingMetadata(of: operation, BaseEntry(agreed: left, right, hash: hash))
    let base = try await keepingAncestor(agreed, from: .left)
    finish(operation, .adopted, [.set(base)]) { $0.adopted += 1 }
  }

  private func verify(_ operation: Operation) async throws {
    guard let left = operation.left, let right = operation.right, let base = operation.base else { throw Impossible(operation) }
    guard let known = base.hash, known.method.identifiesContent else { return try await compare(operation) }
    let comparer = Comparer(context: context)
    var edited: [PairSide] = []
    for side in PairSide.allCases where context.ends[side].identity.isLocal {
      if try await comparer.hash(side == .left ? left : right, on: side, by: known.method) != known { edited.append(side) }
    }
    guard let side = edited.first else { return }
    // Changed behind its size and times: an edit of that side, or of both.
    var change = operation
    change.base = nil
    if edited.count == 2 { return try await compare(change) }
    change.kind = .transfer
    change.side = planner.direction == .twoWay ? side.other : .right
    try await transfer(change)
  }

  private func settleConflict(_ operation: Operation) async throws {
    if let crossing = try await asOneSided(operation) { return try await transfer(crossing) }
    let policy = context.options.conflicts
    let result = try await ConflictResolver(context: context).settle(operation, by: policy)
    try context.recorder.addConflict(ConflictRecording.record(operation, result.outcome, policy, at: context.clock.now()))
    context.emit(.conflict(result.outcome))
    var changes: [BaseChange] = []
    for base in result.changes { changes.append(.set(try await keepingAncestor(base, from: .left))) }
    context.recorder.note(
      changes, result: result.outcome.result(bytes: result.bytes), wrote: PairSide.allCases
    ) {
      $0.conflicts += 1
      $0.bytes += result.bytes
      $0.transferred += result.changes.count
      if result.outcome.resolution == .waiting { $0.waiting += 1 }
    }
  }

  /// Keeps the text both sides now agree on, for a later three-way merge.
  /// - Returns: `base`, certainly with the hash by which the text is recognised as the one last agreed on.
  private func keepingAncestor(_ base: BaseEntry, from side: PairSide) async throws -> BaseEntry {
    let limit = min(context.options.ancestorLimit, PairCatalog.maximumAncestor)
    guard context.options.conflicts == .merge, limit > 0, base.size <= limit else { return base }
    let bytes = try await context.ends[side].readBytes(base.key, limit: limit, ReadOptions(ifMatches: base[side].version))
    if bytes.prefix(8192).contains(0) { return base }
    try context.recorder.setAncestor(of: base.key, bytes)
    var base = base
    if base.hash?.method.identifiesContent != true { base.hash = ContentHash(.sha256, SHA256.hash(bytes)) }
    return base
  }

  // MARK: Names

  private func delete(_ operation: Operation) async throws {
    let side = operation.side
    guard let entry = operation.entry(side) else { throw Impossible(operation) }
    // A listing may lag or lie; a delete is only carried across when a direct look confirms it.
    if let still = try await context.ends[side.other].find(operation.key) {
      throw StorageError(
        .preconditionFailed, store: context.ends[side.other].identity.displayName, key: still.entry.key,
        message: "it is there after all")
    }
    let store = context.ends[side]
    if context.options.keepTrash {
      try await context.trash.discard(entry, on: side, of: store, context.capabilities[side])
    } else {
      try await context.look(before: .ifMatches(entry.version), at: entry.key, on: side)
      for outcome in try await store.delete([DeleteTarget(entry.key, ifMatches: entry.version)]) {
        if let error = outcome.error { throw error }
      }
    }
    await SharedMaps(context: context, side: side).forget(entry)
    finish(operation, .deleted(on: side), [.remove(operation.key)], wrote: [side]) { $0.deleted += 1 }
  }

  private func createFolder(_ operation: Operation) async throws {
    do {
      _ = try await context.ends[operation.side].write(.empty, to: operation.key, WriteOptions())
    } catch let error as StorageError where error.code == .unsupported {
      // Some services drop markers: an empty folder is not kept there, and so not known to be in step.
      return finish(operation, .nothing, [])
    }
    finish(operation, .folderCreated(on: operation.side), [.set(folderBase(operation.key))], wrote: [operation.side]) {
      $0.folders += 1
    }
  }

  private func deleteFolder(_ operation: Operation) async throws {
    let side = operation.side
    for outcome in try await context.ends[side].delete([DeleteTarget(operation.key)]) {
      // Something stays in it (an ignored file, a failed path): then so does the folder.
      if outcome.error?.code == .notEmpty { return finish(operation, .nothing, []) }
      if let error = outcome.error { throw error }
    }
    finish(operation, .folderDeleted(on: side), [.remove(operation.key)], wrote: [side]) { $0.folders += 1 }
  }

  /// An operation without what its kind needs: a fault of the planner, reported like any other failure.
  struct Impossible: Error, CustomStringConvertible {
    let operation: Operation
    init(_ operation: Operation) { self.operation = operation }
    var description: String { "internal error: \(operation.kind) of \(operation.key) lacks what it needs" }
  }
}

extension BaseEntry {
  /// What both sides agree on that hold the same content.
  init(agreed left: ObjectEntry, _ right: ObjectEntry, hash: ContentHash?) {
    self.init(
      key: left.key, size: left.size, hash: hash, modified: left.modified ?? right.modified, mode: left.mode ?? right.mode,
      left: SideState(version: left.version, modified: left.modified, identity: left.identity),
      right: SideState(version: right.version, modified: right.modified, identity: right.identity))
  }
}
