import Glibc

extension ConfinedDirectory {
  /// Makes a folder (mode 0777 less the umask).
  /// - Parameter intermediate: whether missing folders above it are made too, and an existing folder is no error.
  public func makeDirectory(_ path: [UInt8], intermediate: Bool) throws {
    guard intermediate else {
      try inParent(of: path, .createFolder) { folder, name in
        try FileError.checkErrno(mkdirat(folder, name, 0o777), .createFolder, path)
      }
      return
    }
    do {
      try makeDirectory(path, intermediate: false)
    } catch let error as FileError where error.code == .exists {
      // Fine if it is a folder. A link to one is not: nothing could be written through it.
      guard try status(path)?.kind == .directory else { throw error }
    } catch let error as FileError where error.code == .notFound {
      guard let slash = path.lastIndex(of: 0x2F) else { throw error }
      try makeDirectory(Array(path[..<slash]), intermediate: true)
      try makeDirectory(path, intermediate: true)
    }
  }

  /// Makes a symbolic link holding `target`, which is stored as it is and never looked at.
  public func makeSymlink(_ target: [UInt8], at path: [UInt8]) throws {
    guard !target.isEmpty, !target.contains(0) else {
      throw FileError(
        .invalidPath, errno: EINVAL, operation: .createLink, path: path, detail: "the link's target is empty or has a NUL byte")
    }
    try inParent(of: path, .createLink) { folder, name in
      let result = withCString(target[...]) { symlinkat($0, folder, name) }
      try FileError.checkErrno(result, .createLink, path)
    }
  }

  /// The text of a symbolic link.
  public func readLink(_ path: [UInt8]) throws -> [UInt8] {
    try inParent(of: path, .readLink) { folder, name in
      var size = 256
      while true {
        let target = try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
          count = try buffer.withMemoryRebound(to: CChar.self) {
            try FileError.checkErrno(readlinkat(folder, name, $0.baseAddress!, size), .readLink, path)
          }
        }
        // A full buffer may be a cut one.
        if target.count < size { return target }
        size *= 2
      }
    }
  }
}
