import HTTPServer
import Markup
import Primitives

extension DropboxEmulator {
  /// `files/list_folder`.
  func listFolder(_ call: DropboxCall) throws -> HTTPServerResponse {
    let answer = try depot.table.transaction { rows in
      var cursor = try beginCursor(call.arguments, rows)
      let page = try tagged(lookup: "path", write: "path") { try tree(rows).page(&cursor) }
      return listing(page, cursor)
    }
    return .json(answer)
  }

  /// `files/list_folder/continue`.
  func listFolderContinue(_ call: DropboxCall) throws -> HTTPServerResponse {
    try call.arguments.allow(["cursor"])
    let answer = try depot.table.transaction { rows in
      var cursor = try readCursor(call.arguments, rows)
      let page = try tagged(lookup: "path", write: "path") { try tree(rows).page(&cursor) }
      return listing(page, cursor)
    }
    return .json(answer)
  }

  /// `files/list_folder/get_latest_cursor`.
  func latestCursor(_ call: DropboxCall) throws -> HTTPServerResponse {
    let text = try depot.table.transaction { rows in
      var cursor = try beginCursor(call.arguments, rows)
      cursor.progress = .changes
      return cursor.text(cursorKey)
    }
    return .json(.object(["cursor": .string(text)]))
  }

  /// `files/list_folder/longpoll`: waits until something has changed, or the time is over.
  func longPoll(_ call: DropboxCall) async throws -> HTTPServerResponse {
    try call.arguments.allow(["cursor", "timeout"])
    let seconds = try call.arguments.optionalInteger("timeout", in: 30...480) ?? 30
    let end = ContinuousClock.now + min(.seconds(seconds), rules.longPollLimit)
    while true {
      let signal = news.signal()
      defer { news.forget(signal) }
      let hasNews = try depot.table.transaction { rows in
        try tree(rows).hasNews(try readCursor(call.arguments, rows))
      }
      let left = end - ContinuousClock.now
      if hasNews || left <= .zero { return .json(.object(["changes": .bool(hasNews)])) }
      try await news.wait(signal, atMost: left)
    }
  }

  private func listing(_ page: (entries: [JSONValue], hasMore: Bool), _ cursor: DropboxCursor) -> JSONValue {
    .object([
      "entries": .array(page.entries), "cursor": .string(cursor.text(cursorKey)), "has_more": .bool(page.hasMore),
    ])
  }

  private func beginCursor(_ arguments: DropboxArguments, _ rows: EmulatorRows) throws -> DropboxCursor {
    try arguments.allow([
      "path", "recursive", "include_media_info", "include_deleted", "include_has_explicit_shared_members",
      "include_mounted_folders", "limit", "shared_link", "include_property_groups", "include_non_downloadable_files",
      "include_restorable_info",
    ])
    for flag in [
      "include_media_info", "include_has_explicit_shared_members", "include_mounted_folders", "include_non_downloadable_files",
      "include_restorable_info",
    ] { _ = try arguments.bool(flag, default: false) }
    let tree = tree(rows)
    let limit = try arguments.optionalInteger("limit", in: 1...2000)
    let depth: DropboxCursor.Depth = try arguments.bool("recursive", default: false) ? .tree : .children
    let deleted: DropboxCursor.Deleted = try arguments.bool("include_deleted", default: false) ? .shown : .hidden
    let folder = try tagged(lookup: "path", write: "path") {
      guard let path = try tree.path(try .read(arguments, "path", .folder)) else { return [UInt8]() }
      guard let entry = try tree.entry(path) else { throw DropboxLookup.notFound }
      guard entry.isFolder else { throw DropboxLookup.notFolder }
      return path.lower
    }
    return DropboxCursor(
      folder: folder, depth: depth, deleted: deleted, limit: limit.map(Int.init) ?? rules.pageSize,
      progress: .entries(after: []), seen: try tree.sequence(), generation: try generation(rows))
  }

  private func readCursor(_ arguments: DropboxArguments, _ rows: EmulatorRows) throws -> DropboxCursor {
    let text = try arguments.string("cursor")
    guard let cursor = DropboxCursor(text, cursorKey) else {
      throw DropboxRefusal.badArgument("Invalid \"cursor\" parameter: '\(String(text.prefix(80)))'")
    }
    guard cursor.generation == (try generation(rows)) else { throw DropboxRefusal.endpoint(.void("reset")) }
    return cursor
  }

  private func generation(_ rows: EmulatorRows) throws -> Int64 { try rows.get("meta", Self.generationKey)?.integerValue ?? 0 }
}
