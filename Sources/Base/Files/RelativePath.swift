import Glibc

/// A checked path below a confined folder: relative, and made of names only.
struct RelativePath {
  /// The whole path, ended by a NUL.
  let terminated: [CChar]
  /// Where the last name begins in `terminated`; 0 if the path is one name.
  let nameStart: Int

  /// Refuses what could mean a place elsewhere.
  init(_ path: [UInt8], _ operation: FileError.Operation) throws(FileError) {
    if let fault = RelativePath.fault(in: path) {
      throw FileError(.invalidPath, errno: EINVAL, operation: operation, path: path, detail: fault)
    }
    nameStart = path.lastIndex(of: 0x2F).map { $0 + 1 } ?? 0
    terminated = [CChar](unsafeUninitializedCapacity: path.count + 1) { buffer, count in
      for (index, byte) in path.enumerated() { buffer[index] = CChar(bitPattern: byte) }
      buffer[path.count] = 0
      count = path.count + 1
    }
  }

  private static func fault(in path: [UInt8]) -> String? {
    if path.isEmpty { return "the path is empty" }
    if path[0] == 0x2F { return "the path is absolute" }
    var start = 0
    for index in 0...path.count {
      if index < path.count {
        if path[index] == 0 { return "the path has a NUL byte" }
        if path[index] != 0x2F { continue }
      }
      let length = index - start
      if length == 0 { return "the path has an empty component" }
      if path[start] == 0x2E && (length == 1 || (length == 2 && path[start + 1] == 0x2E)) {
        return "the path has a \"\(length == 1 ? "." : "..")\" component"
      }
      start = index + 1
    }
    return nil
  }

  /// The path of the parent, ended by a NUL; nil if the parent is the root itself.
  var parent: [CChar]? { nameStart == 0 ? nil : terminated[..<(nameStart - 1)] + [0] }

  /// The last name, as a C string.
  func withName<Result, Failure: Error>(
    _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try terminated.withUnsafeBufferPointer { (buffer) throws(Failure) -> Result in try body(buffer.baseAddress! + nameStart) }
  }
}
