import HTTPServer
import Markup

extension DropboxEmulator {
  /// `files/create_folder_v2`.
  func createFolder(_ call: DropboxCall) throws -> HTTPServerResponse {
    try call.arguments.allow(["path", "autorename"])
    let naming: DropboxCommit.Naming = try call.arguments.bool("autorename", default: false) ? .renamed : .asGiven
    let entry = try tagged(lookup: "path", write: "path") {
      let place = try DropboxPlace.read(call.arguments, "path", .write, malformed: DropboxWriteFailure.malformedPath)
      return try depot.table.transaction { try tree($0).createFolder(place, naming) }
    }
    return .json(.object(["metadata": .object(entry.metadata(withTag: false))]))
  }

  /// `files/create_folder_batch`: each path with a result of its own.
  func createFolderBatch(_ call: DropboxCall) throws -> HTTPServerResponse {
    try call.arguments.allow(["paths", "autorename", "force_async"])
    let naming: DropboxCommit.Naming = try call.arguments.bool("autorename", default: false) ? .renamed : .asGiven
    let isAsynchronous = try call.arguments.bool("force_async", default: false)
    let results = try call.arguments.strings("paths", atMost: 10_000).enumerated().map { index, text in
      guard let place = try? DropboxPlace.parse(text, .write, malformed: DropboxWriteFailure.malformedPath) else {
        return Self.failure(.nested("path", .void("malformed_path")))
      }
      return try result {
        let entry = try tagged(lookup: "path", write: "path") {
          try depot.table.transaction { try tree($0).createFolder(place, naming) }
        }
        return [".tag": "success", "metadata": .object(entry.metadata(withTag: false))]
      }
    }
    if isAsynchronous { return try startJob(["entries": .array(results)]) }
    return .json(.object([".tag": "complete", "entries": .array(results)]))
  }

  /// `files/delete_v2`.
  func delete(_ call: DropboxCall) throws -> HTTPServerResponse {
    .json(.object(["metadata": .object(try delete(call.arguments).metadata(withTag: true))]))
  }

  /// `files/delete_batch`: always a job.
  func deleteBatch(_ call: DropboxCall) throws -> HTTPServerResponse {
    try call.arguments.allow(["entries"])
    let results = try call.arguments.list("entries", atMost: 1000).map { argument in
      try result { [".tag": "success", "metadata": .object(try delete(argument).metadata(withTag: true))] }
    }
    return try startJob(["entries": .array(results)])
  }

  private func delete(_ arguments: DropboxArguments) throws -> DropboxEntry {
    try arguments.allow(["path", "parent_rev"])
    let revision = try arguments.optionalString("parent_rev")
    return try tagged(lookup: "path_lookup", write: "path_write") {
      let place = try DropboxPlace.read(arguments, "path", .writeOrID)
      return try depot.table.transaction { rows in
        let tree = tree(rows)
        let entry = try tree.find(place)
        if let revision {
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

  /// `files/move_batch_v2`, `files/copy_batch_v2`: always a job; each entry with a result of its own.
  func relocateBatch(_ call: DropboxCall, _ kind: DropboxTree.RelocationKind) throws -> HTTPServerResponse {
    try call.arguments.allow(["entries", "autorename", "allow_ownership_transfer"])
    let naming: DropboxCommit.Naming = try call.arguments.bool("autorename", default: false) ? .renamed : .asGiven
    let results = try call.arguments.list("entries", atMost: 1000).map { argument in
      do {
        let relocation = try DropboxRelocation(argument, also: [], naming: naming)
        let entry = try depot.table.transaction { try tree($0).relocate(relocation, kind) }
        return JSONValue.object([".tag": "success", "success": .object(entry.metadata(withTag: true))])
      } catch DropboxRefusal.endpoint(let error) {
        return Self.failure(.nested("relocation_error", error))
      }
    }
    return try startJob(["entries": .array(results)])
  }

  private func result(_ body: () throws -> JSONObject) throws -> JSONValue {
    do {
      return .object(try body())
    } catch DropboxRefusal.endpoint(let error) { return Self.failure(error) }
  }

  private static func failure(_ error: DropboxError) -> JSONValue {
    .object([".tag": "failure", "failure": .object(error.json)])
  }
}

extension DropboxTree {
  /// Makes a folder, and those around it.
  /// - Throws: `DropboxWriteFailure`.
  fileprivate func createFolder(_ place: DropboxPlace, _ naming: DropboxCommit.Naming) throws -> DropboxEntry {
    guard let wanted = try path(place) else { throw DropboxWriteFailure.malformedPath }
    var target = try makeParents(of: wanted)
    if let there = try entry(target) {
      guard naming == .renamed else { throw DropboxWriteFailure.conflict(there.isFolder ? .folder : .file) }
      target = try freePath(target, .number)
    }
    return try makeFolder(target)
  }
}
