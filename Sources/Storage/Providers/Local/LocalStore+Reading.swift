import Concurrency
import Files
public import ObjectStorage
public import Primitives

extension LocalStore {
  public func stat(_ key: ObjectKey) async throws -> ObjectInfo {
    try Task.checkCancellation()
    let versions = FileVersion(looked: options.clock.now())
    let status = try existing(key)
    var info = ObjectInfo(entry: entry(key, status, versions))
    if status.kind == .file, options.metadataAttributes {
      // What may be looked at, but not read, is described without them.
      let file = try? root.openForReading(place(key).path, links: linkFollowing)
      if let file { try mapping(key) { try addAttributes(to: &info, from: file) } }
    }
    return info
  }

  public func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult {
    let (object, check) = try openObject(key, ifMatches: options.ifMatches)
    let size = object.payload.length
    var range = 0..<size
    if let wanted = options.range {
      guard wanted.start < size else {
        throw failure(.invalidArgument, key, "the range starts at byte \(wanted.start), but the file has only \(size)")
      }
      range = wanted.start..<min(wanted.end ?? size, size)
    }
    let length = range.upperBound - range.lowerBound
    try await Pump(from: try object.payload.makeSource(range), to: sink, length: length).run { moved in
      self.failure(.sourceChanged, key, retry: .later, "it ended after \(moved) of \(length) bytes")
    }
    // A file that was replaced or removed meanwhile was still read whole.
    try check(.content)
    return ReadResult(info: object.info, range: range)
  }

  public func payload(for key: ObjectKey, ifMatches: ObjectVersion?) async throws -> ObjectPayload {
    try openObject(key, ifMatches: ifMatches).object
  }

  /// What must not have changed since a file was opened.
  enum Unchanged { case content, contentAndName }

  /// Opens a file, and gives its bytes and a way to see whether they are still the same.
  private func openObject(
    _ key: ObjectKey, ifMatches: ObjectVersion?
  ) throws -> (object: ObjectPayload, check: @Sendable (Unchanged) throws -> Void) {
    try Task.checkCancellation()
    try requireFile(key, "read")
    let versions = FileVersion(looked: options.clock.now())
    if case .link(let path) = place(key) { return (try linkPayload(key, path, versions, ifMatches), { _ in }) }
    // Open from here on: the bytes are those of this one file, whatever happens to its name.
    let (file, status) = try openFile(key)
    if let ifMatches, !FileVersion.matches(ifMatches, status) { throw changed(key) }
    var info = ObjectInfo(entry: entry(key, status, versions))
    // Not probed for: a folder that is only read is never written to.
    if options.metadataAttributes { try mapping(key) { try addAttributes(to: &info, from: file) } }
    let check = { @Sendable [self] (what: Unchanged) in try verify(key, file, status, what) }
    let payload = Payload(
      length: status.size, isAtHand: true,
      contentID: Array(identity.stableID.utf8) + [0] + key.bytes + [0] + versions.version(status).bytes,
      makeSource: { [self] range in LocalSource(self, key, file, range) },
      verifyUnchanged: { try check(.contentAndName) })
    return (ObjectPayload(info: info, payload: payload), check)
  }

  private func openFile(_ key: ObjectKey) throws -> (SharedDescriptor, FileStatus) {
    do {
      return try root.openWithStatus(place(key).path, links: linkFollowing)
    } catch let error as FileError where [.notFound, .notDirectory, .isDirectory].contains(error.code) {
      throw try confirmedMissing(key)
    } catch {
      throw storageError(error, key)
    }
  }

  /// Throws unless the open file is as it was and, if that matters, its name still leads to it.
  private func verify(_ key: ObjectKey, _ file: SharedDescriptor, _ seen: FileStatus, _ what: Unchanged) throws {
    let now = try mapping(key) { try file.status() }
    let isUntouched = now.changed == seen.changed
    guard now.size == seen.size, now.modified == seen.modified, isUntouched || what == .content else {
      throw failure(.sourceChanged, key, retry: .later, "it was changed while it was read")
    }
    if isUntouched, what == .content { return }
    let named = try mapping(key) { try status(at: file.path) }
    let isNamed = named.map { $0.inode == seen.inode && $0.device == seen.device } ?? false
    if what == .content {
      // Losing a name moves the change time, and so does an edit that hides behind its old modification time.
      if !isNamed || now.links != seen.links { return }
      throw failure(.sourceChanged, key, retry: .later, "it was changed while it was read")
    }
    guard isNamed else {
      throw failure(.sourceChanged, key, retry: .later, "it was replaced or removed while it was read")
    }
  }

  private func linkPayload(
    _ key: ObjectKey, _ path: [UInt8], _ versions: FileVersion, _ ifMatches: ObjectVersion?
  ) throws -> ObjectPayload {
    let status = try existing(key)
    if let ifMatches, !FileVersion.matches(ifMatches, status) { throw changed(key) }
    let text = try mapping(key) { try root.readLink(path) }
    // A link's text never changes; another link may stand there by now, of another length even.
    guard Int64(text.count) == status.size, try existing(key).inode == status.inode else {
      throw failure(.sourceChanged, key, retry: .later, "the link was replaced while it was read")
    }
    return ObjectPayload(info: ObjectInfo(entry: entry(key, status, versions)), payload: .bytes(text))
  }

  /// What a listing says of a file, folder or link.
  func entry(_ key: ObjectKey, _ status: FileStatus, _ versions: FileVersion) -> ObjectEntry {
    if status.kind == .directory {
      return ObjectEntry(
        key: key, size: 0, version: FileVersion.folder(status), mode: options.preserveMode ? status.mode : nil,
        identity: FileVersion.identity(status))
    }
    let mode = options.preserveMode && status.kind == .file ? status.mode : nil
    return ObjectEntry(
      key: key, size: status.size, version: versions.version(status), modified: status.modified, mode: mode,
      identity: FileVersion.identity(status))
  }
}

/// A range of an open file as a body, whose errors are the store's.
final class LocalSource: ByteSource {
  private let store: LocalStore
  private let key: ObjectKey
  private let source: FileSource
  let file: SharedDescriptor
  let range: Range<Int64>

  init(_ store: LocalStore, _ key: ObjectKey, _ file: SharedDescriptor, _ range: Range<Int64>) {
    (self.store, self.key, self.file, self.range) = (store, key, file, range)
    source = FileSource(file, offset: range.lowerBound, length: range.upperBound - range.lowerBound)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    try store.mapping(key) { try source.read(into: buffer) }
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
}
