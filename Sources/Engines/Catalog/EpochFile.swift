import Glibc
import Primitives

/// The number of runs a pair has seen, kept outside its database.
///
/// The database counts too. After a restore of an older copy of the database its count is behind this one, and what its base tree
/// says of the two sides is out of date: a path that came later would look deleted.
struct EpochFile {
  let path: [UInt8]

  /// The number; nil if there is no readable one.
  func read() -> Int64? {
    guard let bytes = FilePaths.read(path, limit: 64), let text = String(validating: bytes, as: UTF8.self),
      text.hasSuffix("\n"), let number = Int64(text.dropLast()), number >= 0
    else { return nil }
    return number
  }

  /// Replaces the number, durably and in one step.
  func write(_ number: Int64) throws {
    let temporary = path + Array(".tmp".utf8)
    let descriptor = FilePaths.withCString(temporary) { open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600) }
    guard descriptor >= 0 else { throw CatalogError(systemError: errno, "the run cannot be counted", temporary) }
    var failed = FilePaths.write(Array("\(number)\n".utf8), to: descriptor)
    if failed == 0, fsync(descriptor) != 0 { failed = errno }
    close(descriptor)
    if failed == 0 {
      failed = FilePaths.withCString(temporary) { from in FilePaths.withCString(path) { rename(from, $0) == 0 ? 0 : errno } }
    }
    if failed == 0 { failed = FilePaths.syncFolder(Array(path[..<(path.lastIndex(of: UInt8(ascii: "/")) ?? 0)])) }
    guard failed == 0 else { throw CatalogError(systemError: failed, "the run cannot be counted", path) }
  }

  func remove() { _ = FilePaths.withCString(path) { unlink($0) } }
}
