import SQL

/// The tables of a pair's database. Keys are blobs, so they are ordered bytewise; times are nanoseconds since 1970.
enum Schema {
  /// "ISOB": marks the file as ours.
  static let applicationID: Int32 = 0x4953_4F42

  static let migrations = Migrations([
    Migration(version: 1, name: "the first tables", sql: first),
    // No table changes: `upgrade` has rewritten the file. The number says that it may be relied on.
    Migration(version: 2, name: "checksums of pages", sql: ""),
    Migration(version: 3, name: "maps of large files", sql: third),
  ])

  /// From this version on a file whose pages carry no checksums has lost its header's word for it.
  private static let checkedSince = 2

  /// Brings the file to the newest version, after a copy of an older one was made at `backup`.
  static func upgrade(_ database: Database, backup: [UInt8]) throws {
    let isThere = try isThere(database)
    try check(database)
    if isThere, !database.pagesAreChecked {
      try database.backup(to: backup)
      try database.rewriteWithChecksums()
      try migrations.apply(to: database)
    } else {
      try migrations.apply(to: database, backup: backup)
    }
  }

  /// Refuses what a newer version of the program wrote, and a header that cannot be right.
  static func check(_ database: Database) throws {
    try migrations.check(database)
    guard try Migrations.version(of: database) >= checkedSince, !database.pagesAreChecked else { return }
    throw CatalogError.corrupt("its header has changed", place: database.displayPath)
  }

  /// Whether the tables are there; false for an empty file, which is as good as none.
  /// - Throws: `CatalogError` `.corrupt` if there are tables, but the header says that there are none.
  static func isThere(_ database: Database) throws -> Bool {
    guard try Migrations.version(of: database) == 0 else { return true }
    guard try database.integer("SELECT count(*) FROM sqlite_master") == 0 else {
      throw CatalogError.corrupt("its header names no version", place: database.displayPath)
    }
    return false
  }

  private static let third = """
    CREATE TABLE chunk_maps(key BLOB PRIMARY KEY, version BLOB NOT NULL, map BLOB NOT NULL) STRICT;
    """

  private static let first = """
    CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE base(key BLOB PRIMARY KEY, record BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE runs(
      id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, started INTEGER NOT NULL, ended INTEGER, outcome INTEGER, summary BLOB) STRICT;
    CREATE TABLE operations(
      run INTEGER NOT NULL, number INTEGER NOT NULL, key BLOB NOT NULL, side INTEGER, action INTEGER NOT NULL,
      outcome INTEGER NOT NULL, bytes INTEGER NOT NULL, at INTEGER NOT NULL, code TEXT, message TEXT,
      PRIMARY KEY(run, number)) STRICT, WITHOUT ROWID;
    CREATE TABLE failures(
      key BLOB NOT NULL, side INTEGER NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL, attempts INTEGER NOT NULL,
      first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, next_attempt INTEGER,
      PRIMARY KEY(key, side)) STRICT, WITHOUT ROWID;
    CREATE TABLE conflicts(
      id INTEGER PRIMARY KEY, key BLOB NOT NULL, kind INTEGER NOT NULL, detected INTEGER NOT NULL, left_side BLOB,
      right_side BLOB, kept_as BLOB, policy TEXT NOT NULL, resolved INTEGER, how TEXT) STRICT;
    CREATE UNIQUE INDEX conflicts_open ON conflicts(key, kind) WHERE resolved IS NULL;
    CREATE TABLE trash(
      id INTEGER PRIMARY KEY, run INTEGER NOT NULL, side INTEGER NOT NULL, key BLOB NOT NULL, trash_key BLOB NOT NULL,
      size INTEGER NOT NULL, modified BLOB, deleted INTEGER NOT NULL, reason INTEGER NOT NULL) STRICT;
    CREATE INDEX trash_run ON trash(run);
    CREATE INDEX trash_deleted ON trash(deleted);
    CREATE TABLE ancestors(
      id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, hash BLOB NOT NULL, size INTEGER NOT NULL, saved INTEGER NOT NULL,
      content BLOB NOT NULL) STRICT;
    CREATE TABLE intents(
      id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL, kind INTEGER NOT NULL, side INTEGER NOT NULL, key BLOB NOT NULL,
      other BLOB, token TEXT, at INTEGER NOT NULL) STRICT;
    """
}
