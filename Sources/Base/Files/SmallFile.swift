import Glibc

/// Settings, keys, tokens: files outside synced trees that are read or written whole. Blocks.
public enum SmallFile {
  /// The content; nil if it cannot be read or is longer than `limit`.
  public static func read(_ path: [UInt8], limit: Int = 16 << 20) -> [UInt8]? {
    guard let file = withPath(path, { fopen($0, "re") }) else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= limit {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return ferror(file) == 0 ? bytes : nil }
      bytes += buffer[..<count]
    }
    return nil
  }

  /// Makes a new file readable by its owner only. A power cut does not take it back: whoever wrote a key may use it at once.
  /// - Returns: the error's number; 0 if all went well.
  public static func create(_ path: [UInt8], _ content: [UInt8]) -> Int32 {
    let descriptor = withPath(path) { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) }
    guard descriptor >= 0 else { return errno }
    var rest = content[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        let code = errno
        Glibc.close(descriptor)
        _ = withPath(path) { unlink($0) }
        return code
      }
      rest = rest.dropFirst(count)
    }
    var code = fsync(descriptor) == 0 ? 0 : errno
    // A pipe or a device cannot be, and need not.
    if code == EINVAL || code == EROFS { code = 0 }
    if Glibc.close(descriptor) != 0, code == 0 { code = errno }
    if code != 0 {
      _ = withPath(path) { unlink($0) }
      return code
    }
    syncFolder(of: path)
    return 0
  }

  /// The same, in the place of a file that is there: whoever reads it gets the old content or the new one.
  /// - Returns: the error's number; 0 if all went well.
  public static func replace(_ path: [UInt8], _ content: [UInt8]) -> Int32 {
    let new = path + Array(".new-\(getpid())".utf8)
    var code = create(new, content)
    if code == EEXIST {
      // Of a process of the same number that was killed.
      _ = withPath(new) { unlink($0) }
      code = create(new, content)
    }
    guard code == 0 else { return code }
    guard withPath(new, { source in withPath(path) { Glibc.rename(source, $0) } }) == 0 else {
      code = errno
      _ = withPath(new) { unlink($0) }
      return code
    }
    syncFolder(of: path)
    return 0
  }

  /// As well as the file system can: some cannot sync a folder, and the file is there.
  private static func syncFolder(of path: [UInt8]) {
    let slash = path.lastIndex(of: UInt8(ascii: "/"))
    let folder = slash.map { $0 == 0 ? path[...0] : path[..<$0] } ?? [UInt8(ascii: ".")][...]
    let descriptor = withPath(Array(folder)) { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    Glibc.close(descriptor)
  }

  /// Whether the path leads to a folder.
  public static func isFolder(_ path: [UInt8]) -> Bool {
    var status = stat()
    return withPath(path) { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func withPath<Result>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    (path + [0]).withUnsafeBytes { body($0.bindMemory(to: CChar.self).baseAddress!) }
  }
}
