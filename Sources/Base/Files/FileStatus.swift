import CSystem
import Glibc
public import Primitives

/// What a directory entry is.
public enum FileKind: UInt8, Sendable, Hashable {
  case file, directory, symlink, fifo, socket, characterDevice, blockDevice
}

/// What the file system says of a file.
public struct FileStatus: Sendable, Hashable {
  /// What it is.
  public var kind: FileKind
  /// Length in bytes; of a link, the length of its target's path.
  public var size: Int64
  /// When the content last changed (settable).
  public var modified: Timestamp
  /// When the content or the status last changed (kept by the kernel; a rename also counts).
  public var changed: Timestamp
  /// The file's number on its device.
  public var inode: UInt64
  /// The file system's number.
  public var device: UInt64
  /// Permission bits (07777).
  public var mode: UInt16
  /// The number of hard links.
  public var links: UInt32

  /// A status made by hand, mostly in tests.
  public init(
    kind: FileKind, size: Int64, modified: Timestamp, changed: Timestamp, inode: UInt64, device: UInt64, mode: UInt16, links: UInt32
  ) {
    (self.kind, self.size, self.modified, self.changed) = (kind, size, modified, changed)
    (self.inode, self.device, self.mode, self.links) = (inode, device, mode, links)
  }

  /// Whether both are the same file with, as far as one can see, the same content. The change time is left out because a
  /// rename moves it.
  public func isSameContent(as other: FileStatus) -> Bool {
    kind == other.kind && inode == other.inode && device == other.device && size == other.size && modified == other.modified
  }

  init(_ status: csys_status) {
    kind = FileKind(mode: status.mode)
    size = status.size
    modified = Timestamp(seconds: status.modified_seconds, nanoseconds: status.modified_nanoseconds)
    changed = Timestamp(seconds: status.changed_seconds, nanoseconds: status.changed_nanoseconds)
    inode = status.inode
    device = status.device
    mode = UInt16(truncatingIfNeeded: status.mode & 0o7777)
    links = status.links
  }

  init(at directory: Int32, _ name: UnsafePointer<CChar>, _ path: [UInt8]) throws(FileError) {
    var status = csys_status()
    try FileError.check(csys_status_at(directory, name, &status), .status, path)
    self.init(status)
  }
}

extension FileKind {
  init(mode: UInt32) {
    switch mode & 0o170000 {
    case 0o040000: self = .directory
    case 0o120000: self = .symlink
    case 0o010000: self = .fifo
    case 0o140000: self = .socket
    case 0o020000: self = .characterDevice
    case 0o060000: self = .blockDevice
    default: self = .file
    }
  }
}
