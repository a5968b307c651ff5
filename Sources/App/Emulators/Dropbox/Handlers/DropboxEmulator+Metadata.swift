import HTTPServer
import Markup
import Primitives

extension DropboxEmulator {
  /// `check/user`.
  func checkUser(_ call: DropboxCall) throws -> HTTPServerResponse {
    try call.arguments.allow(["query"])
    return .json(.object(["result": .string(try call.arguments.optionalString("query") ?? "")]))
  }

  /// `users/get_space_usage`.
  func spaceUsage() throws -> HTTPServerResponse {
    let used = try depot.table.transaction { try tree($0).used() }
    return .json(
      .object(["used": .integer(used), "allocation": .object([".tag": "individual", "allocated": .integer(rules.quota)])]))
  }

  /// `files/get_metadata`.
  func getMetadata(_ call: DropboxCall) throws -> HTTPServerResponse {
    try call.arguments.allow([
      "path", "include_media_info", "include_deleted", "include_has_explicit_shared_members", "include_property_groups",
    ])
    for flag in ["include_media_info", "include_has_explicit_shared_members"] { _ = try call.arguments.bool(flag, default: false) }
    let wantsDeleted = try call.arguments.bool("include_deleted", default: false)
    let metadata = try tagged(lookup: "path", write: "path") {
      let place = try DropboxPlace.read(call.arguments, "path", .read)
      return try depot.table.transaction { rows in
        let tree = tree(rows)
        do {
          return try tree.find(place).metadata(withTag: true)
        } catch DropboxLookup.notFound {
          guard wantsDeleted, case .path(let path) = place, let gone = try tree.gone(lower: path.lower) else {
            throw DropboxLookup.notFound
          }
          return gone.path.deletedMetadata
        }
      }
    }
    return .json(.object(metadata))
  }

  /// `files/list_revisions`: newest first.
  func listRevisions(_ call: DropboxCall) throws -> HTTPServerResponse {
    try call.arguments.allow(["path", "mode", "limit", "before_rev", "include_restorable_info"])
    let limit = Int(try call.arguments.optionalInteger("limit", in: 1...100) ?? 10)
    let mode = try call.arguments.union("mode")?.tag ?? "path"
    guard ["path", "id"].contains(mode) else { throw call.arguments.refusal("mode", "invalid union tag '\(mode)'") }
    let before = try call.arguments.optionalString("before_rev")
    if before != nil, mode == "id" { throw DropboxRefusal.endpoint(.void("before_rev_not_supported")) }
    return .json(
      try tagged(lookup: "path", write: "path") {
        let place = try DropboxPlace.read(call.arguments, "path", .read)
        return try depot.table.transaction { try tree($0).revisions(place, byID: mode == "id", before: before, limit: limit) }
      })
  }

  /// `files/restore`: makes an old revision the newest.
  func restore(_ call: DropboxCall) throws -> HTTPServerResponse {
    try call.arguments.allow(["path", "rev"])
    let revision = try call.arguments.string("rev")
    let entry = try tagged(lookup: "path_lookup", write: "path_write") {
      let place = try DropboxPlace.read(call.arguments, "path", .write, malformed: DropboxWriteFailure.malformedPath)
      return try depot.table.transaction { rows in
        let tree = tree(rows)
        guard let old = try? tree.file(revision: revision), let file = old.file else {
          throw DropboxRefusal.endpoint(.void("invalid_revision"))
        }
        let commit = DropboxCommit(place: place, mode: .overwrite, clientModified: file.clientModified)
        return try tree.commit(commit, file.content)
      }
    }
    return .json(.object(entry.metadata(withTag: false)))
  }
}

extension DropboxTree {
  /// The revisions of what is, or last was, at `place`.
  fileprivate func revisions(_ place: DropboxPlace, byID: Bool, before: String?, limit: Int) throws -> JSONValue {
    let current: DropboxEntry
    var isDeleted = false
    do {
      current = try find(place)
    } catch DropboxLookup.notFound {
      guard case .path(let path) = place, let old = try gone(lower: path.lower) else { throw DropboxLookup.notFound }
      (current, isDeleted) = (old, true)
    }
    guard current.file != nil else { throw DropboxLookup.notFile }
    let key = (byID ? Array(current.id.utf8) : current.path.lower) + [0]
    var revisions = try rows.scan("past", prefix: key, limit: .max).compactMap { $0.value.stringValue }
    if let before {
      guard let index = revisions.firstIndex(of: before) else { throw DropboxRefusal.endpoint(.void("invalid_before_rev")) }
      revisions.removeSubrange(index...)
    }
    let entries = try revisions.reversed().prefix(limit).map { revision in
      JSONValue.object(try file(revision: revision).metadata(withTag: false))
    }
    var answer: JSONObject = [
      "is_deleted": .bool(isDeleted), "entries": .array(entries), "has_more": .bool(revisions.count > limit),
    ]
    if isDeleted, let at = try rows.get("gone", current.path.lower)?["at"]?.integerValue {
      answer["server_deleted"] = .string(Timestamp(seconds: at).iso8601)
    }
    return .object(answer)
  }
}
