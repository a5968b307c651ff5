import Concurrency
import Files
import Glibc
public import ObjectStorage
import Primitives

extension LocalStore {
  public func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    try Task.checkCancellation()
    try requireVisible(key)
    if key.isFolder {
      guard payload.length == 0 else { throw failure(.invalidArgument, key, "a folder has no content") }
      return try makeFolder(key, options)
    }
    let source = try payload.makeSource()
    if case .link(let path) = place(key) {
      let link = try LocalLinkWrite(self, key, path, length: payload.length, options)
      try await pump(source, to: link.sink, key, length: payload.length)
      try payload.verifyUnchanged()
      return try await link.commit(metadata: nil)
    }
    let write = try LocalWrite(self, key, place(key).path, length: payload.length, options)
    do {
      var written = payload.length
      if let local = source as? LocalSource {
        written = try await copy(local.file, local.range, to: write.temporary.descriptor, key)
      } else {
        try await pump(source, to: write.sink, key, length: payload.length)
      }
      return try await write.commit(metadata: nil, length: written, verify: payload.verifyUnchanged)
    } catch {
      await write.abort()
      throw error
    }
  }

  public func openWrite(_ key: ObjectKey, length: Int64?, _ options: WriteOptions) async throws -> any DirectWrite {
    try Task.checkCancellation()
    try requireVisible(key)
    try requireFile(key, "written with content")
    guard length.map({ $0 >= 0 }) ?? true else { throw failure(.invalidArgument, key, "a length is not negative") }
    if case .link(let path) = place(key) { return try LocalLinkWrite(self, key, path, length: length, options) }
    let path = place(key).path
    if let write = try await LocalWrite.resuming(self, key, path, length: length, options) { return write }
    return try LocalWrite(self, key, path, length: length, options)
  }

  private func pump(_ source: any ByteSource, to sink: any ByteSink, _ key: ObjectKey, length: Int64) async throws {
    try await Pump(from: source, to: sink, length: length).run { moved in
      failure(.sourceChanged, key, retry: .later, "the source gave \(moved) bytes where \(length) were announced")
    }
  }

  /// Copies inside the kernel, a stretch at a time; on some file systems the blocks are shared and nothing is copied at all.
  func copy(_ source: SharedDescriptor, _ range: Range<Int64>, to file: SharedDescriptor, _ key: ObjectKey) async throws -> Int64 {
    let length = range.upperBound - range.lowerBound
    if length <= 64 << 10 { return try mapping(key) { try file.copy(from: source, range: range, to: 0) } }
    var done: Int64 = 0
    while done < length {
      try Task.checkCancellation()
      let from = range.lowerBound + done
      let stretch = from..<min(from + 64 << 20, range.upperBound)
      let offset = done
      let count = try await BlockingPool.shared.run { [self] in
        try mapping(key) { try file.copy(from: source, range: stretch, to: offset) }
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Gives a hidden file its metadata and then, under the write's condition, its name.
  func finish(_ temporary: TemporaryFile, _ key: ObjectKey, _ path: [UInt8], _ options: WriteOptions) throws -> WriteReceipt {
    let metadata = options.metadata
    if self.options.preserveMode, let mode = metadata.mode { temporary.setMode(mode) }
    try mapping(key) {
      try setAttributes(metadata, of: temporary.descriptor, key, isNew: true)
      // Always set, also where none was asked for: see FileVersion.
      try temporary.setTimes(modified: metadata.modified ?? self.options.clock.now())
    }
    var status = try mapping(key) { try temporary.descriptor.status() }
    let sync: SyncPolicy = self.options.durability == .everyWrite ? .fileAndFolder : .none
    let named = try changing(path) {
      try replace(key, path, options) { mode in
        try makingParents(of: path, key) { try temporary.commit(to: path, mode: mode, sync: sync) }
      }
    }
    // Size and modification time as they were before anybody else could see the file: if somebody has edited it already, the next
    // listing says something else than this receipt.
    status.changed = named.changed
    return receipt(status)
  }

  func receipt(_ status: FileStatus) -> WriteReceipt {
    noteDevice(status)
    if status.kind == .directory {
      return WriteReceipt(version: FileVersion.folder(status), size: 0, identity: FileVersion.identity(status))
    }
    return WriteReceipt(
      version: FileVersion(looked: options.clock.now()).version(status), size: status.size, modified: status.modified,
      identity: FileVersion.identity(status))
  }

  /// Runs `commit` in the mode that the condition and what stands there ask for. Call it inside `changing`.
  private func replace(
    _ key: ObjectKey, _ path: [UInt8], _ options: WriteOptions, commit: (CommitMode) throws -> FileStatus
  ) throws -> FileStatus {
    var attempts = 0
    while true {
      attempts += 1
      let existing = try mapping(key) { try root.status(path) }
      if let existing, existing.kind != .file {
        if case .ifMatches = options.condition { throw changed(key) }
        throw occupied(key, by: existing.kind)
      }
      do {
        switch (options.condition, existing) {
        case (.ifAbsent, nil): return try commit(.ifAbsent)
        case (.ifAbsent, .some): throw failure(.alreadyExists, key, "a file is there already")
        case (.ifMatches(let version), let existing?) where FileVersion.matches(version, existing):
          return try keeping(existing, key, path, as: options.keepReplacedAs) { try commit(.ifUnchanged(expected: existing)) }
        case (.ifMatches, _): throw changed(key)
        case (.always, nil): return try commit(.ifAbsent)
        case (.always, let existing?):
          guard let aside = options.keepReplacedAs else { return try commit(.replace) }
          return try keeping(existing, key, path, as: aside) { try commit(.ifUnchanged(expected: existing)) }
        }
      } catch let error as StorageError
        where options.condition == .always && attempts < 16 && [.alreadyExists, .preconditionFailed].contains(error.code)
        && error.cause is FileError
      {
        // Another program came or went between the look and the step: look again.
        continue
      }
    }
  }

  /// Runs `replace` with what it replaces kept under another key: by a second name for it, made before, so that at no moment either
  /// key is missing or, after a crash, the old content is only in a hidden file.
  private func keeping(
    _ existing: FileStatus, _ key: ObjectKey, _ path: [UInt8], as aside: ObjectKey?, _ replace: () throws -> FileStatus
  ) throws -> FileStatus {
    guard let aside else { return try replace() }
    try requireFile(aside, "a place for a file")
    if aside == key { throw failure(.invalidArgument, key, "what is replaced cannot be kept under its own name") }
    let asidePath = place(aside).path
    try linkOrCopy(existing, key, path, to: asidePath)
    do {
      return try replace()
    } catch {
      // Only if nothing was replaced: a sync that fails after the step must not cost the old content.
      let isLeft = (error as? StorageError)?.code == .preconditionFailed || (try? root.status(path))??.inode == existing.inode
      if isLeft { try? root.remove(asidePath) }
      throw error
    }
  }

  private func linkOrCopy(_ existing: FileStatus, _ key: ObjectKey, _ path: [UInt8], to asidePath: [UInt8]) throws {
    if let old = try mapping(key, { try root.status(asidePath) }) {
      if old.kind != .file { throw occupied(key, by: old.kind) }
      try mapping(key) { try root.remove(asidePath) }
    }
    do {
      try makingParents(of: asidePath, key) { try root.hardLink(path, asidePath) }
      let linked = try mapping(key) { try root.status(asidePath) }
      if linked?.inode != existing.inode {
        try? root.remove(asidePath)
        throw replacedMeanwhile(key)
      }
    } catch let error as StorageError where error.code == .permissionDenied || error.code == .unsupported {
      // No hard links here (FAT, a file of another user, another file system mounted for the trash).
      try mapping(key) {
        let file = try root.openForReading(path)
        let status = try file.status()
        guard status.isSameContent(as: existing) else { throw replacedMeanwhile(key) }
        let copy = try root.temporaryFile(beside: asidePath, size: status.size)
        let copied = try copy.descriptor.copy(from: file, range: 0..<status.size, to: 0)
        guard copied == status.size else { throw replacedMeanwhile(key) }
        copy.setMode(status.mode)
        try copy.setTimes(modified: status.modified)
        try copy.commit(to: asidePath, mode: .replace, sync: .none)
      }
    }
  }

  private func replacedMeanwhile(_ key: ObjectKey) -> StorageError {
    var error = changed(key)
    error.cause = FileError(errno: ESTALE, operation: .rename, path: key.bytes)
    return error
  }

  /// Makes a folder, with those above it.
  private func makeFolder(_ key: ObjectKey, _ options: WriteOptions) throws -> WriteReceipt {
    let path = place(key).path
    return try changing(path) {
      if let found = try mapping(key, { try status(at: path) }) {
        guard found.kind == .directory else { throw occupied(key, by: found.kind) }
        switch options.condition {
        case .always: break
        case .ifAbsent: throw failure(.alreadyExists, key, "the folder is there already")
        case .ifMatches(let version): if !FileVersion.matches(version, found) { throw changed(key) }
        }
      } else {
        if case .ifMatches = options.condition { throw changed(key) }
        try makingParents(of: path, key) {
          do {
            try root.makeDirectory(path, intermediate: false)
          } catch let error as FileError where error.code == .exists && options.condition == .always {
            // Another program made it at this moment; if that is no folder, the next look says so.
          }
        }
      }
      if self.options.preserveMode, let mode = options.metadata.mode { try mapping(key) { try root.setMode(path, mode: mode) } }
      return receipt(try existing(key))
    }
  }

  /// Makes a symbolic link, or gives an existing one another text.
  func finishLink(
    _ text: [UInt8], _ key: ObjectKey, _ path: [UInt8], _ options: WriteOptions, modified: Timestamp?
  ) throws -> WriteReceipt {
    let temporary = root.temporaryPath(beside: path)
    try makingParents(of: path, key) { try root.makeSymlink(text, at: temporary) }
    do {
      try mapping(key) { try root.setTimes(temporary, modified: modified ?? self.options.clock.now()) }
      return try changing(path) {
        let found = try mapping(key) { try root.status(path) }
        if let found, found.kind != .symlink { throw occupied(key, by: found.kind) }
        switch (options.condition, found) {
        case (.ifAbsent, .some): throw failure(.alreadyExists, key, "a symbolic link is there already")
        case (.ifMatches(let version), _):
          guard let found, FileVersion.matches(version, found) else { throw changed(key) }
        default: break
        }
        if let found, let aside = options.keepReplacedAs {
          try keepLink(found, key, path, as: aside)
        }
        try mapping(key) { try root.rename(temporary, path, mode: found == nil ? .ifAbsent : .replace) }
        return receipt(try existing(key))
      }
    } catch {
      try? root.remove(temporary)
      throw error
    }
  }

  private func keepLink(_ found: FileStatus, _ key: ObjectKey, _ path: [UInt8], as aside: ObjectKey) throws {
    guard case .link(let asidePath) = place(aside) else {
      throw failure(.invalidArgument, key, "a symbolic link is kept under a key that ends in .rclonelink")
    }
    let text = try mapping(key) { try root.readLink(path) }
    try? root.remove(asidePath)
    try makingParents(of: asidePath, key) { try root.makeSymlink(text, at: asidePath) }
  }
}
