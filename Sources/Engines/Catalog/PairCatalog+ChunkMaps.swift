public import ObjectStorage
import SQL

/// What large files consist of, as one side's store has them: where the next version's known parts can be taken from.
extension PairCatalog {
  /// Keeps the map of what `key` is in a store, in place of the one before.
  /// - Parameters:
  ///   - version: the state of the object that the map describes.
  ///   - map: the map's own record; opaque here.
  public func setChunkMap(_ key: ObjectKey, version: ObjectVersion, _ map: [UInt8]) throws {
    try requireWritable()
    try catalogued {
      let statement = try database.prepare(
        """
        INSERT INTO chunk_maps(key, version, map) VALUES(?1, ?2, ?3)
          ON CONFLICT(key) DO UPDATE SET version = excluded.version, map = excluded.map
        """)
      try statement.bind(1, key.bytes)
      try statement.bind(2, version.bytes)
      try statement.bind(3, map)
      try statement.run()
    }
  }

  /// The map of `key`, if it describes this version of it.
  public func chunkMap(_ key: ObjectKey, version: ObjectVersion) throws -> [UInt8]? {
    try catalogued {
      let statement = try database.prepare("SELECT map FROM chunk_maps WHERE key = ?1 AND version = ?2")
      defer { statement.reset() }
      try statement.bind(1, key.bytes)
      try statement.bind(2, version.bytes)
      return try statement.step() ? statement.bytes(0) : nil
    }
  }

  /// Removes maps of paths that are no longer in the base tree.
  /// - Returns: how many were removed.
  @discardableResult
  public func pruneChunkMaps() throws -> Int {
    try requireWritable()
    return try catalogued {
      try database.execute("DELETE FROM chunk_maps WHERE NOT EXISTS(SELECT 1 FROM base WHERE base.key = chunk_maps.key)")
      return database.changes
    }
  }
}
