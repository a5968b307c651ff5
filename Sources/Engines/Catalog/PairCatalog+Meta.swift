import Crypto
import ObjectStorage
import Primitives
import SQL

/// The catalog's own names among the small values.
enum MetaName {
  static let pair = "isobar.pair"
  static let epoch = "isobar.epoch"
  static let count = "isobar.count"
  static let hints = "isobar.hints"
  static let rolledBack = "isobar.rolled-back"
  static let state = "isobar.state"
  static let sync = "isobar.sync"
  static let reserved = "isobar."
}

extension PairCatalog {
  /// The small value stored under `name`: a fingerprint of the filters, the time of the last full hash; nil if there is none.
  public func meta(_ name: String) throws -> [UInt8]? { try catalogued { try metaValue(name) } }

  /// Stores a small value; nil removes it.
  /// - Throws: `.invalidArgument` for a name that starts with `isobar.`, which are the catalog's own.
  public func setMeta(_ name: String, _ value: [UInt8]?) throws {
    guard !name.hasPrefix(MetaName.reserved) else { throw CatalogError(.invalidArgument, "the name \(name) is the catalog's own") }
    try requireWritable()
    try catalogued { try setMetaValue(name, value) }
  }

  /// Remembers the markers at both roots.
  public func setRoots(left: [UInt8]?, right: [UInt8]?) throws {
    try requireWritable()
    let changed = PairRecord(
      trusted: pair.id, left: pair.left, right: pair.right, created: pair.created, leftRoot: left, rightRoot: right)
    try catalogued { try setMetaValue(MetaName.pair, changed.encoded) }
    pair = changed
  }

  // Values carry a checksum: a flipped bit in a root marker or a count must not pass for the real one.

  func metaValue(_ name: String) throws -> [UInt8]? {
    let statement = try database.prepare("SELECT value FROM meta WHERE name = ?1")
    defer { statement.reset() }
    try statement.bind(1, name)
    guard try statement.step() else { return nil }
    guard let value = Self.checked(statement.bytes(0), name: name) else { throw corrupt("the value \(DisplayText.escape(name))") }
    return value
  }

  func setMetaValue(_ name: String, _ value: [UInt8]?) throws {
    guard let value else {
      let statement = try database.prepare("DELETE FROM meta WHERE name = ?1")
      try statement.bind(1, name)
      return try statement.run()
    }
    let statement = try database.prepare("INSERT INTO meta VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET value = excluded.value")
    try statement.bind(1, name)
    try statement.bind(2, value + CRC.bytes(Self.checksum(value, name: name)))
    try statement.run()
  }

  static func checked(_ stored: [UInt8], name: String) -> [UInt8]? {
    guard stored.count >= 4 else { return nil }
    let value = Array(stored.dropLast(4))
    return CRC.bytes(checksum(value, name: name)).elementsEqual(stored.suffix(4)) ? value : nil
  }

  private static func checksum(_ value: [UInt8], name: String) -> UInt32 {
    let start = Array(name.utf8).withUnsafeBytes { CRC.crc32c($0) }
    return value.withUnsafeBytes { CRC.crc32c($0, continuing: start) }
  }

  func metaNumber(_ name: String) throws -> Int64? {
    guard let value = try metaValue(name) else { return nil }
    do {
      return try value.withUnsafeBytes { bytes in
        var reader = RecordReader(bytes)
        let number = try reader.signed()
        try reader.end()
        return number
      }
    } catch is RecordReader.Malformed {
      throw corrupt("the value \(name)")
    }
  }

  func setMetaNumber(_ name: String, _ number: Int64) throws {
    var writer = RecordWriter()
    writer.signed(number)
    try setMetaValue(name, writer.bytes)
  }

  // MARK: Loading

  /// Reads who the pair is and how far it got; `given` is stored where it is new.
  func load(given: PairRecord?) throws {
    try loadPair(given: given)
    storedCount = try metaNumber(MetaName.count) ?? 0
    epoch = try metaNumber(MetaName.epoch) ?? 0
    isRolledBack = try metaValue(MetaName.rolledBack) != nil
    guard storedCount > 0, !isRolledBack else { return }
    // The database counts first and durably, so it is never behind by itself.
    let counted = EpochFile(path: directory.epoch(pair.id)).read()
    guard counted.map({ $0 > epoch }) ?? (epoch > 0) else { return }
    isRolledBack = true
    if !isReadOnly { try durably { try setMetaValue(MetaName.rolledBack, []) } }
  }

  private func loadPair(given: PairRecord?) throws {
    guard let stored = try metaValue(MetaName.pair) else {
      // The pair's record is written first of all: a base tree without one has lost its page.
      guard try database.integer("SELECT EXISTS(SELECT 1 FROM base)") == 0 else { throw corrupt("the pair's record is missing") }
      guard let given else { throw CatalogError(.notFound, "the state has no pair yet", place: database.displayPath) }
      return try setMetaValue(MetaName.pair, given.encoded)
    }
    guard let known = PairRecord(encoded: stored) else { throw corrupt("the pair's record") }
    let isOurs =
      known.id == pair.id
      && (given.map { known.left.stableID == $0.left.stableID && known.right.stableID == $0.right.stableID } ?? true)
    guard isOurs else {
      let names = [known.left, known.right].map { DisplayText.escape($0.displayName) }.joined(separator: " and ")
      throw CatalogError(
        .wrongPair,
        "this state belongs to another pair, \(names). If its file was put here by mistake, run “isobar state rebuild --pair \(pair.id)”",
        place: database.displayPath)
    }
    guard let given else {
      pair = known
      return
    }
    pair = PairRecord(
      trusted: known.id, left: given.left, right: given.right, created: known.created,
      leftRoot: given.leftRoot ?? known.leftRoot, rightRoot: given.rightRoot ?? known.rightRoot)
    if pair != known { try setMetaValue(MetaName.pair, pair.encoded) }
  }
}

extension PairRecord {
  var encoded: [UInt8] {
    var writer = RecordWriter()
    writer.text(id)
    for end in [left, right] {
      writer.text(end.stableID)
      writer.text(end.displayName)
    }
    writer.timestamp(created)
    writer.optionalBlock(leftRoot)
    writer.optionalBlock(rightRoot)
    return writer.bytes
  }

  init?(encoded: [UInt8]) {
    let record = try? encoded.withUnsafeBytes { bytes throws -> PairRecord in
      var reader = RecordReader(bytes)
      let id = try reader.text()
      let left = PairEnd(stableID: try reader.text(), displayName: try reader.text())
      let right = PairEnd(stableID: try reader.text(), displayName: try reader.text())
      let created = try reader.timestamp()
      let roots = (try reader.optionalBlock(), try reader.optionalBlock())
      try reader.end()
      return try PairRecord(id: id, left: left, right: right, created: created, leftRoot: roots.0, rightRoot: roots.1)
    }
    guard let record else { return nil }
    self = record
  }
}
