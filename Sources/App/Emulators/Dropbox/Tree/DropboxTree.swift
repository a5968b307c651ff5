import Crypto
import Markup
import Primitives

/// The account's files and folders inside one transaction.
///
/// Collections: `entry` (lower path → what is there), `gone` (lower path → what was), `child` (see `childKey`), `feed` (sequence → path:
/// each path once, where it changed last), `id` (id → path), `rev` (revision → the file as it was), `past` (lower path, or id, 0,
/// sequence → revision).
struct DropboxTree {
  let rows: EmulatorRows
  let now: Int64
  let rules: DropboxRules

  // MARK: Finding

  /// What is at `path` now.
  func entry(_ path: DropboxPath) throws -> DropboxEntry? { try entry(lower: path.lower) }

  func entry(lower: [UInt8]) throws -> DropboxEntry? { DropboxEntry(try rows.get("entry", lower)) }

  /// What was at `path` and was deleted or moved away; nil if something is there again, or nothing ever was.
  func gone(lower: [UInt8]) throws -> DropboxEntry? { DropboxEntry(try rows.get("gone", lower)) }

  /// The path that `place` stands for; nil for the root.
  /// - Throws: `DropboxLookup.notFound` for an id that nothing has.
  func path(_ place: DropboxPlace) throws -> DropboxPath? {
    switch place {
    case .root: return nil
    case .path(let path): return path
    case .revision(let revision): return try file(revision: revision).path
    case .id(let id, let below):
      guard let lower = try rows.get("id", Array(id.utf8))?["path"]?.stringValue, let entry = try entry(lower: Array(lower.utf8))
      else { throw DropboxLookup.notFound }
      return DropboxPath(names: entry.path.names + below)
    }
  }

  /// The path of something that is to be made.
  /// - Throws: `DropboxLookup.notFound` for an id that nothing has, `DropboxWriteFailure.malformedPath` for the root and what is too long.
  func target(_ place: DropboxPlace) throws -> DropboxPath {
    guard let path = try path(place) else { throw DropboxWriteFailure.malformedPath }
    // Some characters are composed of more than they were.
    return try path.composed.checked()
  }

  /// What `place` stands for.
  /// - Throws: `DropboxLookup.notFound`.
  func find(_ place: DropboxPlace) throws -> DropboxEntry {
    if case .revision(let revision) = place { return try file(revision: revision) }
    guard let path = try path(place), let entry = try entry(path) else { throw DropboxLookup.notFound }
    return entry
  }

  /// A file as it was in `revision`.
  /// - Throws: `DropboxLookup.notFound`.
  func file(revision: String) throws -> DropboxEntry {
    guard let entry = DropboxEntry(try rows.get("rev", Array(revision.utf8))) else { throw DropboxLookup.notFound }
    return entry
  }

  /// The entries below a folder at any depth, folders before what is in them.
  /// - Parameter limit: the most that are read.
  func descendants(of path: DropboxPath, limit: Int) throws -> [DropboxEntry] {
    try rows.scan("entry", prefix: path.lower + [UInt8(ascii: "/")], limit: limit).compactMap { DropboxEntry($0.value) }
  }

  // MARK: Changing

  /// The number of the next change.
  func nextSequence() throws -> Int64 {
    let next = try sequence() + 1
    try rows.put("meta", Array("sequence".utf8), .integer(next))
    return next
  }

  /// The number of the last change.
  func sequence() throws -> Int64 { try rows.get("meta", Array("sequence".utf8))?.integerValue ?? 0 }

  /// Puts `entry` where its path says, as the newest change. What was there must be gone or be the same entry.
  @discardableResult
  func put(_ entry: DropboxEntry) throws -> DropboxEntry {
    var entry = entry
    let lower = entry.path.lower
    try forget(lower)
    entry.sequence = try nextSequence()
    try rows.put("entry", lower, entry.json)
    try count(entry, 1)
    try rows.put("child", Self.childKey(entry.path, entry.isFolder ? .folder : .file), .bool(true))
    try rows.put("id", Array(entry.id.utf8), .object(["path": .string(String(decoding: lower, as: UTF8.self))]))
    try tell(lower, entry.sequence)
    if let file = entry.file {
      try rows.put("rev", Array(file.revision.utf8), entry.json)
      for key in [lower, Array(entry.id.utf8)] {
        try rows.put("past", key + [0] + Self.bigEndian(entry.sequence), .string(file.revision))
      }
    }
    return entry
  }

  /// Removes `entry` alone and leaves word of it.
  func remove(_ entry: DropboxEntry) throws {
    var entry = entry
    let lower = entry.path.lower
    try forget(lower)
    entry.sequence = try nextSequence()
    var json = entry.json.objectValue ?? [:]
    json["at"] = .integer(now)
    try rows.put("gone", lower, .object(json))
    try rows.put("child", Self.childKey(entry.path, .gone), .bool(true))
    try tell(lower, entry.sequence)
  }

  /// Removes `entry` with all that is in it.
  func removeTree(_ entry: DropboxEntry) throws {
    let below = entry.isFolder ? try descendants(of: entry.path, limit: .max) : []
    try remove(entry)
    for child in below { try remove(child) }
    for gone in [entry] + below { try rows.remove("id", Array(gone.id.utf8)) }
  }

  /// Takes away what is known of a path, so that it is known in one way only.
  private func forget(_ lower: [UInt8]) throws {
    if let old = try entry(lower: lower) {
      try rows.remove("entry", lower)
      try count(old, -1)
      try rows.remove("child", Self.childKey(old.path, old.isFolder ? .folder : .file))
      try rows.remove("feed", Self.bigEndian(old.sequence))
    }
    if let old = try gone(lower: lower) {
      try rows.remove("gone", lower)
      try rows.remove("child", Self.childKey(old.path, .gone))
      try rows.remove("feed", Self.bigEndian(old.sequence))
    }
  }

  /// Bytes that the account holds now.
  func used() throws -> Int64 { try rows.get("meta", Array("used".utf8))?.integerValue ?? 0 }

  private func count(_ entry: DropboxEntry, _ sign: Int64) throws {
    guard let size = entry.file?.content.size else { return }
    try rows.put("meta", Array("used".utf8), .integer(used() + sign * size))
  }

  private func tell(_ lower: [UInt8], _ sequence: Int64) throws {
    try rows.put("feed", Self.bigEndian(sequence), .string(String(decoding: lower, as: UTF8.self)))
  }

  /// Makes the folders around `path` that are missing.
  /// - Throws: `DropboxWriteFailure.conflict(.fileAncestor)`.
  /// - Returns: the path, with the names of the folders as they were made.
  func makeParents(of path: DropboxPath) throws -> DropboxPath {
    guard let parent = path.parent else { return path }
    let folder: DropboxPath
    if let found = try entry(parent) {
      guard found.isFolder else { throw DropboxWriteFailure.conflict(.fileAncestor) }
      folder = found.path
    } else {
      folder = try makeFolder(makeParents(of: parent)).path
    }
    return folder.appending(path.name)
  }

  /// Makes a folder where nothing is; the folders around it must be there.
  func makeFolder(_ path: DropboxPath) throws -> DropboxEntry {
    if DropboxPath.isDisallowed(path.name) { throw DropboxWriteFailure.disallowedName }
    return try put(DropboxEntry(path: path, id: Self.newID(), sequence: 0, file: nil))
  }

  // MARK: Names of things

  /// What a child of a folder is, in the order of listings.
  enum ChildKind: UInt8 {
    case folder = 0
    case file = 1
    case gone = 2
  }

  /// The key of a child: the lower path of its folder, 0, its kind, 8 bytes of a hash, its lower path. So folders come before files, and
  /// names in an order that nobody can guess but that stays: the service's own order is not told either.
  static func childKey(_ path: DropboxPath, _ kind: ChildKind) -> [UInt8] {
    path.parentLower + [0, kind.rawValue] + SHA256.hash(path.lower).prefix(8) + path.lower
  }

  static func newID() -> String {
    "id:" + String(Base64.encode(Random.bytes(15)).map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
  }

  /// A revision that was never given before.
  func newRevision() throws -> String {
    let next = (try rows.get("meta", Array("revision".utf8))?.integerValue ?? 0) + 1
    try rows.put("meta", Array("revision".utf8), .integer(next))
    let digits = String(next, radix: 16)
    return "016" + String(repeating: "0", count: 12 - digits.utf8.count) + digits + "00000002d5c6f9a0"
  }

  static func bigEndian(_ number: Int64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
}
