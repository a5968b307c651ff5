/// What is moved or copied where.
struct DropboxRelocation: Sendable {
  var from: DropboxPlace
  var to: DropboxPlace
  var naming: DropboxCommit.Naming

  /// Reads the service's `RelocationPath`. `others` may stand beside it; `naming` counts where the paths stand in a list.
  init(_ arguments: DropboxArguments, also others: Set<String>, naming: DropboxCommit.Naming? = nil) throws {
    try arguments.allow(others.union(["from_path", "to_path"]))
    do {
      from = try .read(arguments, "from_path", .writeOrID)
    } catch let failure as DropboxLookup { throw DropboxRefusal.endpoint(.nested("from_lookup", failure.error)) }
    do {
      to = try .read(arguments, "to_path", .writeOrID, malformed: DropboxWriteFailure.malformedPath)
    } catch let failure as DropboxWriteFailure {
      throw DropboxRefusal.endpoint(.nested("to", failure.error))
    } catch let failure as DropboxLookup { throw DropboxRefusal.endpoint(.nested("to", failure.error)) }
    for flag in ["allow_shared_folder", "allow_ownership_transfer"] { _ = try arguments.bool(flag, default: false) }
    self.naming = try naming ?? DropboxCommit.Naming(arguments)
  }
}

extension DropboxTree {
  /// What becomes of the source.
  enum RelocationKind {
    case move
    case copy
  }

  /// Entries that one call moves or copies at most.
  private static let relocationLimit = 10_000

  /// Moves or copies a file, or a folder with all that is in it.
  /// - Throws: `DropboxRefusal.endpoint` with a `RelocationError`.
  func relocate(_ relocation: DropboxRelocation, _ kind: RelocationKind) throws -> DropboxEntry {
    func refused(_ error: DropboxError) -> DropboxRefusal { .endpoint(error) }
    let source = try tagged(lookup: "from_lookup", write: "from_write") { try find(relocation.from) }
    let wanted = try tagged(lookup: "to", write: "to") { try target(relocation.to) }
    if wanted.lower == source.path.lower {
      // The service does not rename by case alone: it says yes, and nothing changes.
      if kind == .move, wanted.names != source.path.names { return source }
      throw refused(.void("duplicated_or_nested_paths"))
    }
    if source.isFolder, source.path.isAncestor(of: wanted) {
      throw refused(.void(kind == .move ? "cant_move_folder_into_itself" : "duplicated_or_nested_paths"))
    }
    let below = source.isFolder ? try descendants(of: source.path, limit: Self.relocationLimit + 1) : []
    guard below.count < Self.relocationLimit else { throw refused(.void("too_many_files")) }
    return try tagged(lookup: "to", write: "to") {
      if DropboxPath.isDisallowed(wanted.name) { throw DropboxWriteFailure.disallowedName }
      var target = try makeParents(of: wanted)
      if let there = try entry(target) {
        guard relocation.naming == .renamed else { throw DropboxWriteFailure.conflict(there.isFolder ? .folder : .file) }
        target = try freePath(target, .number)
      }
      let result = try place(source, at: target, kind)
      for child in below {
        let names = target.names + child.path.names.dropFirst(source.path.names.count)
        _ = try place(child, at: DropboxPath(names: names).checked(), kind)
      }
      return result
    }
  }

  private func place(_ entry: DropboxEntry, at path: DropboxPath, _ kind: RelocationKind) throws -> DropboxEntry {
    var placed = entry
    placed.path = path
    if kind == .move { try remove(entry) } else { placed.id = Self.newID() }
    if placed.file != nil {
      placed.file?.revision = try newRevision()
      if kind == .copy { placed.file?.serverModified = now }
    }
    return try put(placed)
  }
}
