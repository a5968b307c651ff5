import CSystem
import Glibc
import Primitives

/// What a commit does with a file that stands at the destination.
public enum CommitMode: Sendable, Hashable {
  /// It is replaced.
  case replace
  /// The commit fails with `.exists`.
  case ifAbsent
  /// It is replaced if it still is the expected one, else the commit fails with `.changed` and the file is left there.
  case ifUnchanged(expected: FileStatus)
}

/// How much is made durable before a commit returns.
public enum SyncPolicy: Sendable, Hashable {
  /// Nothing: the system writes it in its own time. After a power loss the file may be empty or old.
  case none
  /// The content before it gets its name: after a power loss there is the old file or the whole new one.
  case file
  /// The content before, and the name after: after a power loss there is the new file.
  case fileAndFolder
}

extension TemporaryFile {
  /// The steps of a commit, in the order in which they are done.
  enum CommitStep: Sendable, Equatable { case mode, syncFile, rename, exchange, compare, exchangeBack, removeOld, syncFolder }

  /// Gives the file its name, in one step; afterwards this object removes nothing.
  ///
  /// With `.ifUnchanged` the two files change places first and the displaced one is compared then (inode, size, modification time), so
  /// that nothing can come between look and change. If it is not the expected one, they change back. File systems that cannot
  /// exchange compare first and replace then, which leaves a short moment.
  ///
  /// - Returns: the status of the file under its name.
  /// - Throws: `FileError`: `.exists`, `.changed`, `.isDirectory`, `.symlinkInPath` if the folder was replaced by a link, `.noSpace`…
  ///   The destination is then as it was, except after a failing folder sync, where the file has its name but may lose it in a crash.
  @discardableResult
  public func commit(to path: [UInt8], mode: CommitMode, sync: SyncPolicy) throws -> FileStatus {
    try commit(to: path, mode: mode, sync: sync) { _ in }
  }

  /// `observe` is called just before each step.
  func commit(to path: [UInt8], mode: CommitMode, sync: SyncPolicy, observe: (CommitStep) throws -> Void) throws -> FileStatus {
    try state.locked {
      guard !isFinished else { throw FileError(.stale, errno: ESTALE, operation: .rename, path: path) }
      if let bits = modeToSet {
        try observe(.mode)
        try FileError.checkErrno(fchmod(descriptor.raw, mode_t(bits)), .setMode, path)
      } else if isResumable, let bits = usualMode {
        try observe(.mode)
        // A file system without modes refuses, and has nothing to set.
        _ = fchmod(descriptor.raw, bits)
      }
      if sync != .none {
        try observe(.syncFile)
        try descriptor.sync()
      }
      // Looked up anew, so that a folder that became a link since is refused.
      let checked = try RelativePath(path, .rename)
      let parent = try root.openParent(of: checked, flags: O_RDONLY | O_DIRECTORY, .rename, path)
      try checked.withName { (target) throws in
        try withCString(name[...]) { (temporary) throws in
          let ends = Ends(folder: folder.raw, temporary: temporary, targetFolder: parent.raw, target: target, path: path)
          switch mode {
          case .replace:
            try observe(.rename)
            try ends.rename(.replace)
          case .ifAbsent:
            try observe(.rename)
            try ends.rename(.ifAbsent)
          case .ifUnchanged(let expected):
            try replace(ends, expected: expected, observe)
          }
        }
      }
      isFinished = true
      if sync == .fileAndFolder {
        try observe(.syncFolder)
        try FileError.checkErrno(fsync(parent.raw), .sync, path)
      }
      return try descriptor.status()
    }
  }

  /// The two names of one commit, in their open folders.
  private struct Ends {
    let folder: Int32
    let temporary: UnsafePointer<CChar>
    let targetFolder: Int32
    let target: UnsafePointer<CChar>
    let path: [UInt8]

    func rename(_ mode: RenameMode) throws(FileError) {
      try renameEntry(from: (folder, temporary), to: (targetFolder, target), mode: mode, path: path)
    }

    func failure(of mode: RenameMode) -> FileError? {
      do { try rename(mode) } catch { return error }
      return nil
    }

    func statusOfTemporary() throws(FileError) -> FileStatus { try FileStatus(at: folder, temporary, path) }

    var changed: FileError { FileError(.changed, errno: ESTALE, operation: .rename, path: path) }
  }

  private func replace(_ ends: Ends, expected: FileStatus, _ observe: (CommitStep) throws -> Void) throws {
    try observe(.exchange)
    if let failure = ends.failure(of: .exchange) {
      if failure.code == .notFound { throw ends.changed }
      guard failure.errno == EINVAL || failure.errno == ENOSYS else { throw failure }
      return try replaceWithoutExchange(ends, expected: expected, observe)
    }
    try observe(.compare)
    let displaced = try? ends.statusOfTemporary()
    if let displaced, displaced.kind != .directory, displaced.isSameContent(as: expected) {
      try observe(.removeOld)
      _ = unlinkat(ends.folder, ends.temporary, 0)
      return
    }
    try observe(.exchangeBack)
    try putBack(ends)
    throw displaced?.kind == .directory ? FileError(errno: EISDIR, operation: .rename, path: ends.path) : ends.changed
  }

  /// Undoes the exchange. If somebody put a third file there in between, that one stays, and the displaced one is kept beside it
  /// under a name of its own, so that none of the three is lost but ours, which the caller still has the source of.
  private func putBack(_ ends: Ends) throws {
    let own = try descriptor.status()
    if let failure = ends.failure(of: .exchange) {
      // The destination was removed meanwhile: the displaced file is what belongs there, if nothing new has come.
      if failure.code == .notFound, ends.failure(of: .ifAbsent) == nil {
        isFinished = true
        throw ends.changed
      }
      try keepDisplaced(ends)
    }
    let left = try ends.statusOfTemporary()
    if left.inode == own.inode && left.device == own.device { return }
    // The third file is in our hands now; it goes back to where its writer put it.
    if ends.failure(of: .exchange) != nil { _ = ends.failure(of: .ifAbsent) }
    try keepDisplaced(ends)
  }

  private func keepDisplaced(_ ends: Ends) throws -> Never {
    isFinished = true  // What has the temporary name is not ours to remove.
    let targetName = ends.path[((ends.path.lastIndex(of: 0x2F) ?? -1) + 1)...]
    let saved = targetName.prefix(200) + Array(".isobar-saved-".utf8) + TemporaryFile.newName().suffix(16)
    let shown = DisplayText.escape(saved)
    try withCString(saved[...]) {
      try renameEntry(from: (ends.folder, ends.temporary), to: (ends.folder, $0), mode: .ifAbsent, path: ends.path)
    }
    throw FileError(
      .changed, errno: ESTALE, operation: .rename, path: ends.path,
      detail: "several programs replaced it at the same moment; one of its versions is kept beside it as \"\(shown)\"")
  }

  private func replaceWithoutExchange(_ ends: Ends, expected: FileStatus, _ observe: (CommitStep) throws -> Void) throws {
    try observe(.compare)
    guard let found = try? FileStatus(at: ends.targetFolder, ends.target, ends.path), found.isSameContent(as: expected) else {
      throw ends.changed
    }
    try observe(.rename)
    try ends.rename(.replace)
  }
}
