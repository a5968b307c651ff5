import Files
import Glibc
import ObjectStorage
import Primitives

extension LocalStore {
  /// Runs `body`, and gives its file errors the meaning they have for a store.
  func mapping<Result>(_ key: ObjectKey?, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch { throw storageError(error, key) }
  }

  /// A file system's error as a store's. Others are left alone.
  func storageError(_ error: any Error, _ key: ObjectKey?) -> any Error {
    guard let error = error as? FileError else { return error }
    let (code, retry) = LocalStore.meaning(of: error)
    var message = "\(error)"
    switch code {
    case .noSpace:
      let room = (try? root.freeSpace()).map { ", of which \(ByteCount($0.available)) of \(ByteCount($0.total)) are free," } ?? ""
      message = "the file system\(room) has no space left for it; free some space there and run again"
    case .quotaExceeded:
      message = "your quota on this file system is used up; remove files of yours there, or have the quota raised"
    default: break
    }
    return StorageError(code, retry: retry, store: identity.displayName, key: key, message: message, cause: error)
  }

  private static func meaning(of error: FileError) -> (StorageError.Code, StorageError.Retry) {
    switch error.code {
    case .notFound: (.notFound, .never)
    case .exists: (.alreadyExists, .never)
    case .notEmpty: (.notEmpty, .never)
    case .permission, .readOnly: (.permissionDenied, .never)
    case .noSpace: (error.errno == EDQUOT ? .quotaExceeded : .noSpace, .never)
    case .nameTooLong, .tooLarge, .invalidPath: (.invalidArgument, .never)
    case .notDirectory, .isDirectory:
      error.operation == .open || error.operation == .status ? (.notFound, .never) : (.alreadyExists, .never)
    // Not "not found": what a link hides is unknown, and must not be taken for deleted.
    case .symlinkInPath, .notRegular: (.permissionDenied, .never)
    case .stale: (.unavailable, .later)
    case .io: (.unavailable, .never)
    case .busy, .tooManyOpenFiles, .locked: (.unavailable, .later)
    case .tooManyLinks, .unsupported, .otherDevice: (.unsupported, .never)
    case .changed: (.preconditionFailed, .never)
    case .endedEarly: (.sourceChanged, .later)
    case .other: (error.errno == EINVAL ? .invalidArgument : .internalError, .never)
    }
  }

  func failure(
    _ code: StorageError.Code, _ key: ObjectKey?, retry: StorageError.Retry = .never, _ message: String
  ) -> StorageError {
    StorageError(code, retry: retry, store: identity.displayName, key: key, message: message)
  }

  func missing(_ key: ObjectKey) -> StorageError {
    failure(.notFound, key, key.isFolder ? "there is no such folder" : "there is no such file")
  }

  func changed(_ key: ObjectKey) -> StorageError { failure(.preconditionFailed, key, "it is no longer in the state that was seen") }

  /// Something stands there that is no object of this store, and stays.
  func occupied(_ key: ObjectKey, by kind: FileKind) -> StorageError {
    let what =
      switch kind {
      case .file: "a file"
      case .directory: "a folder"
      case .symlink: "a symbolic link"
      case .fifo: "a FIFO"
      case .socket: "a socket"
      case .characterDevice, .blockDevice: "a device"
      }
    return failure(.alreadyExists, key, "\(what) stands there, which is not replaced")
  }
}
