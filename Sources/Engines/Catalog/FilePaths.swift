import Glibc

/// Paths as bytes, for the few files the catalog owns.
enum FilePaths {
  static func withCString<Result>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
    try (path + [0]).withUnsafeBytes { try body($0.bindMemory(to: CChar.self).baseAddress!) }
  }

  /// The path without symbolic links; nil (with `errno`) if there is nothing at it.
  static func real(_ path: [UInt8]) -> [UInt8]? {
    guard !path.isEmpty, !path.contains(0), let text = withCString(path, { realpath($0, nil) }) else { return nil }
    defer { free(text) }
    return [UInt8](UnsafeRawBufferPointer(start: text, count: strlen(text)))
  }

  /// The path from the root, with `.` and `..` taken out, nothing looked up.
  static func absolute(_ path: [UInt8]) -> [UInt8] {
    var whole = path
    if path.first != UInt8(ascii: "/"), let here = real([UInt8(ascii: ".")]) { whole = here + [UInt8(ascii: "/")] + path }
    var parts: [ArraySlice<UInt8>] = []
    for part in whole.split(separator: UInt8(ascii: "/")) {
      if part.elementsEqual([UInt8(ascii: ".")]) { continue }
      if part.elementsEqual([UInt8(ascii: "."), UInt8(ascii: ".")]) { _ = parts.popLast() } else { parts.append(part) }
    }
    return [UInt8(ascii: "/")] + parts.joined(separator: [UInt8(ascii: "/")])
  }

  /// Whether `path` is `folder` or lies below it; both absolute.
  static func contains(_ folder: [UInt8], _ path: [UInt8]) -> Bool {
    let beginning = folder.last == UInt8(ascii: "/") ? folder : folder + [UInt8(ascii: "/")]
    return path == folder || path.starts(with: beginning)
  }

  static func isFolder(_ path: [UInt8]) -> Bool {
    var status = stat()
    return withCString(path) { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  static func exists(_ path: [UInt8]) -> Bool { withCString(path) { access($0, F_OK) } == 0 }

  /// Bytes of a file; nil if it is not there.
  static func size(_ path: [UInt8]) -> Int64? {
    var status = stat()
    guard withCString(path, { stat($0, &status) }) == 0 else { return nil }
    return Int64(status.st_size)
  }

  /// The beginning of a small file; nil (with `errno`) if it cannot be read.
  static func read(_ path: [UInt8], limit: Int = 4096) -> [UInt8]? {
    let descriptor = withCString(path) { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return read(descriptor, limit: limit)
  }

  static func read(_ descriptor: Int32, limit: Int = 4096) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: limit)
    var filled = 0
    while filled < limit {
      let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress! + filled, limit - filled, off_t(filled)) }
      if count < 0 {
        if errno == EINTR { continue }
        return nil
      }
      if count == 0 { break }
      filled += count
    }
    return Array(bytes.prefix(filled))
  }

  /// Writes all of `bytes` at the beginning; the `errno` of a failure, or 0.
  static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress! + written, bytes.count - written, off_t(written)) }
      if count < 0 {
        if errno == EINTR { continue }
        return errno
      }
      written += count
    }
    return 0
  }

  /// Forces a folder's entries to the disk.
  static func syncFolder(_ path: [UInt8]) -> Int32 {
    let descriptor = withCString(path) { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    return fsync(descriptor) == 0 ? 0 : errno
  }

  /// The names in a folder, sorted bytewise; nil (with `errno`) if it cannot be read.
  static func names(in path: [UInt8]) -> [[UInt8]]? {
    guard let directory = withCString(path, { opendir($0) }) else { return nil }
    defer { closedir(directory) }
    var names: [[UInt8]] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name != [UInt8(ascii: ".")], name != [UInt8(ascii: "."), UInt8(ascii: ".")] { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }
}
