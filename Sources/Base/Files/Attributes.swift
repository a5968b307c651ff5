import CSystem
import Glibc

extension ConfinedDirectory {
  /// The value of an extended attribute of a file or folder, or nil if it has none of that name.
  /// - Parameter name: without the `user.` in front.
  public func getAttribute(_ path: [UInt8], name: [UInt8]) throws -> [UInt8]? {
    let file = try openForStatus(path, .readAttributes)
    return try readAttribute(of: file.raw, name: name, path: path)
  }

  /// Sets an extended attribute (`.unsupported` where the file system has none, `.noSpace` if it is too long for it).
  /// - Parameter name: without the `user.` in front.
  public func setAttribute(_ path: [UInt8], name: [UInt8], value: [UInt8]) throws {
    let file = try openForStatus(path, .writeAttributes)
    try writeAttribute(of: file.raw, name: name, value: value, path: path)
  }

  /// Removes an extended attribute; one that is not there is no error.
  /// - Parameter name: without the `user.` in front.
  public func removeAttribute(_ path: [UInt8], name: [UInt8]) throws {
    let file = try openForStatus(path, .writeAttributes)
    try Files.removeAttribute(of: file.raw, name: name, path: path)
  }

  /// The names of all `user.` attributes, without that prefix, sorted; empty where the file system has none.
  public func attributeNames(_ path: [UInt8]) throws -> [[UInt8]] {
    let file = try openForStatus(path, .readAttributes)
    return try Files.attributeNames(of: file.raw, path: path)
  }
}

func readAttribute(of descriptor: Int32, name: [UInt8], path: [UInt8]) throws -> [UInt8]? {
  let name = try attributeName(name, .readAttributes, path)
  return try readGrowing(.readAttributes, path) { csys_get_attribute(descriptor, name, $0, $1) }
}

func attributeNames(of descriptor: Int32, path: [UInt8]) throws -> [[UInt8]] {
  let names = try readGrowing(.readAttributes, path) { csys_list_attributes(descriptor, $0, $1) } ?? []
  if names.isEmpty { return [] }
  let prefix = Array("user.".utf8)
  return names.split(separator: 0).filter { $0.starts(with: prefix) }.map { Array($0.dropFirst(prefix.count)) }
    .sorted { $0.lexicographicallyPrecedes($1) }
}

func removeAttribute(of descriptor: Int32, name: [UInt8], path: [UInt8]) throws {
  let result = csys_remove_attribute(descriptor, try attributeName(name, .writeAttributes, path))
  if result != -ENODATA { try FileError.check(result, .writeAttributes, path) }
}

func writeAttribute(of descriptor: Int32, name: [UInt8], value: [UInt8], path: [UInt8]) throws {
  let result = csys_set_attribute(descriptor, try attributeName(name, .writeAttributes, path), value, UInt64(value.count))
  // E2BIG and ERANGE: longer than any file system takes.
  let full = result == -E2BIG || result == -ERANGE
  try FileError.check(full ? -ENOSPC : result, .writeAttributes, path)
}

private func attributeName(_ name: [UInt8], _ operation: FileError.Operation, _ path: [UInt8]) throws(FileError) -> [CChar] {
  guard !name.isEmpty, !name.contains(0), name.count <= 250 else {
    throw FileError(.invalidPath, errno: EINVAL, operation: operation, path: path, detail: "not a name of an attribute")
  }
  return ("user.".utf8 + name + [0]).map { CChar(bitPattern: $0) }
}

/// Reads a value whose length is not known; nil if there is none, or nothing of its sort.
private func readGrowing(
  _ operation: FileError.Operation, _ path: [UInt8], _ read: (UnsafeMutablePointer<CChar>, UInt64) -> Int64
) throws -> [UInt8]? {
  var size = 1024
  while true {
    var result: Int64 = 0
    let value = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      result = buffer.withMemoryRebound(to: CChar.self) { read($0.baseAddress!, UInt64(size)) }
      count = max(0, Int(result))
    }
    if result >= 0 { return value }
    switch Int32(-result) {
    case ENODATA, EOPNOTSUPP: return nil
    case ERANGE where size < 1 << 20: size *= 4
    default: throw FileError(errno: Int32(-result), operation: operation, path: path)
    }
  }
}
