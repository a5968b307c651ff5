import CSystem
import Glibc

/// A folder that nothing leaves: every operation takes a path relative to it and follows no symbolic link in any component, even if
/// another process swaps a folder for a link at that moment.
///
/// Paths are bytes: names joined by `/`, without empty, `.` and `..` components and without NUL; anything else is refused with
/// `.invalidPath`. Calls block; all errors are `FileError`s. The folder itself is held open, so it stays the same one when it is
/// renamed.
public final class ConfinedDirectory: Sendable {
  let descriptor: SharedDescriptor
  private let resolution: Int32
  /// The path that the folder was opened by.
  public var path: [UInt8] { descriptor.path }

  init(_ descriptor: SharedDescriptor, resolution: Int32 = Int32(csys_resolve_best)) {
    self.descriptor = descriptor
    self.resolution = resolution
  }

  /// Opens a folder by any path; here, and only here, symbolic links are followed.
  /// - Parameter create: whether missing folders are made, this one and those above it.
  public static func open(_ path: [UInt8], create: Bool) throws -> ConfinedDirectory {
    try ConfinedDirectory(openRoot(path, create: create))
  }

  static func openRoot(_ path: [UInt8], create: Bool) throws -> SharedDescriptor {
    guard !path.isEmpty, !path.contains(0) else {
      throw FileError(.invalidPath, errno: EINVAL, operation: .open, path: path, detail: "the path is empty or has a NUL byte")
    }
    var number = openFolder(path)
    if number < 0, errno == ENOENT, create {
      for end in 1...path.count where end == path.count || path[end] == 0x2F {
        if withCString(path[..<end], { mkdir($0, 0o777) }) < 0, errno != EEXIST, errno != EISDIR, errno != EROFS {
          throw FileError(errno: errno, operation: .createFolder, path: Array(path[..<end]))
        }
      }
      number = openFolder(path)
    }
    return SharedDescriptor(Descriptor(owning: try FileError.checkErrno(number, .open, path)), path: path)
  }

  private static func openFolder(_ path: [UInt8]) -> Int32 {
    withCString(path[...]) { Glibc.open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
  }

  /// The folder's device and inode: what tells a folder from another one at the same path.
  public func deviceAndInode() throws -> (device: UInt64, inode: UInt64) {
    let status = try descriptor.status()
    return (status.device, status.inode)
  }

  /// The status of the folder itself.
  public func rootStatus() throws -> FileStatus { try descriptor.status() }

  /// The number of the file system's kind, as statfs(2) lists them; nil if it is not known.
  public var fileSystemKind: UInt32? { UInt32(exactly: csys_file_system_kind(descriptor.raw)) }

  /// Room on the folder's file system, in bytes.
  public func freeSpace() throws -> FileSystemSpace {
    var answer = statvfs()
    try FileError.checkErrno(fstatvfs(descriptor.raw, &answer), .freeSpace, path)
    let unit = UInt64(answer.f_frsize)
    return FileSystemSpace(
      available: Int64(clamping: UInt64(answer.f_bavail).multipliedReportingOverflow(by: unit).partialValue),
      total: Int64(clamping: UInt64(answer.f_blocks).multipliedReportingOverflow(by: unit).partialValue))
  }

  /// What is at `path`, a link itself and not its target; nil if nothing is (also if a file stands where a folder should).
  public func status(_ path: [UInt8]) throws -> FileStatus? {
    do {
      return try inParent(of: path, .status) { directory, name in try FileStatus(at: directory, name, path) }
    } catch let error as FileError where error.code == .notFound || error.code == .notDirectory {
      return nil
    }
  }
}

/// Room on a file system.
public struct FileSystemSpace: Sendable, Hashable {
  /// Bytes that this process may still write.
  public let available: Int64
  /// Bytes in all.
  public let total: Int64
}

/// What an operation does with symbolic links in its path.
public enum LinkFollowing: Sendable, Hashable {
  /// Links are refused (`.symlinkInPath`).
  case refuse
  /// Links are followed as long as they stay below the confined folder; absolute links never do.
  case inside
  /// Links are followed wherever they lead.
  case anywhere

  var number: Int32 {
    switch self {
    case .refuse: Int32(csys_links_refuse)
    case .inside: Int32(csys_links_inside)
    case .anywhere: Int32(csys_links_follow)
    }
  }
}

extension ConfinedDirectory {
  /// Opens a path below the root.
  func openBeneath(
    _ path: RelativePath, flags: Int32, links: LinkFollowing = .refuse, _ operation: FileError.Operation, _ shown: [UInt8]
  ) throws(FileError) -> Descriptor {
    let number = csys_open_beneath(descriptor.raw, path.terminated, flags, 0, links.number, resolution)
    return Descriptor(owning: try FileError.check(number, operation, shown))
  }

  /// Opens the folder that holds `path`.
  func openParent(
    of path: RelativePath, flags: Int32, _ operation: FileError.Operation, _ shown: [UInt8]
  ) throws(FileError) -> Descriptor {
    guard let parent = path.parent else {
      return Descriptor(owning: try FileError.checkErrno(openat(descriptor.raw, ".", flags | O_CLOEXEC), operation, shown))
    }
    let number = csys_open_beneath(descriptor.raw, parent, flags, 0, LinkFollowing.refuse.number, resolution)
    return Descriptor(owning: try FileError.check(number, operation, shown))
  }

  /// Runs `body` with the folder that holds `path` and the last name; no link was followed to get there.
  @discardableResult
  func inParent<Result>(
    of path: [UInt8], _ operation: FileError.Operation, _ body: (Int32, UnsafePointer<CChar>) throws -> Result
  ) throws -> Result {
    let checked = try RelativePath(path, operation)
    if checked.nameStart == 0 { return try checked.withName { try body(descriptor.raw, $0) } }
    let parent = try openParent(of: checked, flags: csys_o_path() | O_DIRECTORY, operation, path)
    return try checked.withName { try body(parent.raw, $0) }
  }
}

/// Runs `body` with a path ended by a NUL.
func withCString<Result>(_ path: ArraySlice<UInt8>, _ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
  try (path + [0]).withUnsafeBufferPointer { buffer in
    try buffer.withMemoryRebound(to: CChar.self) { try body($0.baseAddress!) }
  }
}
