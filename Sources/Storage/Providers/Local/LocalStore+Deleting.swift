import Concurrency
import Files
public import ObjectStorage
import Primitives

extension LocalStore {
  public func delete(_ targets: [DeleteTarget]) async throws -> [DeleteOutcome] {
    try Task.checkCancellation()
    if targets.count <= 16 { return targets.map(outcome) }
    return try await BlockingPool.shared.run { [self] in targets.map(outcome) }
  }

  private func outcome(_ target: DeleteTarget) -> DeleteOutcome {
    do {
      if target.key.isFolder { try removeFolder(target) } else { try removeFile(target) }
      return DeleteOutcome(key: target.key)
    } catch let error as StorageError {
      return DeleteOutcome(key: target.key, error: error)
    } catch {
      return DeleteOutcome(key: target.key, error: failure(.internalError, target.key, "\(error)"))
    }
  }

  private func removeFolder(_ target: DeleteTarget) throws {
    let key = target.key
    let path = place(key).path
    try changing(path) {
      guard let found = try mapping(key, { try root.status(path) }), found.kind != .file else { return }
      guard found.kind == .directory else { throw occupied(key, by: found.kind) }
      if let version = target.ifMatches, !FileVersion.matches(version, found) { throw changed(key) }
      do {
        try root.removeDirectory(path)
      } catch let error as FileError where error.code == .notFound {
        // Gone by itself.
      } catch let error as FileError where error.code == .notDirectory {
        throw changed(key)
      } catch {
        throw storageError(error, key)
      }
    }
  }

  private func removeFile(_ target: DeleteTarget) throws {
    let key = target.key
    let place = place(key)
    try changing(place.path) {
      guard let found = try mapping(key, { try root.status(place.path) }) else { return }
      noteDevice(found)
      guard found.kind == place.kind else {
        // A folder of this name is another key; anything else is none of ours.
        if found.kind == .directory || (found.kind == .file && place.kind == .symlink) { return }
        throw occupied(key, by: found.kind)
      }
      guard let version = target.ifMatches else {
        try removeNow(place.path, key)
        return
      }
      guard FileVersion.matches(version, found) else { throw changed(key) }
      try removeAfterLook(place.path, key, expected: found)
    }
  }

  private func removeNow(_ path: [UInt8], _ key: ObjectKey) throws {
    do {
      try root.remove(path)
    } catch let error as FileError where [.notFound, .isDirectory].contains(error.code) {
      // Gone by itself, or a folder by now.
    } catch {
      throw storageError(error, key)
    }
  }

  /// Moves the file aside and looks at what was moved: if somebody put another one there after the first look, that one goes back.
  private func removeAfterLook(_ path: [UInt8], _ key: ObjectKey, expected: FileStatus) throws {
    let aside = root.temporaryPath(beside: path)
    do {
      try root.rename(path, aside, mode: .ifAbsent)
    } catch let error as FileError where error.code == .notFound {
      return
    } catch {
      throw storageError(error, key)
    }
    let moved = try mapping(key) { try root.status(aside) }
    if let moved, moved.isSameContent(as: expected) {
      try mapping(key) { try root.remove(aside) }
      return
    }
    try putBack(aside, path, key)
    throw changed(key)
  }

  /// Gives what was moved aside its name again; under a name of its own if there is a new file by now, so that both are kept.
  func putBack(_ aside: [UInt8], _ path: [UInt8], _ key: ObjectKey) throws {
    do {
      try root.rename(aside, path, mode: .ifAbsent)
    } catch let error as FileError where error.code == .exists {
      let saved = path + Array(".isobar-saved-".utf8) + aside.suffix(16)
      try mapping(key) { try root.rename(aside, saved, mode: .ifAbsent) }
    } catch {
      throw storageError(error, key)
    }
  }
}
