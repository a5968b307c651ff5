import Glibc

/// Gives all that is below a folder, in one sorted stream, without holding the tree in memory.
///
/// Order: bytewise by full path, folders with a `/` at their end; so a folder comes just before its content, and `a!` before `a/`
/// before `a0`. Memory: the folders on the way down, the read-ahead window (32,768 entries) and up to two folders being read,
/// each whole; about 100 bytes an entry. Cost: one `getdents64` pass and a `statx` an entry, on two threads.
///
/// What changes during the walk may be seen or not; what vanishes is left out. Temporary files of this program are left out.
/// Calls block. Used by one caller at a time.
public final class TreeWalk: @unchecked Sendable {
  private let root: ConfinedDirectory
  private let start: [UInt8]
  private let options: WalkOptions
  private let temporaries: WalkTemporaries
  private let window: Int
  private var frames: [(listing: DirectoryListing, position: Int)] = []
  private var tools: (reader: DirectoryReader, ahead: ReadAhead)?

  /// A walk that has not begun yet.
  /// - Parameter start: a folder below `root`, with or without a `/` at its end, or empty for all; paths are below `root` all
  ///   the same. The start folder itself is not given.
  public convenience init(root: ConfinedDirectory, start: [UInt8] = [], options: WalkOptions = WalkOptions()) {
    self.init(root: root, start: start, options: options, temporaries: .skip)
  }

  /// - Parameter window: how many entries are read ahead at most.
  init(root: ConfinedDirectory, start: [UInt8], options: WalkOptions, temporaries: WalkTemporaries, window: Int = 1 << 15) {
    self.root = root
    self.start = start.isEmpty || start.last == 0x2F ? start : start + [0x2F]
    self.options = options
    self.temporaries = temporaries
    self.window = window
  }

  var readAhead: ReadAhead? { tools?.ahead }

  deinit { tools?.ahead.stop() }

  /// The next entries, at most `max`; fewer is no sign of the end, but none is.
  /// - Throws: `FileError` if the start folder itself cannot be read (the next call tries again). Folders below that cannot be read are
  ///   entries with a `problem`, and the walk goes on.
  public func next(max: Int) throws -> [WalkEntry] {
    let (reader, ahead) = try tools ?? begin()
    var entries: [WalkEntry] = []
    entries.reserveCapacity(min(max, 4096))
    while entries.count < max, let (listing, position) = frames.last {
      if position == listing.count {
        frames.removeLast()
        ahead.discard(listing)
        continue
      }
      frames[frames.count - 1].position += 1
      let record = listing.record(at: position)
      var problem = listing.problem(at: position)
      let path = listing.path(at: position)
      if record.isEntered {
        switch enter(path, position, of: listing, reader, ahead) {
        case .success(let content): frames.append((content, 0))
        case .failure(let error) where error.code == .notFound: continue
        case .failure(let error): problem = error
        }
      }
      if !record.isSilent || problem != nil {
        entries.append(WalkEntry(path: path, status: record.status, problem: problem))
      }
    }
    return entries
  }

  private func enter(
    _ path: [UInt8], _ position: Int, of listing: DirectoryListing, _ reader: DirectoryReader, _ ahead: ReadAhead
  ) -> Result<DirectoryListing, FileError> {
    if let result = ahead.take(position, of: listing) { return result }
    let result = Result { () throws(FileError) in
      try reader.read(path, ancestry: ahead.ancestry(of: position, in: listing))
    }
    if case .success(let content) = result { ahead.add(content) }
    return result
  }

  private func begin() throws -> (reader: DirectoryReader, ahead: ReadAhead) {
    let rootStatus = try root.rootStatus()
    var ancestry = Ancestry(rootStatus, below: nil)
    if !start.isEmpty {
      let folder = Array(start.dropLast())
      guard let status = try root.status(folder) else { throw FileError(errno: ENOENT, operation: .list, path: folder) }
      ancestry = Ancestry(status, below: ancestry)
    }
    let makeReader = { @Sendable [root, options, temporaries] in
      DirectoryReader(root: root, options: options, temporaries: temporaries, device: rootStatus.device)
    }
    let reader = makeReader()
    let ahead = ReadAhead(limit: window, makeReader: makeReader)
    let listing = try reader.read(start, ancestry: ancestry)
    tools = (reader, ahead)
    frames = [(listing, 0)]
    ahead.add(listing)
    return (reader, ahead)
  }
}
