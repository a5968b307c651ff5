import Crypto
public import ObjectStorage
public import Primitives
import SQL

/// A file as it was when somebody last looked.
public struct SeenFile: Hashable, Sendable {
  /// Its key.
  public var key: ObjectKey
  /// Bytes, as the listing gave them.
  public var size: Int64
  /// Its state.
  public var version: ObjectVersion

  /// A file.
  public init(key: ObjectKey, size: Int64, version: ObjectVersion) {
    self.key = key
    self.size = size
    self.version = version
  }
}

/// What a store held when somebody last looked at it, and where its history was: one database a store in the state folder.
///
/// One caller at a time; another process is kept out while it is open. What is changed between `begin` and `commit` counts as a whole
/// or not at all. Calls block on the disk, and throw `CatalogError`. It can be deleted: then the next look is the first.
public final class SeenTree: @unchecked Sendable {
  private let database: Database
  private let lease: Lease

  private init(_ database: Database, _ lease: Lease) {
    self.database = database
    self.lease = lease
  }

  /// Opens what is remembered of a store, making it at the first time.
  /// - Throws: `.locked` while somebody else looks; `.corrupt`, `.permissionDenied`, `.noSpace`, `.failed`.
  public static func open(_ directory: StateDirectory, store: StoreIdentity, clock: WallClock) throws -> SeenTree {
    let id = Hex.encode(SHA256.hash(Array(store.stableID.utf8)).prefix(16))
    let folder = try directory.folder("seen")
    let lease = try Lease.take(folder + Array("/\(id).lock".utf8), now: clock.now())
    return try catalogued {
      let database = try Database.open(
        path: folder + Array("/\(id).db".utf8), options: DatabaseOptions(applicationID: Schema.applicationID, checksPages: true))
      do {
        try migrations.apply(to: database)
      } catch {
        database.close()
        throw error
      }
      return SeenTree(database, lease)
    }
  }

  private static let migrations = Migrations([
    Migration(
      version: 1, name: "the first tables",
      sql: """
        CREATE TABLE seen(key BLOB PRIMARY KEY, size INTEGER NOT NULL, version BLOB NOT NULL) WITHOUT ROWID, STRICT;
        CREATE TABLE place(id INTEGER PRIMARY KEY CHECK (id = 0), cursor TEXT) STRICT;
        """)
  ])

  /// Lets others look.
  public func close() {
    database.close()
    lease.release()
  }

  // MARK: Changing

  /// Begins a change.
  public func begin() throws { try catalogued { try database.execute("BEGIN IMMEDIATE") } }

  /// Makes what was changed since `begin` lasting.
  public func commit() throws { try catalogued { try database.execute("COMMIT") } }

  /// Takes back what was changed since `begin`. Harmless without.
  public func rollBack() { if database.isInTransaction { try? database.execute("ROLLBACK") } }

  /// Remembers a file.
  public func put(_ file: SeenFile) throws {
    try catalogued {
      let statement = try database.prepare(
        "INSERT INTO seen VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET size = ?2, version = ?3")
      try statement.bind(1, file.key.bytes)
      try statement.bind(2, file.size)
      try statement.bind(3, file.version.bytes)
      try statement.run()
    }
  }

  /// Forgets a file.
  public func remove(_ key: ObjectKey) throws {
    try catalogued {
      let statement = try database.prepare("DELETE FROM seen WHERE key = ?1")
      try statement.bind(1, key.bytes)
      try statement.run()
    }
  }

  /// Notes that the store has been looked at whole.
  /// - Parameter cursor: where its history was before; nil where it has none.
  public func setPlace(_ cursor: ChangeCursor?) throws {
    try catalogued {
      let statement = try database.prepare("INSERT OR REPLACE INTO place VALUES (0, ?1)")
      try statement.bind(1, cursor?.text)
      try statement.run()
    }
  }

  // MARK: Asking

  /// Whether the store has never been looked at.
  public func isNew() throws -> Bool { try catalogued { try database.integer("SELECT count(*) FROM place") == 0 } }

  /// Where the store's history was; nil where it has none, or nobody has looked.
  public func cursor() throws -> ChangeCursor? {
    try catalogued { try database.strings("SELECT cursor FROM place WHERE cursor IS NOT NULL").first.map { ChangeCursor($0) } }
  }

  /// How many files are remembered. Counts them.
  public func count() throws -> Int { try catalogued { Int(try database.integer("SELECT count(*) FROM seen")) } }

  /// A file, if it is remembered.
  public func file(_ key: ObjectKey) throws -> SeenFile? {
    try catalogued {
      let statement = try database.prepare("SELECT key, size, version FROM seen WHERE key = ?1")
      defer { statement.reset() }
      try statement.bind(1, key.bytes)
      return try statement.step() ? try read(statement) : nil
    }
  }

  /// Files whose keys begin with `prefix` and lie behind `after`, in bytewise order, at most `limit` of them.
  public func files(below prefix: KeyPrefix, after: ObjectKey?, limit: Int) throws -> [SeenFile] {
    try catalogued {
      let statement = try database.prepare("SELECT key, size, version FROM seen WHERE key >= ?1 AND key > ?2 ORDER BY key LIMIT ?3")
      defer { statement.reset() }
      try statement.bind(1, prefix.bytes)
      try statement.bind(2, after?.bytes ?? [])
      try statement.bind(3, limit)
      var found: [SeenFile] = []
      while try statement.step() {
        let file = try read(statement)
        guard prefix.matches(file.key) else { break }
        found.append(file)
      }
      return found
    }
  }

  private func read(_ statement: Statement) throws -> SeenFile {
    guard let key = try? ObjectKey(statement.bytes(0)) else { throw CatalogError.corrupt("a key", place: database.displayPath) }
    return SeenFile(key: key, size: statement.int(1), version: ObjectVersion(statement.bytes(2)))
  }
}
