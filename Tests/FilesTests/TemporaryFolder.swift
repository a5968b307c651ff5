import Files
import Glibc

/// A folder of a test's own, removed with all that is in it.
final class TemporaryFolder: Sendable {
  let path: String
  let root: ConfinedDirectory

  init() throws {
    path = "/tmp/isobar-files-tests-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    root = try ConfinedDirectory.open(Array(path.utf8), create: true)
  }

  deinit { _ = Glibc.system("chmod -R u+rwX '\(path)' && rm -rf '\(path)'") }

  func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: Array(name.utf8)) }

  func write(_ bytes: [UInt8], to name: [UInt8]) throws {
    let file = try root.temporaryFile(beside: name)
    try bytes.withUnsafeBytes { try file.write($0, at: 0) }
    try file.commit(to: name, mode: .replace, sync: .none)
  }

  func text(_ name: String) throws -> String {
    let file = try root.openForReading(Array(name.utf8))
    var bytes = [UInt8](repeating: 0, count: Int(try file.status().size))
    _ = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Names in the folder, with what temporary files it has.
  func allNames() -> [String] { TemporaryFolder.names(of: path) }

  static func names(of path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The code of the `FileError` that `body` throws; nil if it throws none.
func code(_ body: () throws -> Void) -> FileError.Code? {
  do { try body() } catch { return (error as? FileError)?.code }
  return nil
}
