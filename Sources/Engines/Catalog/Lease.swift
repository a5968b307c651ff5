import Files
import Glibc
import Primitives

/// The right to work on a pair: an exclusive lock on a small file, gone with the process however that ends.
final class Lease {
  private var lock: FileLock?

  private init(_ lock: FileLock) { self.lock = lock }

  /// Takes the lease, without waiting.
  /// - Throws: `CatalogError` `.locked`, which names the process and the machine that hold it.
  static func take(_ path: [UInt8], now: Timestamp) throws -> Lease {
    let lock: FileLock?
    do { lock = try FileLock.acquire(path) } catch let error as FileError {
      throw CatalogError(systemError: error.errno, "the pair cannot be locked", path)
    }
    guard let lock else {
      throw CatalogError(
        .locked, "another isobar (\(name(in: path))) works on this pair: wait until it is done, or stop it",
        place: DisplayText.escape(path))
    }
    // For the reader of a refusal only; the lock does not depend on it. The first line is the process's number, by `FileLock`.
    let descriptor = FilePaths.withCString(path) { open($0, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW) }
    if descriptor >= 0 {
      _ = Array("on \(hostName()), since \(now.iso8601)\n".utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      close(descriptor)
    }
    return Lease(lock)
  }

  /// Who holds the lease now, as text; nil if nobody does. Only looks: an engine that takes the lease meanwhile is not refused.
  static func holder(of path: [UInt8]) -> String? {
    let descriptor = FilePaths.withCString(path) { open($0, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) }
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    guard fcntl(descriptor, getLock, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return nil }
    return name(in: path)
  }

  /// `F_OFD_GETLK`, which Glibc declares for GNU sources only: the same on every architecture of Linux.
  private static let getLock: Int32 = 36

  /// Gives the lease back. Harmless when it is gone.
  func release() { lock = nil }

  private static func name(in path: [UInt8]) -> String {
    guard let bytes = FilePaths.read(path, limit: 512) else { return "which has not said its name" }
    let lines = bytes.split(separator: 0x0A).map { DisplayText.escape($0) }
    guard let process = lines.first else { return "which has not said its name" }
    return (["process \(process)"] + lines.dropFirst().prefix(1)).joined(separator: " ")
  }

  private static func hostName() -> String {
    var name = [UInt8](repeating: 0, count: 256)
    let failed = name.withUnsafeMutableBytes { gethostname($0.bindMemory(to: CChar.self).baseAddress!, 255) }
    return failed == 0 ? DisplayText.escape(name.prefix { $0 != 0 }) : "an unnamed machine"
  }
}
