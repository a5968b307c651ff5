import Glibc
import LocalStorage
import ObjectStorage
import Primitives

/// A folder that goes away with this object.
final class Scratch: Sendable {
  let path: String

  init(_ parent: String = "/tmp") {
    var template = Array("\(parent)/isobar-local-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  deinit { Scratch.remove(path) }

  private static func remove(_ path: String) {
    chmod(path, 0o700)
    if let folder = opendir(path) {
      while let entry = readdir(folder) {
        let name = Scratch.name(of: entry)
        if name == "." || name == ".." { continue }
        if entry.pointee.d_type == 4 { remove("\(path)/\(name)") } else { unlink("\(path)/\(name)") }
      }
      closedir(folder)
    }
    rmdir(path)
  }

  private static func name(of entry: UnsafeMutablePointer<dirent>) -> String {
    withUnsafeBytes(of: entry.pointee.d_name) { String(cString: $0.assumingMemoryBound(to: CChar.self).baseAddress!) }
  }

  func store(_ options: LocalOptions = LocalOptions()) throws -> LocalStore {
    try LocalStore.open(path: Array(path.utf8), options: options)
  }

  /// Writes a file in place, as an editor without manners does.
  func put(_ name: String, _ content: String) {
    let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    precondition(file >= 0, "open \(name): \(errno)")
    _ = content.utf8CString.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count - 1) }
    close(file)
  }

  func get(_ name: String) -> String? {
    let file = open("\(path)/\(name)", O_RDONLY)
    if file < 0 { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = Glibc.read(file, &bytes, bytes.count)
    return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
  }

  func makeFolder(_ name: String) { mkdir("\(path)/\(name)", 0o755) }

  func link(_ name: String, to target: String) { symlink(target, "\(path)/\(name)") }

  /// Makes a file look as if nobody had touched it for an hour, as most files are.
  func age(_ name: String) {
    let times = [timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2), timespec(tv_sec: time(nil) - 3600, tv_nsec: 5)]
    utimensat(AT_FDCWD, "\(path)/\(name)", times, AT_SYMLINK_NOFOLLOW)
  }

  /// Everything that is in the folder, hidden files too.
  func names(_ folder: String = "") -> [String] {
    guard let handle = opendir("\(path)/\(folder)") else { return [] }
    defer { closedir(handle) }
    var found: [String] = []
    while let entry = readdir(handle) {
      let name = Scratch.name(of: entry)
      if name != ".", name != ".." { found.append(name) }
    }
    return found.sorted()
  }

  func mode(_ name: String) -> UInt16 {
    var status = Glibc.stat()
    return lstat("\(path)/\(name)", &status) == 0 ? UInt16(status.st_mode & 0o7777) : 0
  }

  func inode(_ name: String) -> UInt64? {
    var status = Glibc.stat()
    return lstat("\(path)/\(name)", &status) == 0 ? UInt64(status.st_ino) : nil
  }
}

func key(_ text: String) throws -> ObjectKey { try ObjectKey(text) }

func text(_ content: String) -> Payload { .bytes(Array(content.utf8)) }

extension ObjectStore {
  @discardableResult
  func put(_ name: String, _ content: String, _ options: WriteOptions = WriteOptions()) async throws -> WriteReceipt {
    try await write(text(content), to: key(name), options)
  }

  func get(_ name: String) async throws -> String {
    String(decoding: try await readBytes(key(name), limit: 1 << 20), as: UTF8.self)
  }

  func all(_ prefix: String = "", _ options: ListOptions = ListOptions()) async throws -> (
    entries: [ObjectEntry], folders: [ObjectKey], problems: [ListProblem], pages: Int
  ) {
    let listing = list(KeyPrefix(trusted: Array(prefix.utf8)), options)
    var result: (entries: [ObjectEntry], folders: [ObjectKey], problems: [ListProblem], pages: Int) = ([], [], [], 0)
    while let page = try await listing.next() {
      result.entries += page.entries
      result.folders += page.folders
      result.problems += page.problems
      result.pages += 1
    }
    return result
  }

  func names(_ prefix: String = "", _ options: ListOptions = ListOptions()) async throws -> [String] {
    try await all(prefix, options).entries.map { String(decoding: $0.key.bytes, as: UTF8.self) }
  }

  func entry(_ name: String) async throws -> ObjectEntry? {
    let key = try key(name)
    return try await all().entries.first { $0.key == key }
  }
}

/// The code of the error that `body` throws, or nil if it throws none.
func code(_ body: () async throws -> Void) async -> StorageError.Code? {
  do { try await body() } catch { return (error as? StorageError)?.code }
  return nil
}

/// Blocks this thread; only for times of some milliseconds.
func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }
