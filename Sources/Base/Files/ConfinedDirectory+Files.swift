import CSystem
import Glibc
public import Primitives

extension ConfinedDirectory {
  /// Opens a file for reading, without changing its access time where that is allowed.
  ///
  /// Never hangs: a FIFO, socket or device is refused with `.notRegular`, a folder with `.isDirectory`.
  public func openForReading(_ path: [UInt8], links: LinkFollowing = .refuse) throws -> SharedDescriptor {
    try openWithStatus(path, links: links).file
  }

  /// As `openForReading`, with the file's status at that moment.
  public func openWithStatus(
    _ path: [UInt8], links: LinkFollowing = .refuse
  ) throws -> (file: SharedDescriptor, status: FileStatus) {
    let file = try openWithoutAccessTime(path, links)
    let status = try file.status()
    switch status.kind {
    case .file: return (file, status)
    case .directory: throw FileError(errno: EISDIR, operation: .open, path: path)
    default: throw FileError(.notRegular, errno: ENXIO, operation: .open, path: path)
    }
  }

  private func openWithoutAccessTime(_ path: [UInt8], _ links: LinkFollowing) throws -> SharedDescriptor {
    let checked = try RelativePath(path, .open)
    let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY
    do {
      return SharedDescriptor(
        try openBeneath(checked, flags: flags | csys_o_noatime(), links: links, .open, path), path: path)
    } catch  where error.errno == EPERM {
      // Only a file's owner may leave its access time alone.
      return SharedDescriptor(try openBeneath(checked, flags: flags, links: links, .open, path), path: path)
    }
  }

  /// Gives a file another path, both below this folder.
  public func rename(_ source: [UInt8], _ destination: [UInt8], mode: RenameMode) throws {
    try inParent(of: source, .rename) { fromFolder, fromName in
      try inParent(of: destination, .rename) { toFolder, toName in
        try renameEntry(from: (fromFolder, fromName), to: (toFolder, toName), mode: mode, path: destination)
      }
    }
  }

  /// Removes a file, link or other entry that is not a folder.
  public func remove(_ path: [UInt8]) throws {
    try inParent(of: path, .remove) { folder, name in try FileError.checkErrno(unlinkat(folder, name, 0), .remove, path) }
  }

  /// Removes a folder if it is empty; `.notEmpty` otherwise.
  public func removeDirectory(_ path: [UInt8]) throws {
    try inParent(of: path, .remove) { folder, name in
      try FileError.checkErrno(unlinkat(folder, name, 0x200), .remove, path)  // AT_REMOVEDIR, which Glibc's module lacks
    }
  }

  /// Makes the names in the folder that holds `path` durable (the second half of a durable write or rename).
  public func syncDirectory(of path: [UInt8]) throws {
    let checked = try RelativePath(path, .sync)
    let parent = try openParent(of: checked, flags: O_RDONLY | O_DIRECTORY, .sync, path)
    try FileError.checkErrno(fsync(parent.raw), .sync, path)
  }

  /// Sets the modification time, of a link itself and not of its target; the access time stays.
  public func setTimes(_ path: [UInt8], modified: Timestamp) throws {
    try inParent(of: path, .setTimes) { folder, name in
      try FileError.check(csys_set_modified(folder, name, modified.seconds, modified.nanoseconds), .setTimes, path)
    }
  }

  /// Sets the permission bits (07777) of a file or folder; a link has none (`.symlinkInPath`).
  public func setMode(_ path: [UInt8], mode: UInt16) throws {
    let file = try openForStatus(path, .setMode)
    try FileError.check(csys_set_mode(file.raw, UInt32(mode & 0o7777)), .setMode, path)
  }

  /// Opens only a handle, so that nothing happens to FIFOs and devices and no read permission is needed.
  func openForStatus(_ path: [UInt8], _ operation: FileError.Operation) throws -> Descriptor {
    let file = try openBeneath(RelativePath(path, operation), flags: csys_o_path() | O_NOFOLLOW, operation, path)
    guard try FileStatus(at: file.raw, "", path).kind != .symlink else {
      throw FileError(errno: ELOOP, operation: operation, path: path)
    }
    return file
  }
}

/// What a rename does if the destination exists.
public enum RenameMode: Sendable, Hashable {
  /// It is replaced, in one step.
  case replace
  /// The rename fails with `.exists`.
  case ifAbsent
  /// The two change places, in one step; both must exist.
  case exchange
}

/// One rename between open folders; `.ifAbsent` is made from a hard link where the file system has no better.
func renameEntry(
  from: (folder: Int32, name: UnsafePointer<CChar>), to: (folder: Int32, name: UnsafePointer<CChar>), mode: RenameMode,
  path: [UInt8]
) throws(FileError) {
  let how =
    switch mode {
    case .replace: csys_rename_replace
    case .ifAbsent: csys_rename_if_absent
    case .exchange: csys_rename_exchange
    }
  let result = csys_rename(from.folder, from.name, to.folder, to.name, Int32(how))
  if mode == .ifAbsent, result == -EINVAL || result == -ENOSYS {
    try FileError.checkErrno(linkat(from.folder, from.name, to.folder, to.name, 0), .rename, path)
    try FileError.checkErrno(unlinkat(from.folder, from.name, 0), .rename, path)
    return
  }
  try FileError.check(result, .rename, path)
}
