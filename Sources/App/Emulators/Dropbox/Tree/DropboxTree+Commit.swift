extension DropboxTree {
  /// Writes a file by the rules of the service's `WriteMode`.
  /// - Throws: `DropboxWriteFailure`, `DropboxLookup.notFound` for an id that nothing has.
  func commit(_ commit: DropboxCommit, _ content: DropboxContent) throws -> DropboxEntry {
    let wanted = try target(commit.place)
    if DropboxPath.isDisallowed(wanted.name) { throw DropboxWriteFailure.disallowedName }
    let path = try makeParents(of: wanted)
    let old = try entry(path)
    guard try used() + content.size <= rules.quota else { throw DropboxWriteFailure.insufficientSpace }
    switch try verdict(commit, content, old, path) {
    case .keep(let entry): return entry
    case .conflict(let what):
      guard commit.naming == .renamed else { throw DropboxWriteFailure.conflict(what) }
      let suffix: Suffix = if case .update = commit.mode { .conflictedCopy } else { .number }
      return try write(freePath(path, suffix), nil, commit, content)
    case .write: return try write(path, old, commit, content)
    }
  }

  private enum Verdict {
    case write
    /// What is there is what is wanted: nothing is written, not even the time.
    case keep(DropboxEntry)
    case conflict(DropboxWriteFailure.Conflict)
  }

  private func verdict(
    _ commit: DropboxCommit, _ content: DropboxContent, _ old: DropboxEntry?, _ path: DropboxPath
  ) throws -> Verdict {
    guard let old else {
      // The file that was to be replaced is gone: only a strict client minds.
      if case .update = commit.mode, commit.strictness == .strict { return .conflict(.file) }
      return .write
    }
    guard let file = old.file else { return .conflict(.folder) }
    let isEqual = file.content.hash == content.hash
    if isEqual, commit.strictness == .usual { return .keep(old) }
    switch commit.mode {
    case .overwrite: return .write
    case .add: return .conflict(.file)
    case .update(let revision): return revision == file.revision ? .write : .conflict(.file)
    }
  }

  private func write(
    _ path: DropboxPath, _ old: DropboxEntry?, _ commit: DropboxCommit, _ content: DropboxContent
  ) throws -> DropboxEntry {
    let file = DropboxFile(
      revision: try newRevision(), clientModified: commit.clientModified ?? now, serverModified: now, content: content)
    // A file that is written over keeps its id, and its name with the case that it was made with.
    return try put(DropboxEntry(path: old?.path ?? path, id: old?.id ?? Self.newID(), sequence: 0, file: file))
  }

  /// How a name that is taken is changed.
  enum Suffix {
    case number
    case conflictedCopy
  }

  /// A path in the same folder that nothing has: `a (1).txt`, `a (conflicted copy).txt`. A name that is too long then loses characters
  /// before the mark.
  func freePath(_ path: DropboxPath, _ suffix: Suffix) throws -> DropboxPath {
    let name = String(decoding: path.name, as: UTF8.self).unicodeScalars
    var dot = name.dropFirst().lastIndex(of: ".") ?? name.endIndex
    // So much behind a dot is no ending.
    if name[dot...].count > DropboxPath.longestName / 2 { dot = name.endIndex }
    for number in 1... {
      let mark =
        switch suffix {
        case .number: " (\(number))"
        case .conflictedCopy: number == 1 ? " (conflicted copy)" : " (conflicted copy \(number - 1))"
        }
      let room = DropboxPath.longestName - mark.unicodeScalars.count - name[dot...].count
      let candidate = path.renamed(Array("\(String(name[..<dot].prefix(room)))\(mark)\(String(name[dot...]))".utf8))
      if try entry(candidate) == nil { return try candidate.checked() }
    }
    preconditionFailure("numbers do not end")
  }
}
