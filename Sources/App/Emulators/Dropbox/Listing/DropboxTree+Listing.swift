import Markup

extension DropboxTree {
  /// One page behind `cursor`, which is moved on.
  /// - Throws: `DropboxLookup.notFound` or `.notFolder` if the folder is no more.
  func page(_ cursor: inout DropboxCursor) throws -> (entries: [JSONValue], hasMore: Bool) {
    var root: DropboxEntry?
    if !cursor.folder.isEmpty {
      guard let found = try entry(lower: cursor.folder) else { throw DropboxLookup.notFound }
      guard found.isFolder else { throw DropboxLookup.notFolder }
      root = found
    }
    guard case .entries(let after) = cursor.progress else { return try changes(&cursor) }
    var entries: [JSONValue] = []
    // A listing of the whole tree begins with the folder itself.
    if after.isEmpty, cursor.depth == .tree, let root { entries.append(.object(root.metadata(withTag: true))) }
    let (found, last) = try children(cursor, after: after, limit: max(1, cursor.limit - entries.count))
    entries += found
    if let last {
      cursor.progress = .entries(after: last)
      return (entries, true)
    }
    cursor.progress = .changes
    // Whatever changed meanwhile comes as a change.
    return (entries, try !rows.scan("feed", after: Self.bigEndian(cursor.seen), limit: 1).isEmpty)
  }

  /// Children's metadata behind a key, and the key to go on behind; nil if there are no more.
  private func children(_ cursor: DropboxCursor, after: [UInt8], limit: Int) throws -> ([JSONValue], [UInt8]?) {
    var prefixes = [cursor.folder + [0]]
    if cursor.depth == .tree { prefixes.append(cursor.folder + [UInt8(ascii: "/")]) }
    var keys: [[UInt8]] = []
    for prefix in prefixes where keys.count <= limit {
      let found = try rows.scan("child", prefix: prefix, after: after.isEmpty ? nil : after, limit: limit + 1 - keys.count)
      keys += found.map(\.key)
    }
    let page = keys.prefix(limit)
    let entries = try page.compactMap { try metadata(ofChild: $0, cursor.deleted).map(JSONValue.object) }
    return (entries, keys.count > limit ? page.last : nil)
  }

  private func metadata(ofChild key: [UInt8], _ deleted: DropboxCursor.Deleted) throws -> JSONObject? {
    guard let zero = key.firstIndex(of: 0), key.count > zero + 10 else { return nil }
    let lower = Array(key[(zero + 10)...])
    guard key[zero + 1] == ChildKind.gone.rawValue else { return try entry(lower: lower)?.metadata(withTag: true) }
    guard deleted == .shown else { return nil }
    return try gone(lower: lower)?.path.deletedMetadata
  }

  /// What changed since, oldest change first; each path once, as it is now.
  private func changes(_ cursor: inout DropboxCursor) throws -> (entries: [JSONValue], hasMore: Bool) {
    var entries: [JSONValue] = []
    while true {
      let found = try rows.scan("feed", after: Self.bigEndian(cursor.seen), limit: 500)
      if found.isEmpty { return (entries, false) }
      for (key, value) in found {
        if entries.count >= cursor.limit { return (entries, true) }
        cursor.seen = key.reduce(0) { $0 << 8 | Int64($1) }
        let lower = Array((value.stringValue ?? "").utf8)
        guard cursor.covers(lower) else { continue }
        if let entry = try entry(lower: lower) {
          entries.append(.object(entry.metadata(withTag: true)))
        } else if let gone = try gone(lower: lower) {
          entries.append(.object(gone.path.deletedMetadata))
        }
      }
    }
  }

  /// Whether there is a change that the cursor's client does not know.
  func hasNews(_ cursor: DropboxCursor) throws -> Bool {
    if case .entries = cursor.progress { return true }
    if !cursor.folder.isEmpty, try entry(lower: cursor.folder) == nil { return true }
    var copy = cursor
    copy.limit = 1
    return try !changes(&copy).entries.isEmpty
  }
}

extension DropboxCursor {
  /// Whether a path is one that this listing is of.
  func covers(_ lower: [UInt8]) -> Bool {
    guard lower.starts(with: folder + [UInt8(ascii: "/")]) else { return depth == .tree && !folder.isEmpty && lower == folder }
    return depth == .tree || !lower.dropFirst(folder.count + 1).contains(UInt8(ascii: "/"))
  }
}
