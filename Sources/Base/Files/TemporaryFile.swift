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
  /// Whether it may lie there for days: nobody else can read it until it is committed, whatever it will be.
  let isResumable: Bool

  private static let prefix = Array(".isobar-tmp-".utf8)
  private static let digits = 16

  /// Whether a name (not a path) is one that temporary files get: walks and listings leave these out.
  public static func isTemporaryName(_ name: some Collection<UInt8>) -> Bool {
    name.count == prefix.count + digits && name.starts(with: prefix)
      && name.dropFirst(prefix.count).allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  /// The name that goes with an id; two ids may share one.
  private static func name(of id: [UInt8]) -> [UInt8] {
    // FNV-1a: what has the name says itself whose it is.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in id { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return prefix + Hex.encode(withUnsafeBytes(of: hash.bigEndian) { Array($0) }).utf8
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
    (self.root, folder, self.name, descriptor, modeToSet, isResumable) = (root, parent, name, file, replaced, false)
    // Small files find out about a full disk soon enough by themselves.
    if size >= 1 << 20 { try reserve(size) }
  }

  /// Opens the one that was kept for `id`, or starts one that can be kept; nil where another has that name, or works on it.
  init?(in root: ConfinedDirectory, beside path: [UInt8], resumable id: [UInt8], mark: [UInt8]) throws {
    let checked = try RelativePath(path, .open)
    let parent = SharedDescriptor(
      try root.openParent(of: checked, flags: O_RDONLY | O_DIRECTORY, .open, path), path: path)
    let existing = try? checked.withName { name in try FileStatus(at: parent.raw, name, path) }
    let replaced = existing.flatMap { $0.kind == .file ? $0.mode & 0o7777 : nil }
    let name = TemporaryFile.name(of: id)
    func open(_ flags: Int32) -> Int32 {
      withCString(name[...]) { openat(parent.raw, $0, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | flags, 0o600) }
    }
    var number = open(O_CREAT | O_EXCL)
    let isNew = number >= 0
    if !isNew { number = open(0) }
    guard number >= 0 else { return nil }
    let file = SharedDescriptor(Descriptor(owning: number), path: path)
    // One writer at a time; the lock ends with the process, however that happens.
    guard csys_lock(file.raw) == 0 else { return nil }
    if isNew {
      do { try file.setAttribute(name: mark, value: id) } catch {
        _ = withCString(name[...]) { unlinkat(parent.raw, $0, 0) }
        return nil
      }
    } else {
      // What was locked may have got its final name, or been removed, a moment ago.
      let named = try? withCString(name[...]) { try FileStatus(at: parent.raw, $0, path) }
      let status = try file.status()
      guard status.kind == .file, status.links == 1, let named, named.inode == status.inode, named.device == status.device,
        try file.attribute(name: mark) == id
      else { return nil }
      // Builds before this one left what everybody could read.
      if status.mode & 0o077 != 0 { _ = fchmod(file.raw, 0o600) }
    }
    (self.root, folder, self.name, descriptor, modeToSet, isResumable) = (root, parent, name, file, replaced, true)
  }

  /// Reserves the space of `size` bytes, so that a full disk is found before the transfer. What was reserved ends with `truncate`.
  /// - Throws: `FileError` (`.noSpace`…) where there is not enough; nothing on file systems that cannot reserve.
  public func reserve(_ size: Int64) throws {
    let result = csys_reserve(descriptor.raw, 0, size)
    if result == -ENOSPC || result == -EDQUOT || result == -EFBIG {
      throw FileError(errno: -result, operation: .reserve, path: descriptor.path)
    }
  }

  /// The mode that a new file gets here where nobody asks for one: by the umask, or by what the folder says.
  var usualMode: mode_t? {
    // The umask can only be read by changing it, for all threads.
    let name = TemporaryFile.newName()
    return withCString(name[...]) { name in
      let number = openat(folder.raw, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
      guard number >= 0 else { return nil }
      close(number)
      defer { _ = unlinkat(folder.raw, name, 0) }
      return (try? FileStatus(at: folder.raw, name, descriptor.path)).map { mode_t($0.mode & 0o7777) }
    }
  }

  /// Leaves the file where it is, for `ConfinedDirectory.resumableFile` to find.
  public func keep() {
    state.locked {
      isFinished = true
      csys_unlock(descriptor.raw)
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

  /// A file under construction that outlives its process: opens the one that was kept for `id`, or starts one that can be.
  /// - Parameters:
  ///   - id: names the content and the destination.
  ///   - mark: the extended attribute in which the file carries its id.
  /// - Returns: nil where that is not possible: no attributes, or somebody else at work on it.
  public func resumableFile(beside path: [UInt8], id: [UInt8], mark: [UInt8]) throws -> TemporaryFile? {
    try TemporaryFile(in: self, beside: path, resumable: id, mark: mark)
  }

  /// Removes temporary files that a crash left behind, below `folder` (all of the root if empty).
  /// - Parameters:
  ///   - age: files changed less than this before `now` are left alone: another process may be writing them.
  ///   - kept: the age from which those with this attribute go, which somebody may go on with.
  /// - Returns: the number of files removed; those that could not be are passed over.
  @discardableResult
  public func removeStaleTemporaries(
    below folder: [UInt8] = [], olderThan age: Duration, kept: (mark: [UInt8], age: Duration)? = nil, now: Timestamp
  ) throws -> Int {
    let walk = TreeWalk(root: self, start: folder, options: WalkOptions(), temporaries: .only)
    var removed = 0
    while true {
      let entries = try walk.next(max: 256)
      if entries.isEmpty { return removed }
      for entry in entries where entry.status.kind == .file && entry.problem == nil && entry.status.changed < now - age {
        if let kept, entry.status.changed >= now - kept.age, (try? getAttribute(entry.path, name: kept.mark)) ?? nil != nil {
          continue
        }
        if (try? remove(entry.path)) != nil { removed += 1 }
      }
    }
  }
}
