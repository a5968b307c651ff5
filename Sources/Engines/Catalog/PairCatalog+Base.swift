public import ObjectStorage
import Primitives
import SQL

extension PairCatalog {
  /// The base tree in bytewise order of its keys, from after a key, as it is now: later changes do not show.
  ///
  /// The scan reads through a connection of its own, so `apply` may run meanwhile. Costs about 0.4 µs an entry.
  public func baseScan(after: ObjectKey? = nil) throws -> BaseScan {
    try catalogued { try BaseScan(path: database.path, after: after) }
  }

  /// What both sides last agreed on at `key`; nil if they never did.
  public func base(for key: ObjectKey) throws -> BaseEntry? {
    try catalogued {
      let statement = try database.prepare("SELECT key, record FROM base WHERE key = ?1")
      defer { statement.reset() }
      try statement.bind(1, key.bytes)
      guard try statement.step() else { return nil }
      return try BaseScan.entry(of: statement, place: database.displayPath)
    }
  }

  /// How many paths the base tree has. Costs nothing.
  public func baseCount() throws -> Int { Int(storedCount) }

  /// Advances the base tree and records the operations that did it, all or nothing. Sorted by key first; a key's last change counts.
  ///
  /// A result that is done also clears the key's failures and the intents it names. An empty call costs nothing. About 2 µs a change
  /// in batches of a thousand and more; some 20 µs for one by itself.
  public func apply(_ changes: [BaseChange], completing results: [OperationResult] = []) throws {
    if changes.isEmpty && results.isEmpty { return }
    try requireWritable()
    let count = storedCount
    let operation = nextOperation
    do {
      try catalogued {
        try database.transaction {
          try write(inKeyOrder(changes))
          if storedCount != count { try setMetaNumber(MetaName.count, storedCount) }
          try record(results)
        }
      }
    } catch {
      storedCount = count
      nextOperation = operation
      throw error
    }
  }

  /// Forgets the base tree, and with it that it was rolled back: the next run sees every path as new, adopts what is equal and deletes
  /// nothing.
  public func clearBase() throws {
    try requireWritable()
    try catalogued {
      try durably {
        try database.execute("DELETE FROM base; DELETE FROM ancestors; DELETE FROM chunk_maps")
        for name in [MetaName.count, MetaName.hints, MetaName.rolledBack] { try setMetaValue(name, nil) }
      }
    }
    storedCount = 0
    isRolledBack = false
  }

  private func inKeyOrder(_ changes: [BaseChange]) -> [BaseChange] {
    let isSorted = zip(changes, changes.dropFirst()).allSatisfy { !($1.key < $0.key) }
    if isSorted { return changes }
    // Of equal keys the later change must stay later.
    return changes.enumerated().sorted { left, right in
      left.element.key == right.element.key ? left.offset < right.offset : left.element.key < right.element.key
    }.map(\.element)
  }

  private func write(_ changes: [BaseChange]) throws {
    guard !changes.isEmpty else { return }
    let insert = try database.prepare("INSERT INTO base VALUES(?1, ?2) ON CONFLICT(key) DO NOTHING")
    let update = try database.prepare("UPDATE base SET record = ?2 WHERE key = ?1")
    let remove = try database.prepare("DELETE FROM base WHERE key = ?1")
    for change in changes {
      switch change {
      case .set(let entry):
        BaseRecord.write(entry, to: &writer)
        let (first, second) = expectsExisting ? (update, insert) : (insert, update)
        if try store(entry.key, first) == 0 {
          expectsExisting.toggle()
          _ = try store(entry.key, second)
        }
        if !expectsExisting { storedCount += 1 }
      case .remove(let key):
        try remove.bind(1, key.bytes)
        try remove.run()
        storedCount -= Int64(database.changes)
      }
    }
  }

  /// Rows changed by storing the record that was just written.
  private func store(_ key: ObjectKey, _ statement: Statement) throws -> Int {
    try key.bytes.withUnsafeBytes { key in
      try writer.bytes.withUnsafeBytes { record in
        try statement.bindBorrowed(1, key)
        try statement.bindBorrowed(2, record)
        try statement.run()
      }
    }
    return database.changes
  }
}
