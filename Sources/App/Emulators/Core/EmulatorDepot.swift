import Concurrency
import Files
import Primitives

/// Where an emulator keeps what it holds.
public struct EmulatorDepot: Sendable {
  /// Names, metadata, uploads under way.
  public let table: EmulatorTable
  /// Content.
  public let blobs: BlobFolder
  /// The data folder's, so that two processes do not write to one.
  private let lock: Lock<FileLock?>

  /// Opens the depot of `kind` in the options' data folder, below a folder of that name, so that services do not meet.
  /// - Throws: `EmulatorError` with `.inUse` while another emulator has the folder, `FileError`, `SQLError`.
  public static func open(_ kind: EmulatorKind, _ options: EmulatorOptions) throws -> EmulatorDepot {
    guard let data = options.data else {
      return EmulatorDepot(table: try EmulatorTable(path: nil), blobs: try BlobFolder(path: nil), lock: Lock(nil))
    }
    let folder = data + Array("/\(kind.rawValue)".utf8)
    _ = try ConfinedDirectory.open(folder, create: true)
    guard let lock = try FileLock.acquire(folder + Array("/lock".utf8)) else {
      throw EmulatorError(.inUse, "another emulator works in \(DisplayText.escape(folder))")
    }
    let blobs = try BlobFolder(path: folder + Array("/blobs".utf8))
    return EmulatorDepot(
      table: try EmulatorTable(path: folder + Array("/emulator.db".utf8)), blobs: blobs, lock: Lock(lock))
  }

  /// Closes both. Harmless when closed.
  public func close() {
    table.close()
    blobs.close()
    lock.withLock { $0 = nil }
  }
}
