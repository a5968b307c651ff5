import Files
import ObjectStorage

/// Where in the folder an object is.
enum Place {
  /// A file or folder at this path.
  case path([UInt8])
  /// A symbolic link at this path, which appears as a file with its text.
  case link([UInt8])

  var path: [UInt8] {
    switch self {
    case .path(let path), .link(let path): path
    }
  }

  /// What the file system must have there.
  var kind: FileKind {
    switch self {
    case .path: .file
    case .link: .symlink
    }
  }
}

extension LocalStore {
  /// What the name of a symbolic link's stand-in ends in, as rclone has it.
  static let linkSuffix = Array(".rclonelink".utf8)

  func place(_ key: ObjectKey) -> Place {
    let suffix = LocalStore.linkSuffix
    // "dir/.rclonelink" would be a link without a name.
    if options.links == .asLinkFiles, key.name.count > suffix.count, key.bytes.suffix(suffix.count) == suffix[...] {
      return .link(Array(key.bytes.dropLast(suffix.count)))
    }
    return .path(Array(key.withoutSlash))
  }

  /// What reading does with links.
  var linkFollowing: LinkFollowing { options.links == .follow ? .inside : .refuse }

  /// What stands at a place, seen as reading sees it; nil if nothing does.
  func status(at path: [UInt8]) throws -> FileStatus? { try root.status(path, links: linkFollowing) }

  /// The status of an object.
  /// - Throws: `.notFound` also where something of another kind stands.
  func existing(_ key: ObjectKey) throws -> FileStatus {
    let place = place(key)
    let found = try mapping(key) { place.kind == .symlink ? try root.status(place.path) : try status(at: place.path) }
    let wanted = key.isFolder ? FileKind.directory : place.kind
    guard let found, found.kind == wanted else {
      // A link that is an object by another key is no more in the way than a folder is.
      let isOther = found?.kind == .symlink && options.links == .asLinkFiles
      if let kind = found?.kind, kind != .file, kind != .directory, !isOther { throw occupied(key, by: kind) }
      throw try confirmedMissing(key)
    }
    return found
  }

  /// "Not found", unless the whole root is gone: then nothing is known of the object.
  func confirmedMissing(_ key: ObjectKey) throws -> StorageError {
    try requireRoot()
    return missing(key)
  }

  /// Makes the folders above `path`, and runs `body` again, whenever it fails for want of them.
  func makingParents<Result>(of path: [UInt8], _ key: ObjectKey, _ body: () throws -> Result) throws -> Result {
    var attempts = 0
    while true {
      do {
        return try body()
      } catch let error as FileError where error.code == .notFound && attempts < 8 {
        // Somebody may remove the folders as fast as they are made, but not for long.
        attempts += 1
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { throw try confirmedMissing(key) }
        try mapping(key) { try makeParents(Array(path[..<slash]), key) }
      } catch let error as FileError where error.code == .notDirectory {
        throw failure(.alreadyExists, key, "a part of its path is a file, where a folder is needed")
      } catch {
        throw storageError(error, key)
      }
    }
  }

  private func makeParents(_ path: [UInt8], _ key: ObjectKey) throws {
    do {
      try root.makeDirectory(path, intermediate: true)
    } catch let error as FileError where error.code == .exists || error.code == .notDirectory {
      throw failure(.alreadyExists, key, "a part of its path is a file, where a folder is needed")
    }
  }
}
