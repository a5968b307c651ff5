public import ObjectStorage
import Primitives
import SQL

/// The text that both sides had at their last sync: what a three-way merge starts from.
public struct Ancestor: Hashable, Sendable {
  /// The text.
  public let bytes: [UInt8]
  /// The hash of the version it was, to be compared with the base entry's.
  public let hash: ContentHash

  /// An ancestor.
  public init(bytes: [UInt8], hash: ContentHash) {
    self.bytes = bytes
    self.hash = hash
  }
}

extension PairCatalog {
  /// The longest text that is kept, in bytes.
  public static var maximumAncestor: Int { 1 << 20 }

  /// Keeps a text as the ancestor of `key`, in place of the one before.
  /// - Throws: `.invalidArgument` if it is longer than `maximumAncestor`.
  public func setAncestor(_ key: ObjectKey, _ bytes: [UInt8], hash: ContentHash) throws {
    try requireWritable()
    guard bytes.count <= Self.maximumAncestor else {
      throw CatalogError(.invalidArgument, "a text of \(bytes.count) bytes is too long to be kept for merging")
    }
    try catalogued {
      let statement = try database.prepare(
        """
        INSERT INTO ancestors(key, hash, size, saved, content) VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(key) DO UPDATE SET
          hash = excluded.hash, size = excluded.size, saved = excluded.saved, content = excluded.content
        """)
      try statement.bind(1, key.bytes)
      try statement.bind(2, BaseRecord.encode(hash))
      try statement.bind(3, bytes.count)
      try statement.bind(4, clock.now().stored)
      try statement.bind(5, bytes)
      try statement.run()
    }
  }

  /// The ancestor of `key`; nil if none was kept.
  public func ancestor(_ key: ObjectKey) throws -> Ancestor? {
    try catalogued {
      let statement = try database.prepare("SELECT hash, content, size FROM ancestors WHERE key = ?1")
      defer { statement.reset() }
      try statement.bind(1, key.bytes)
      guard try statement.step() else { return nil }
      let content = statement.bytes(1)
      guard content.count == Int(statement.int(2)), let hash = statement.withBytes(0, { BaseRecord.decodeHash($0) }) else {
        throw corrupt("an ancestor")
      }
      return Ancestor(bytes: content, hash: hash)
    }
  }

  /// Removes ancestors of paths that are no longer in the base tree, then the oldest until those left have at most `bytes` together.
  /// - Returns: how many were removed.
  @discardableResult
  public func pruneAncestors(keepingBytes bytes: Int64) throws -> Int {
    try requireWritable()
    return try catalogued {
      try database.transaction {
        try database.execute("DELETE FROM ancestors WHERE NOT EXISTS(SELECT 1 FROM base WHERE base.key = ancestors.key)")
        let orphans = database.changes
        let statement = try database.prepare(
          """
          DELETE FROM ancestors WHERE id IN (
            SELECT id FROM (SELECT id, sum(size) OVER (ORDER BY saved DESC, id DESC) AS total FROM ancestors) WHERE total > ?1)
          """)
        try statement.bind(1, bytes)
        try statement.run()
        return orphans + database.changes
      }
    }
  }
}
