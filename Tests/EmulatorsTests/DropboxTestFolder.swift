import Files
import Glibc

/// A folder of a test's own.
struct DropboxTestFolder {
  let path: [UInt8]

  init() throws {
    var template = Array("/tmp/isobar-dropbox-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw FileError(errno: errno, operation: .createFolder, path: []) }
    path = template.dropLast().map { UInt8(bitPattern: $0) }
  }

  var name: String { String(decoding: path, as: UTF8.self) }

  /// Takes it away with all that is in it.
  func remove() {
    guard let folder = try? ConfinedDirectory.open(path, create: false) else { return }
    let walk = TreeWalk(root: folder)
    var found: [[UInt8]] = []
    while let entries = try? walk.next(max: 1024), !entries.isEmpty { found += entries.map(\.path) }
    for path in found.reversed() where (try? folder.remove(path)) == nil { try? folder.removeDirectory(path) }
    rmdir(name)
  }
}
