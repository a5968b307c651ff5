import CSystem
import Glibc
public import Primitives

/// A file under construction: hidden beside its destination, on the same file system, until `commit` gives it its name in one step.
///
/// What is not committed is removed when this object goes away; after a crash `ConfinedDirectory.removeStaleTemporaries` does it.
/// Everyone else sees the old file or the whole new one, never a part. Used by one caller at a time.
public final class TemporaryFile: Sendable {
  /// The open file, for reading and writing.
  public let descriptor: SharedDescriptor
  let root: ConfinedDirectory
  /// The folder that the temporary name is in, held open: it is removed there even if that folder was moved.
  let folder: SharedDescriptor
  let name: [UInt8]
  let state = Monitor()
  /// Guarded by `state`.
  nonisolated(unsafe) var isFinished = false
  /// The mode to give the file when it is committed. Guarded by `state`.
  nonisolated(unsafe) private(set) var modeToSet: UInt16?

  private static let prefix = Array(".isobar-tmp-".utf8)
  private static let digits = 16

  /// Whether a name (not a path) is one that temporary files get: walks and listings leave these out.
  public static func isTemporaryName(_ name: some Collection<UInt8>) -> Bool {
    name.count == prefix.count + digits && name.starts(with: prefix)
      && name.dropFirst(prefix.count).allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  static func newName() -> [UInt8] {
    prefix + Hex.encode(withUnsafeBytes(of: UInt64.random(in: 0...UInt64.max)) { Array($0) }).utf8
  }

  init(in root: ConfinedDirectory, beside path: [UInt8], size: Int64) throws {
    let checked = try RelativePath(path, .open)
    let parent = SharedDescriptor(
      try root.openParent(of: checked, flags: O_RDONLY | O_DIRECTORY, .open, path), path: path)
    let existing = try? checked.withName { name in try FileStatus(at: parent.raw, name, path) }
    // What replaces a private file is never readable by more people than that, not even on the way.
    let replaced = existing.flatMap { $0.kind == .file ? $0.mode & 0o7777 : nil }
    var name: [UInt8]
    var number: Int32
    repeat {
      name = TemporaryFile.newName()
      number = withCString(name[...]) {
        openat(parent.raw, $0, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, replaced == nil ? 0o666 : 0o600)
      }
    } while number < 0 && errno == EEXIST
    let file = SharedDescriptor(Descriptor(owning: try FileError.checkErrno(number, .open, path)), path: path)
    (self.root, folder, self.name, descriptor, modeToSet) = (root, parent, name, file, replaced)
    // Small files find out about a full disk soon enough by themselves.
    if size >= 1 << 20 {
      let result = csys_reserve(file.raw, 0, size)
      if result == -ENOSPC || result == -EDQUOT || result == -EFBIG {
        throw FileError(errno: -result, operation: .reserve, path: path)
      }
    }
  }

  deinit { discard() }

  /// Removes the file unless it was committed. Errors are not reported: a leftover is found by its name later.
  public func discard() {
    state.locked {
      if !isFinished { _ = withCString(name[...]) { unlinkat(folder.raw, $0, 0) } }
      isFinished = true
    }
  }

  /// Writes all of `bytes` at `offset`.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws { try descriptor.write(bytes, at: offset) }

  /// Sets the modification time; do it after the last write.
  public func setTimes(modified: Timestamp) throws {
    let result = csys_set_modified(descriptor.raw, "", modified.seconds, modified.nanoseconds)
    try FileError.check(result, .setTimes, descriptor.path)
  }

  /// Sets the permission bits (07777) that the file will have. Without this call it gets those of the file it replaces, or those
  /// that the umask leaves of 0666.
  public func setMode(_ mode: UInt16) { state.locked { modeToSet = mode & 0o7777 } }

  /// Sets an extended attribute; see `ConfinedDirectory.setAttribute`.
  public func setAttribute(name: [UInt8], value: [UInt8]) throws {
    try writeAttribute(of: descriptor.raw, name: name, value: value, path: descriptor.path)
  }

  /// Sets the length, adding zeros or cutting.
  public func truncate(to size: Int64) throws {
    try FileError.checkErrno(ftruncate(descriptor.raw, off_t(size)), .truncate, descriptor.path)
  }
}

extension ConfinedDirectory {
  /// Starts a file that will stand at `path`, or near it: a hidden one in the same folder.
  /// - Parameter size: if known, the space is reserved, so that a full disk is found before the transfer (`.noSpace`).
  public func temporaryFile(beside path: [UInt8], size: Int64 = 0) throws -> TemporaryFile {
    try TemporaryFile(in: self, beside: path, size: size)
  }

  /// Removes temporary files that a crash left behind, below `folder` (all of the root if empty).
  /// - Parameters:
  ///   - age: files changed less than this before `now` are left alone: another process may be writing them.
  /// - Returns: the number of files removed; those that could not be are passed over.
  @discardableResult
  public func removeStaleTemporaries(below folder: [UInt8] = [], olderThan age: Duration, now: Timestamp) throws -> Int {
    let walk = TreeWalk(root: self, start: folder, options: WalkOptions(), temporaries: .only)
    var removed = 0
    while true {
      let entries = try walk.next(max: 256)
      if entries.isEmpty { return removed }
      for entry in entries where entry.status.kind == .file && entry.problem == nil && entry.status.changed < now - age {
        if (try? remove(entry.path)) != nil { removed += 1 }
      }
    }
  }
}
