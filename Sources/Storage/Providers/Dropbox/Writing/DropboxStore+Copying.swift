import Crypto
import Markup
public import ObjectStorage
import Primitives

extension DropboxStore {
  /// Copies inside the service where nothing is at the destination. What is there can only be replaced by sending the bytes, and a time
  /// can only be given with them: then they pass through here.
  public func copy(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    let found = try await unchanged(source, to: destination, options)
    if source == destination, options.metadata == nil { return found.receipt() }
    if source.isFolder { return try await write(.empty, to: destination, WriteOptions(condition: options.condition)) }
    if !changesTime(of: found, options), let copy = try await relocate(.copy, source, destination, options) {
      if copy.contentHash == found.contentHash { return copy.receipt() }
      // Another state than the one that was looked at.
      _ = try await delete([DeleteTarget(destination, ifMatches: copy.version)])
      throw error(.preconditionFailed, source, "it changed meanwhile")
    }
    return try await transfer(found, source, to: destination, options)
  }

  /// Moves in one step where nothing is at the destination; else the bytes pass through here, and then the source is deleted.
  public func move(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    let found = try await unchanged(source, to: destination, options)
    if source == destination { return found.receipt() }
    let receipt: WriteReceipt
    if source.isFolder {
      receipt = try await write(.empty, to: destination, WriteOptions(condition: options.condition))
    } else if !changesTime(of: found, options),
      let moved = try await rename(found, source, destination, options)
    {
      return moved.receipt()
    } else {
      receipt = try await transfer(found, source, to: destination, options)
    }
    // Only what was copied goes: a change in between stays where it is, and the copy beside it.
    let target = DeleteTarget(source, ifMatches: source.isFolder ? nil : found.version)
    if let error = try await delete([target]).first?.error { throw error }
    return receipt
  }

  private func unchanged(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> FileResource {
    try checkName(destination)
    guard source.isFolder == destination.isFolder else {
      throw error(.invalidArgument, destination, "a folder does not become a file, nor a file a folder")
    }
    let found = try await describe(source)
    if let version = options.sourceMatches, found.version != version {
      throw error(.preconditionFailed, source, "it changed meanwhile")
    }
    return found
  }

  private func changesTime(of found: FileResource, _ options: CopyOptions) -> Bool {
    guard let modified = options.metadata?.modified else { return false }
    return modified.truncated(toNanoseconds: 1_000_000_000) != found.clientModified
  }

  /// Copies or moves inside the service: each file by itself, and for a while together with others once they stood in each other's way.
  /// - Returns: nil where something that may be replaced is at the destination.
  private func relocate(
    _ kind: Relocation.Kind, _ source: ObjectKey, _ destination: ObjectKey, _ options: CopyOptions
  ) async throws -> FileResource? {
    if case .ifMatches = options.condition { return nil }
    let relocation = Relocation(
      source: path(source), destination: path(destination), key: destination, condition: options.condition)
    do {
      if !crowd.isThere {
        do { return try await relocation.alone(kind, client, waits: false) } catch let error as StorageError
          where (error.cause as? ServiceError)?.isContention ?? false
        { crowd.note() }
      }
      return try await (kind == .copy ? copies : moves).submit(relocation)
    } catch let error as StorageError where error.code == .preconditionFailed && options.condition == .always { return nil }
  }

  private func rename(
    _ found: FileResource, _ source: ObjectKey, _ destination: ObjectKey, _ options: CopyOptions
  ) async throws -> FileResource? {
    let moved: FileResource?
    do {
      moved = try await relocate(.move, source, destination, options)
    } catch let error as StorageError where error.code == .alreadyExists || error.code == .invalidArgument {
      // The service does not rename in case alone: there the destination is the source.
      guard let there = try await lookUp(destination), there.id == found.id else { throw error }
      // Spelled so already: an earlier attempt whose answer was lost.
      return there.name.elementsEqual(destination.name) ? there : try await respell(source, destination)
    }
    // It says no, or yes and changes nothing.
    let isOther = moved.map { !$0.name.elementsEqual(destination.name) } ?? true
    if isOther, try await lookUp(destination)?.id == found.id { return try await respell(source, destination) }
    guard let moved, moved.contentHash != found.contentHash else { return moved }
    // Another state than the one that was looked at.
    await moveBack(destination, to: source)
    throw error(.preconditionFailed, source, "it changed meanwhile")
  }

  /// Gives a file another spelling, by way of a third name beside it: what is moved out of a shared folder is taken from its other
  /// members, and what a killed run leaves must be seen.
  private func respell(_ source: ObjectKey, _ destination: ObjectKey) async throws -> FileResource? {
    let aside = ObjectKey(
      trusted: (destination.parent?.bytes ?? []) + Array(".isobar-rename-\(Hex.encode(Random.bytes(8)))".utf8))
    let options = CopyOptions(condition: .ifAbsent)
    var mayBeAside = false
    do {
      _ = try await relocate(.move, source, aside, options)
      mayBeAside = true
      return try await relocate(.move, aside, destination, options)
    } catch {
      // Either move may have happened without an answer.
      if mayBeAside || (error as? StorageError)?.mayHaveHappened ?? true { await moveBack(aside, to: source) }
      throw error
    }
  }

  /// Undoes a move that may have happened, or may be happening still: where there is nothing to move back, looks again a little later.
  /// Beside the caller's task, which may be cancelled.
  private func moveBack(_ moved: ObjectKey, to source: ObjectKey) async {
    await Task {
      for attempt in 0..<3 {
        do {
          _ = try await relocate(.move, moved, source, CopyOptions(condition: .ifAbsent))
          return
        } catch let error as StorageError where error.retry == .never && error.code != .notFound {
          return
        } catch { try? await Contention.pause(attempt, client.timer) }
      }
    }.value
  }

  private func transfer(
    _ found: FileResource, _ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions
  ) async throws -> WriteReceipt {
    let object = try await payload(for: source, ifMatches: found.version)
    let metadata = options.metadata ?? ObjectMetadata(modified: found.clientModified)
    return try await write(object.payload, to: destination, WriteOptions(condition: options.condition, metadata: metadata))
  }
}
