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
    if status.kind == .file, features.probed().attributes {
      // What may be looked at, but not read, is described without them.
      let file = try? root.openForReading(place(key).path, links: linkFollowing)
      if let file { try mapping(key) { try addAttributes(to: &info, from: file) } }
    }
    return info
  }

  public func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult {
    let object = try await payload(for: key, ifMatches: options.ifMatches)
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
    try object.payload.verifyUnchanged()
    return ReadResult(info: object.info, range: range)
  }

  public func payload(for key: ObjectKey, ifMatches: ObjectVersion?) async throws -> ObjectPayload {
    try Task.checkCancellation()
    try requireFile(key, "read")
    let versions = FileVersion(looked: options.clock.now())
    if case .link(let path) = place(key) { return try linkPayload(key, path, versions, ifMatches) }
    // Open from here on: the bytes are those of this one file, whatever happens to its name.
    let file = try openFile(key)
    let status = try mapping(key) { try file.status() }
    if let ifMatches, !FileVersion.matches(ifMatches, status) { throw changed(key) }
    var info = ObjectInfo(entry: entry(key, status, versions))
    if features.probed().attributes { try mapping(key) { try addAttributes(to: &info, from: file) } }
    let payload = Payload(
      length: status.size,
      makeSource: { [self] range in LocalSource(self, key, file, range) },
      verifyUnchanged: { [self] in try verify(key, file, status) })
    return ObjectPayload(info: info, payload: payload)
  }

  private func openFile(_ key: ObjectKey) throws -> SharedDescriptor {
    do {
      return try root.openForReading(place(key).path, links: linkFollowing)
    } catch let error as FileError where [.notFound, .notDirectory, .isDirectory].contains(error.code) {
      throw try confirmedMissing(key)
    } catch {
      throw storageError(error, key)
    }
  }

  /// Throws unless the open file is as it was and its name still leads to it.
  private func verify(_ key: ObjectKey, _ file: SharedDescriptor, _ seen: FileStatus) throws {
    let now = try mapping(key) { try file.status() }
    guard now.size == seen.size, now.modified == seen.modified, now.changed == seen.changed else {
      throw failure(.sourceChanged, key, retry: .later, "it was changed while it was read")
    }
    let named = try mapping(key) { try status(at: file.path) }
    guard let named, named.inode == seen.inode, named.device == seen.device else {
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
