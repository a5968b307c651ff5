import CSystem
import Glibc

/// An exclusive lock on a file, held by this object until it goes away or its process ends, however that happens.
///
/// Two locks of one process exclude each other too. The file stays when the lock is gone: removing it would let two holders lock
/// two different files of the same name. Works between machines only where the file system says so (NFS version 4).
public final class FileLock: Sendable {
  private let file: SharedDescriptor

  private init(_ file: SharedDescriptor) { self.file = file }

  // Not left to close: a child between fork and exec shares the description, and with it the lock, for a moment longer.
  deinit { csys_unlock(file.raw) }

  /// Takes the lock without waiting, making the file if needed, and writes this process's number into it.
  /// - Returns: nil if somebody else holds it; `holder` may say who.
  public static func acquire(_ path: [UInt8]) throws -> FileLock? {
    let number = withCString(path[...]) { open($0, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o644) }
    let file = SharedDescriptor(Descriptor(owning: try FileError.checkErrno(number, .open, path)), path: path)
    let result = csys_lock(file.raw)
    if result == -EAGAIN { return nil }
    try FileError.check(result, .lock, path)
    try FileError.checkErrno(ftruncate(file.raw, 0), .truncate, path)
    try Array("\(getpid())\n".utf8).withUnsafeBytes { try file.write($0, at: 0) }
    return FileLock(file)
  }

  /// The process that took the lock last, if its number can be read: for a message, not for a decision.
  public static func holder(_ path: [UInt8]) -> Int32? {
    let number = withCString(path[...]) { open($0, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) }
    guard number >= 0 else { return nil }
    let file = SharedDescriptor(Descriptor(owning: number), path: path)
    let text = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      count = (try? file.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)) ?? 0
    }
    return Int32(String(decoding: text.prefix { $0 != 0x0A }, as: UTF8.self))
  }
}
