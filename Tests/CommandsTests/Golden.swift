import Glibc
import Testing

/// Compares with a file beside the tests. With `RECORD_GOLDEN=1` the file is written anew, and the test fails so that nobody
/// records by accident.
func expectGolden(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) {
  let path = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/Golden/" + name
  if getenv("RECORD_GOLDEN") != nil {
    Disk.write(text, to: path)
    Issue.record("recorded \(name)", sourceLocation: sourceLocation)
    return
  }
  guard let bytes = Disk.read(path) else {
    Issue.record("\(path) is missing", sourceLocation: sourceLocation)
    return
  }
  let expected = String(decoding: bytes, as: UTF8.self)
  guard text != expected else { return }
  let new = text.split(separator: "\n", omittingEmptySubsequences: false)
  let old = expected.split(separator: "\n", omittingEmptySubsequences: false)
  let line = zip(new, old).enumerated().first { $1.0 != $1.1 }?.offset ?? min(new.count, old.count)
  Issue.record(
    "\(name) differs in line \(line + 1): \(line < new.count ? new[line] : "(end)") instead of \(line < old.count ? old[line] : "(end)")",
    sourceLocation: sourceLocation)
}

/// Files for tests, without Foundation.
enum Disk {
  static func read(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
  }

  static func write(_ text: String, to path: String) { write(Array(text.utf8), to: path) }

  static func write(_ bytes: [UInt8], to path: String) { write(bytes, toBytes: Array(path.utf8)) }

  static func write(_ bytes: [UInt8], toBytes path: [UInt8]) {
    for (index, byte) in path.enumerated() where byte == 0x2F && index > 0 {
      mkdir(String(decoding: path[..<index], as: UTF8.self), 0o755)
    }
    let name = (path + [0]).map { CChar(bitPattern: $0) }
    guard let file = fopen(name, "w") else { return }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
    // A file written within the last tick of the clock is read again by the next run: these are older.
    var times = [timespec(tv_sec: 1_700_000_000, tv_nsec: 0), timespec(tv_sec: 1_700_000_000, tv_nsec: 0)]
    utimensat(AT_FDCWD, name, &times, 0)
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}

/// A folder for one test, removed with all in it at the end.
final class Folder {
  let path: String

  init() {
    var name = Array("/tmp/isobar-commands-XXXXXX".utf8CString)
    path = name.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  deinit { if let pipe = popen("rm -rf '\(path)'", "r") { pclose(pipe) } }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func write(_ text: String, to name: String) { Disk.write(text, to: file(name)) }

  func read(_ name: String) -> String? { Disk.read(file(name)).map { String(decoding: $0, as: UTF8.self) } }

  func delete(_ name: String) { unlink(file(name)) }

  func exists(_ name: String) -> Bool { Disk.exists(file(name)) }
}
