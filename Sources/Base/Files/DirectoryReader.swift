import CSystem
import Glibc
import Primitives

/// Reads one folder after the other for a walk; each thread has its own.
final class DirectoryReader {
  private let root: ConfinedDirectory
  private let options: WalkOptions
  private let temporaries: WalkTemporaries
  private let device: UInt64
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)

  init(root: ConfinedDirectory, options: WalkOptions, temporaries: WalkTemporaries, device: UInt64) {
    (self.root, self.options, self.temporaries, self.device) = (root, options, temporaries, device)
  }

  deinit { buffer.deallocate() }

  /// Reads the folder at `path` (ending in `/`, or empty for the root) with the status of all that is in it, sorted.
  func read(_ path: [UInt8], ancestry: Ancestry) throws(FileError) -> DirectoryListing {
    let folder = try open(path)
    let listing = DirectoryListing(path: path, ancestry: ancestry)
    while true {
      let count = csys_read_directory(folder.raw, buffer.baseAddress, UInt64(buffer.count))
      if count == -Int64(ENOENT) { break }  // removed while open: empty
      try FileError.check(count, .list, path)
      if count == 0 { break }
      var offset = 0
      while offset < Int(count) {
        // linux_dirent64: inode (8 bytes), offset (8), record length (2), type (1), name ended by a NUL.
        let length = Int(buffer.load(fromByteOffset: offset + 16, as: UInt16.self))
        let type = buffer.load(fromByteOffset: offset + 18, as: UInt8.self)
        let name = (buffer.baseAddress! + offset + 19).assumingMemoryBound(to: CChar.self)
        let nameLength = strlen(name)
        name.withMemoryRebound(to: UInt8.self, capacity: nameLength + 1) {
          add(UnsafeBufferPointer(start: $0, count: nameLength), name, type, in: folder.raw, to: listing)
        }
        offset += length
      }
    }
    listing.sort()
    return listing
  }

  private func open(_ path: [UInt8]) throws(FileError) -> Descriptor {
    let flags = O_RDONLY | O_DIRECTORY | O_NONBLOCK
    if path.isEmpty {
      let number = openat(root.descriptor.raw, ".", flags | O_CLOEXEC)
      return Descriptor(owning: try FileError.checkErrno(number, .list, path))
    }
    var links = LinkFollowing.refuse
    if case .follow(let following) = options.symlinks { links = following }
    return try root.openBeneath(RelativePath(Array(path.dropLast()), .list), flags: flags, links: links, .list, path)
  }

  private func add(
    _ name: UnsafeBufferPointer<UInt8>, _ cName: UnsafePointer<CChar>, _ type: UInt8, in folder: Int32, to listing: DirectoryListing
  ) {
    if name[0] == 0x2E {
      if name.count == 1 || (name.count == 2 && name[1] == 0x2E) { return }
      if temporaries == .skip && TemporaryFile.isTemporaryName(name) { return }
    }
    if type == 10, options.symlinks == .skip { return }
    var raw = csys_status()
    let result = csys_status_at(folder, cName, &raw)
    if result == -ENOENT { return }  // gone since
    guard result == 0 else {
      let status = FileStatus(unknownOfType: type)
      add(name, status, FileError(errno: -result, operation: .status, path: listing.path + name), to: listing)
      return
    }
    var status = FileStatus(raw)
    var problem: FileError?
    if status.kind == .symlink {
      switch options.symlinks {
      case .skip: return
      case .record: break
      case .follow(let links):
        do { status = try target(of: listing.path + name, links, ancestry: listing.ancestry) } catch { problem = error }
      }
    }
    if temporaries == .only, status.kind != .directory, !TemporaryFile.isTemporaryName(name) { return }
    if status.kind == .directory, !options.crossDevices, status.device != device {
      problem = FileError(.otherDevice, errno: EXDEV, operation: .list, path: listing.path + name)
    }
    add(name, status, problem, to: listing)
  }

  private func add(_ name: UnsafeBufferPointer<UInt8>, _ status: FileStatus, _ problem: FileError?, to listing: DirectoryListing) {
    let isFolder = status.kind == .directory
    var isSilent = false
    if let after = options.after, after.starts(with: listing.path) {
      let path = listing.path + name + (isFolder ? [0x2F] : [])
      if !after.lexicographicallyPrecedes(path) {
        guard isFolder, after.starts(with: path) else { return }
        isSilent = true
      }
    }
    if isFolder, let prune = options.prune, prune(listing.path + name + [0x2F]) { return }
    listing.add(name: name, status, isEntered: isFolder && problem == nil, isSilent: isSilent, problem: problem)
  }

  private func target(of path: [UInt8], _ links: LinkFollowing, ancestry: Ancestry) throws(FileError) -> FileStatus {
    let file = try root.openBeneath(RelativePath(path, .status), flags: csys_o_path(), links: links, .status, path)
    let status = try FileStatus(at: file.raw, "", path)
    if status.kind == .symlink { throw FileError(errno: ELOOP, operation: .status, path: path) }
    if status.kind == .directory, ancestry.contains(status) {
      throw FileError(
        .symlinkInPath, errno: ELOOP, operation: .list, path: path, detail: "the link leads back to a folder above it")
    }
    return status
  }
}

extension FileStatus {
  /// All that a directory entry's type says.
  fileprivate init(unknownOfType type: UInt8) {
    let none = Timestamp(seconds: 0)
    self.init(
      kind: FileKind(mode: UInt32(type) << 12), size: 0, modified: none, changed: none, inode: 0, device: 0, mode: 0, links: 0)
  }
}
