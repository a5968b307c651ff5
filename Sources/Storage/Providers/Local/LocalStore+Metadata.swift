import Files
public import ObjectStorage
import Primitives

extension LocalStore {
  /// Sets modification time, permission bits and attributes of a file, the permission bits of a folder, the time of a link. A time or
  /// mode of nil is left as it is; the user's entries are replaced.
  ///
  /// A program that edits the file within the microseconds between the look and the new time is not noticed by its time; see
  /// docs/decisions/0003-local-versions.md.
  public func updateMetadata(
    _ metadata: ObjectMetadata, of key: ObjectKey, ifMatches: ObjectVersion?
  ) async throws -> WriteReceipt {
    try Task.checkCancellation()
    let place = place(key)
    return try changing(place.path) {
      let seen = try existing(key)
      if let ifMatches, !FileVersion.matches(ifMatches, seen) { throw changed(key) }
      switch seen.kind {
      case .directory:
        if options.preserveMode, let mode = metadata.mode { try mapping(key) { try root.setMode(place.path, mode: mode) } }
        return receipt(try existing(key))
      case .symlink:
        if let modified = metadata.modified { try mapping(key) { try root.setTimes(place.path, modified: modified) } }
        return receipt(try existing(key))
      default: return try mapping(key) { try update(metadata, key, place.path, seen) }
      }
    }
  }

  private func update(_ metadata: ObjectMetadata, _ key: ObjectKey, _ path: [UInt8], _ seen: FileStatus) throws -> WriteReceipt {
    // Through the open file, so that a file that takes its place now is left alone.
    let file = try root.openForReading(path, links: linkFollowing)
    guard try file.status().inode == seen.inode else { throw changed(key) }
    try setAttributes(metadata, of: file, key, isNew: false)
    if options.preserveMode, let mode = metadata.mode, mode & 0o7777 != seen.mode { try file.setMode(mode) }
    let before = try file.status()
    guard before.size == seen.size, before.modified == seen.modified else { throw changed(key) }
    if let modified = metadata.modified { try file.setTimes(modified: modified) }
    var status = try file.status()
    status.size = before.size
    if metadata.modified == nil { status.modified = before.modified }
    return receipt(status)
  }
}
