import Glibc
import Testing

/// Compares with a file beside the tests. With `RECORD_GOLDEN=1` the file is written anew, and the test fails so that nobody
/// records by accident.
func expectGolden(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) {
  let path = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/Golden/" + name
  if getenv("RECORD_GOLDEN") != nil {
    writeFile(text, to: path)
    Issue.record("recorded \(name)", sourceLocation: sourceLocation)
    return
  }
  guard let expected = readFile(path) else {
    Issue.record("\(path) is missing", sourceLocation: sourceLocation)
    return
  }
  guard text != expected else { return }
  let (new, old) = (
    text.split(separator: "\n", omittingEmptySubsequences: false), expected.split(separator: "\n", omittingEmptySubsequences: false)
  )
  let line = zip(new, old).enumerated().first { $1.0 != $1.1 }?.offset ?? min(new.count, old.count)
  Issue.record(
    "\(name) differs in line \(line + 1): \(line < new.count ? new[line] : "(end)") instead of \(line < old.count ? old[line] : "(end)")",
    sourceLocation: sourceLocation)
}

func readFile(_ path: String) -> String? {
  guard let file = fopen(path, "r") else { return nil }
  defer { fclose(file) }
  return readAll(file)
}

func writeFile(_ text: String, to path: String) {
  guard let file = fopen(path, "w") else { return }
  defer { fclose(file) }
  fputs(text, file)
}

private func readAll(_ file: UnsafeMutablePointer<FILE>) -> String {
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    if count == 0 { return String(decoding: bytes, as: UTF8.self) }
    bytes += buffer[..<count]
  }
}

/// A directory with files in it for one test.
final class Folder {
  let path: String

  init() {
    var name = Array("/tmp/isobar-arguments-XXXXXX".utf8CString)
    path = name.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  // Shells leave folders of their own in what they take for the home.
  deinit { _ = run("rm -rf \(path)") }

  func add(_ name: String, _ text: String) -> String {
    writeFile(text, to: "\(path)/\(name)")
    return "\(path)/\(name)"
  }

  /// What `command` prints, both streams, run by sh in this folder.
  func run(_ command: String) -> String {
    guard let pipe = popen("cd \(path) && HOME=\(path) XDG_CONFIG_HOME=\(path) XDG_DATA_HOME=\(path) \(command) 2>&1", "r") else {
      return ""
    }
    defer { pclose(pipe) }
    return readAll(pipe)
  }
}

func isInstalled(_ program: String) -> Bool { ["/usr/bin/", "/bin/"].contains { access($0 + program, X_OK) == 0 } }
