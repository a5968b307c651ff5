import CSystem
import Glibc
public import Primitives

extension SharedDescriptor {
  /// The value of an extended attribute, or nil if there is none of that name.
  /// - Parameter name: without the `user.` in front.
  public func attribute(name: [UInt8]) throws -> [UInt8]? { try readAttribute(of: raw, name: name, path: path) }

  /// The names of all `user.` attributes, without that prefix, sorted; empty where the file system has none.
  public func attributeNames() throws -> [[UInt8]] { try Files.attributeNames(of: raw, path: path) }

  /// Sets an extended attribute; see `ConfinedDirectory.setAttribute`.
  public func setAttribute(name: [UInt8], value: [UInt8]) throws {
    try writeAttribute(of: raw, name: name, value: value, path: path)
  }

  /// Removes an extended attribute; one that is not there is no error.
  public func removeAttribute(name: [UInt8]) throws { try Files.removeAttribute(of: raw, name: name, path: path) }

  /// Sets the modification time; the access time stays.
  public func setTimes(modified: Timestamp) throws {
    try FileError.check(csys_set_modified(raw, "", modified.seconds, modified.nanoseconds), .setTimes, path)
  }

  /// Sets the permission bits (07777).
  public func setMode(_ mode: UInt16) throws { try FileError.checkErrno(fchmod(raw, mode_t(mode & 0o7777)), .setMode, path) }

  /// Makes everything that was written to this file's file system durable.
  public func syncFileSystem() throws { try FileError.check(csys_sync_file_system(raw), .sync, path) }
}
