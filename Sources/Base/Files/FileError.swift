import Glibc
import Primitives

/// Why something could not be done with a file.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was tried.
  public enum Operation: String, Sendable {
    case open, read, write, status, list, rename, remove, sync, lock, truncate, reserve
    case createFolder = "create the folder"
    case createLink = "create the symbolic link"
    case readLink = "read the symbolic link"
    case setTimes = "set the times of"
    case setMode = "set the permissions of"
    case readAttributes = "read the attributes of"
    case writeAttributes = "write the attributes of"
    case freeSpace = "ask the free space of"
  }

  /// What went wrong, by meaning.
  public enum Code: String, Sendable {
    case notFound, exists, notEmpty, permission, noSpace, readOnly, tooManyLinks, nameTooLong, notDirectory, isDirectory
    /// A component is a symbolic link, or leads out of the folder that everything is confined to.
    case symlinkInPath
    /// The file's server forgot it, or the folder was replaced under us.
    case stale
    case io, busy, tooManyOpenFiles, tooLarge, unsupported
    /// Source and destination are on different file systems, or a folder is on another one than the walk's.
    case otherDevice
    /// A FIFO, socket or device where a file is needed.
    case notRegular
    /// Not a confined relative path: empty, absolute, with an empty, `.` or `..` component, or with a NUL.
    case invalidPath
    /// The file is not the one that the caller saw.
    case changed
    /// The file has fewer bytes than it had when the read was planned.
    case endedEarly
    /// Another process holds the lock.
    case locked
    case other
  }

  /// The system's number, or the nearest one where the failure was found here.
  public let errno: Int32
  /// What was tried.
  public let operation: Operation
  /// The path it was tried on, as given by the caller.
  public let path: [UInt8]
  /// What went wrong, by meaning.
  public let code: Code
  /// More for people, where the code does not say it all.
  public let detail: String?

  /// An error from a system call's number.
  public init(errno: Int32, operation: Operation, path: [UInt8]) {
    (self.errno, self.operation, self.path) = (errno, operation, path)
    code = FileError.classify(errno, operation)
    detail = nil
  }

  init(_ code: Code, errno: Int32, operation: Operation, path: [UInt8], detail: String? = nil) {
    (self.code, self.errno, self.operation, self.path, self.detail) = (code, errno, operation, path, detail)
  }

  /// For people: what could not be done, with which file, why, and what helps.
  public var description: String {
    let name = path.isEmpty ? "the folder" : "\"\(DisplayText.escape(path))\""
    return "cannot \(operation == .status ? "look at" : operation.rawValue) \(name): \(detail ?? reason)"
  }

  private var reason: String {
    switch code {
    case .notFound: "it does not exist"
    case .exists: "it exists already"
    case .notEmpty: "the folder is not empty"
    case .permission: "permission denied; check its owner and mode, and those of the folders above it"
    case .noSpace: "no space is left (or the quota is used up); free some space there and run again"
    case .readOnly: "the file system is mounted read-only"
    case .tooManyLinks: "it has too many hard links"
    case .nameTooLong: "the name or path is too long for this file system"
    case .notDirectory: "a part of the path is not a folder"
    case .isDirectory: "it is a folder"
    case .symlinkInPath: "a part of the path is a symbolic link, which is not followed here"
    case .stale: "the file or its folder is no longer the one that was opened"
    case .io: "the device reports an input/output error"
    case .busy: "it is in use"
    case .tooManyOpenFiles: "too many files are open; raise the limit (ulimit -n)"
    case .tooLarge: "it is larger than this file system allows"
    case .unsupported: "this file system does not support it"
    case .otherDevice: "it is on another file system"
    case .notRegular: "it is a FIFO, socket or device, not a file"
    case .invalidPath: "not a plain relative path"
    case .changed: "it is no longer the file that was seen before"
    case .endedEarly: "it ended early: it became shorter while it was read"
    case .locked: "another process holds the lock"
    case .other: String(cString: strerror(errno))
    }
  }

  private static func classify(_ errno: Int32, _ operation: Operation) -> Code {
    switch errno {
    case ENOENT: .notFound
    case EEXIST: operation == .remove ? .notEmpty : .exists
    case ENOTEMPTY: .notEmpty
    case EACCES, EPERM: .permission
    case ENOSPC, EDQUOT: .noSpace
    case EROFS: .readOnly
    case EMLINK: .tooManyLinks
    case ENAMETOOLONG: .nameTooLong
    case ENOTDIR: .notDirectory
    case EISDIR: .isDirectory
    case ELOOP: .symlinkInPath
    // openat2 says EXDEV for a path that leads outside; rename for another file system.
    case EXDEV: operation == .rename ? .otherDevice : .symlinkInPath
    case ESTALE: .stale
    case EIO: .io
    case EBUSY, ETXTBSY: .busy
    case EMFILE, ENFILE: .tooManyOpenFiles
    case EFBIG: .tooLarge
    case EOPNOTSUPP, ENOSYS: .unsupported
    case ENXIO: .notRegular
    case EAGAIN: operation == .lock ? .locked : .other
    default: .other
    }
  }
}

extension FileError {
  /// Throws if a `csys_` call gave `-errno`; otherwise gives its result.
  @discardableResult
  static func check<Value: BinaryInteger>(_ result: Value, _ operation: Operation, _ path: [UInt8]) throws(FileError) -> Value {
    if result >= 0 { return result }
    throw FileError(errno: Int32(truncatingIfNeeded: 0 - result), operation: operation, path: path)
  }

  /// Throws if a C library call gave -1 and set errno; otherwise gives its result.
  @discardableResult
  static func checkErrno<Value: BinaryInteger>(_ result: Value, _ operation: Operation, _ path: [UInt8]) throws(FileError) -> Value
  {
    if result >= 0 { return result }
    throw FileError(errno: Glibc.errno, operation: operation, path: path)
  }
}
