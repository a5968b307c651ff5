import HTTPServer
import Markup

extension DropboxEmulator {
  /// `files/create_folder_v2`.
  func createFolder(_ call: DropboxCall) throws -> HTTPServerResponse {
    try call.arguments.allow(["path", "autorename"])
    let naming = try DropboxCommit.Naming(call.arguments)
    let place = try tagged(lookup: "path", write: "path") {
      try DropboxPlace.read(call.arguments, "path", .write, malformed: DropboxWriteFailure.malformedPath)
    }
    return .json(.object(["metadata": .object(try createFolder(place, naming).metadata(withTag: false))]))
  }

  /// Makes a folder, and those around it.
  /// - Throws: `DropboxRefusal.endpoint` with a `CreateFolderError`.
  func createFolder(_ place: DropboxPlace, _ naming: DropboxCommit.Naming) throws -> DropboxEntry {
    try tagged(lookup: "path", write: "path") {
      try depot.table.transaction { rows in
        let tree = tree(rows)
        var target = try tree.makeParents(of: tree.target(place))
        if let there = try tree.entry(target) {
          guard naming == .renamed else { throw DropboxWriteFailure.conflict(there.isFolder ? .folder : .file) }
          target = try tree.freePath(target, .number)
        }
        return try tree.makeFolder(target)
      }
    }
  }

  /// `files/delete_v2`.
  func delete(_ call: DropboxCall) throws -> HTTPServerResponse {
    .json(.object(["metadata": .object(try delete(DropboxDeletion(call.arguments)).metadata(withTag: true))]))
  }

  /// Deletes a file, or a folder with all that is in it.
  /// - Throws: `DropboxRefusal.endpoint` with a `DeleteError`.
  func delete(_ deletion: DropboxDeletion) throws -> DropboxEntry {
    try tagged(lookup: "path_lookup", write: "path_write") {
      try depot.table.transaction { rows in
        let tree = tree(rows)
        let entry = try tree.find(deletion.place)
        if let revision = deletion.revision {
          guard let file = entry.file else { throw DropboxLookup.notFile }
          guard file.revision == revision else { throw DropboxWriteFailure.conflict(.file) }
        }
        try tree.removeTree(entry)
        return entry
      }
    }
  }

  /// `files/move_v2`, `files/copy_v2`.
  func relocate(_ call: DropboxCall, _ kind: DropboxTree.RelocationKind) throws -> HTTPServerResponse {
    let relocation = try DropboxRelocation(
      call.arguments, also: ["allow_shared_folder", "autorename", "allow_ownership_transfer"])
    let entry = try depot.table.transaction { try tree($0).relocate(relocation, kind) }
    return .json(.object(["metadata": .object(entry.metadata(withTag: true))]))
  }
}

/// What is deleted.
struct DropboxDeletion: Sendable {
  let place: DropboxPlace
  /// The revision that a file must have.
  let revision: String?

  init(_ arguments: DropboxArguments) throws {
    try arguments.allow(["path", "parent_rev"])
    revision = try arguments.optionalString("parent_rev")
    place = try tagged(lookup: "path_lookup", write: "path_write") { try .read(arguments, "path", .writeOrID) }
  }
}
