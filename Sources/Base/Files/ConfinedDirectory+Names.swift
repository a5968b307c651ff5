import CSystem
import Glibc

extension ConfinedDirectory {
  /// What is at `path`, with links in it and at its end treated as said; nil if nothing is.
  public func status(_ path: [UInt8], links: LinkFollowing) throws -> FileStatus? {
    if links == .refuse { return try status(path) }
    do {
      return try statusFollowing(path, links)
    } catch let error as FileError where error.code == .notFound || error.code == .notDirectory {
      return nil
    }
  }

  private func statusFollowing(_ path: [UInt8], _ links: LinkFollowing) throws -> FileStatus {
    let file = try openBeneath(RelativePath(path, .status), flags: csys_o_path(), links: links, .status, path)
    return try FileStatus(at: file.raw, "", path)
  }

  /// Gives a file a second name; the two are equal from then on. Fails with `.exists` if something stands there, with `.unsupported`,
  /// `.permission` or `.tooManyLinks` where the file system does not allow it. Moves the file's change time.
  public func hardLink(_ source: [UInt8], _ destination: [UInt8]) throws {
    try inParent(of: source, .createLink) { fromFolder, fromName in
      try inParent(of: destination, .createLink) { toFolder, toName in
        try FileError.checkErrno(linkat(fromFolder, fromName, toFolder, toName, 0), .createLink, destination)
      }
    }
  }

  /// A path in the same folder as `path` under which nothing stands, of the sort that walks leave out: to move something aside.
  public func temporaryPath(beside path: [UInt8]) -> [UInt8] {
    path[..<((path.lastIndex(of: 0x2F) ?? -1) + 1)] + TemporaryFile.newName()
  }

  /// Makes everything that was written to the folder's file system durable. Takes as long as the disk needs for all that waits.
  public func syncFileSystem() throws { try descriptor.syncFileSystem() }

  /// An extended attribute of the folder itself; nil if it has none of that name.
  public func rootAttribute(name: [UInt8]) throws -> [UInt8]? { try descriptor.attribute(name: name) }

  /// Sets an extended attribute of the folder itself.
  public func setRootAttribute(name: [UInt8], value: [UInt8]) throws { try descriptor.setAttribute(name: name, value: value) }
}

extension TemporaryFile {
  /// Exchanges the names of two temporary files of one folder: to find out whether the file system can (else `FileError`).
  public func exchangeNames(with other: TemporaryFile) throws {
    try withCString(name[...]) { own in
      try withCString(other.name[...]) { its in
        try renameEntry(from: (folder.raw, own), to: (other.folder.raw, its), mode: .exchange, path: descriptor.path)
      }
    }
  }
}
