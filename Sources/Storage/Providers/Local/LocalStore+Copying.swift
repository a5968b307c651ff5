import Files
import Glibc
public import ObjectStorage
import Primitives

extension LocalStore {
  public func copy(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    try requireSameSort(source, destination)
    if source.isFolder {
      let found = try existing(source)
      if let version = options.sourceMatches, !FileVersion.matches(version, found) { throw changed(source) }
      let metadata = options.metadata ?? ObjectMetadata(mode: found.mode)
      return try await write(.empty, to: destination, WriteOptions(condition: options.condition, metadata: metadata))
    }
    let object = try await payload(for: source, ifMatches: options.sourceMatches)
    let kept = ObjectMetadata(
      modified: object.info.entry.modified, mode: object.info.entry.mode, contentType: object.info.contentType,
      user: object.info.userMetadata)
    return try await write(
      object.payload, to: destination, WriteOptions(condition: options.condition, metadata: options.metadata ?? kept))
  }

  public func move(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    try Task.checkCancellation()
    try requireSameSort(source, destination)
    try requireVisible(destination)
    if destination.isBelow(source) { throw failure(.invalidArgument, source, "a folder cannot be moved into itself") }
    do {
      let receipt = try rename(source, destination, options)
      guard let metadata = options.metadata else { return receipt }
      return try await updateMetadata(metadata, of: destination, ifMatches: receipt.version)
    } catch let error as StorageError where (error.cause as? FileError)?.code == .otherDevice && !source.isFolder {
      // Another file system is mounted below the root.
      let version = try await stat(source).entry.version
      var options = options
      options.sourceMatches = options.sourceMatches ?? version
      let receipt = try await copy(source, to: destination, options)
      if let error = try await delete([DeleteTarget(source, ifMatches: version)]).first?.error { throw error }
      return receipt
    }
  }

  private func requireSameSort(_ source: ObjectKey, _ destination: ObjectKey) throws {
    guard source.isFolder == destination.isFolder, place(source).kind == place(destination).kind else {
      throw failure(.invalidArgument, source, "a file, a folder and a symbolic link cannot become one another")
    }
  }

  private func rename(_ source: ObjectKey, _ destination: ObjectKey, _ options: CopyOptions) throws -> WriteReceipt {
    let from = place(source).path
    let to = place(destination).path
    return try changing(from, to) {
      let seen = try existing(source)
      if let version = options.sourceMatches, !FileVersion.matches(version, seen) { throw changed(source) }
      guard try mapping(source, { try root.status(from) })?.inode == seen.inode else {
        throw failure(.unsupported, source, "a symbolic link is not moved in place of what it leads to")
      }
      if from == to { return receipt(seen) }
      try rename(from, to, seen, destination, options.condition)
      guard var moved = try mapping(destination, { try root.status(to) }) else { throw changed(source) }
      if moved.kind == .directory { return receipt(moved) }
      if options.sourceMatches != nil, !moved.isSameContent(as: seen) {
        // Somebody replaced the source after the look: back with it.
        try putBack(to, from, source)
        throw changed(source)
      }
      // As in `finish`: what others did to the file since the look must show in the next listing.
      (moved.size, moved.modified, moved.inode) = (seen.size, seen.modified, seen.inode)
      return receipt(moved)
    }
  }

  private func rename(
    _ from: [UInt8], _ to: [UInt8], _ seen: FileStatus, _ destination: ObjectKey, _ condition: WriteCondition
  ) throws {
    var attempts = 0
    while true {
      attempts += 1
      let existing = try mapping(destination) { try root.status(to) }
      if let existing, existing.kind != seen.kind { throw occupied(destination, by: existing.kind) }
      do {
        switch (condition, existing) {
        case (.ifAbsent, .some):
          throw failure(.alreadyExists, destination, "something of this name is there already")
        case (.ifMatches(let version), let existing?) where FileVersion.matches(version, existing):
          return try exchange(from, to, seen, existing, destination)
        case (.ifMatches, _): throw changed(destination)
        // Two names of one file: a rename between them does nothing.
        case (.always, let existing?) where existing.inode == seen.inode && existing.device == seen.device && seen.kind == .file:
          return try mapping(destination) { try root.remove(from) }
        case (.always, .some): return try mapping(destination) { try root.rename(from, to, mode: .replace) }
        case (_, nil): return try makingParents(of: to, destination) { try root.rename(from, to, mode: .ifAbsent) }
        }
      } catch let error as StorageError where error.code == .alreadyExists && condition == .always && attempts < 16 {
        // The same is found again unless another program was at work.
        if error.cause == nil { throw error }
      }
    }
  }

  /// Puts a file in the place of the expected one and removes that.
  private func exchange(
    _ from: [UInt8], _ to: [UInt8], _ seen: FileStatus, _ expected: FileStatus, _ key: ObjectKey
  ) throws {
    if seen.kind == .directory { return try mapping(key) { try root.rename(from, to, mode: .replace) } }
    if expected.inode == seen.inode && expected.device == seen.device { return try mapping(key) { try root.remove(from) } }
    do {
      try root.rename(from, to, mode: .exchange)
    } catch let error as FileError where error.errno == EINVAL || error.errno == ENOSYS {
      // The file system cannot exchange: the look just before is all there is.
      return try mapping(key) { try root.rename(from, to, mode: .replace) }
    } catch let error as FileError where error.code == .notFound {
      throw changed(key)
    } catch {
      throw storageError(error, key)
    }
    if let displaced = try mapping(key, { try root.status(from) }), displaced.isSameContent(as: expected) {
      return try mapping(key) { try root.remove(from) }
    }
    try mapping(key) { try root.rename(from, to, mode: .exchange) }
    throw changed(key)
  }
}
