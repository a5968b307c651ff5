public import ObjectStorage
public import Primitives
import SQL

/// The number of an intent within its pair; never used again.
public struct IntentID: Hashable, Sendable, Comparable {
  /// The number.
  public let number: Int64
  /// The intent of this number.
  public init(_ number: Int64) { self.number = number }
  public static func < (left: IntentID, right: IntentID) -> Bool { left.number < right.number }
}

/// Something a run is about to do that needs looking after if the run dies in the middle.
public struct Intent: Hashable, Sendable {
  /// What. Raw values are stored: never change one.
  public enum Kind: UInt8, Hashable, Sendable {
    /// `key` goes to the trash as `other`.
    case trashMove = 0
    /// An upload in parts of `key`; `token` is its id. To be resumed or aborted.
    case multipart = 1
    /// A file under the temporary name `other`, which becomes `key`.
    case temporaryFile = 2
    /// `key` moves to `other`.
    case move = 3
    /// `key` is written; nothing else is to be cleaned up.
    case write = 4
    /// `key` is deleted for good.
    case delete = 5
  }

  /// Its number; nil before it is recorded.
  public var id: IntentID?
  /// What.
  public var kind: Kind
  /// On which side.
  public var side: PairSide
  /// The path.
  public var key: ObjectKey
  /// The other path, if one takes part.
  public var other: ObjectKey?
  /// The service's id of an upload.
  public var token: String?
  /// The run it belongs to; set when it is recorded.
  public var run: RunID?
  /// When it was recorded.
  public var at: Timestamp?

  /// An intent, to be recorded.
  public init(_ kind: Kind, side: PairSide, key: ObjectKey, other: ObjectKey? = nil, token: String? = nil) {
    self.kind = kind
    self.side = side
    self.key = key
    self.other = other
    self.token = token
  }
}

extension PairCatalog {
  /// Writes down what the current run is about to do, in one transaction, before it does it.
  ///
  /// `apply(_:completing:)` strikes out what a result names; `endIntents` does it by itself.
  /// - Returns: the numbers, in the order of `intents`.
  @discardableResult
  public func recordIntent(_ intents: [Intent]) throws -> [IntentID] {
    try requireWritable()
    if intents.isEmpty { return [] }
    guard let run = currentRun else { throw CatalogError(.invalidArgument, "an intent was recorded outside a run") }
    return try catalogued {
      try database.transaction {
        let now = clock.now().stored
        let statement = try database.prepare(
          "INSERT INTO intents(run, kind, side, key, other, token, at) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        return try intents.map { intent in
          try statement.bind(1, run.number)
          try statement.bind(2, Int64(intent.kind.rawValue))
          try statement.bind(3, Int64(intent.side.rawValue))
          try statement.bind(4, intent.key.bytes)
          try statement.bind(5, intent.other?.bytes)
          try statement.bind(6, intent.token)
          try statement.bind(7, now)
          try statement.run()
          return IntentID(database.lastInsertedRowID)
        }
      }
    }
  }

  /// Strikes out intents that are over, in one transaction.
  public func endIntents(_ ids: [IntentID]) throws {
    try requireWritable()
    if ids.isEmpty { return }
    try catalogued { try database.transaction { try removeIntents(ids) } }
  }

  /// What was begun and not ended, the oldest first: at the start of a run, what earlier runs left behind.
  public func pending(limit: Int = 1_000_000) throws -> [Intent] {
    try catalogued {
      let statement = try database.prepare("SELECT id, run, kind, side, key, other, token, at FROM intents ORDER BY id LIMIT ?1")
      defer { statement.reset() }
      try statement.bind(1, max(limit, 0))
      var intents: [Intent] = []
      while try statement.step() {
        guard let kind = UInt8(exactly: statement.int(2)).flatMap(Intent.Kind.init), let side = try side(statement, 3) else {
          throw corrupt("the journal")
        }
        var intent = Intent(
          kind, side: side, key: try key(statement, 4), other: statement.isNull(5) ? nil : try key(statement, 5),
          token: statement.isNull(6) ? nil : statement.string(6))
        intent.id = IntentID(statement.int(0))
        intent.run = RunID(statement.int(1))
        intent.at = Timestamp(stored: statement.int(7))
        intents.append(intent)
      }
      return intents
    }
  }

  func removeIntents(_ ids: [IntentID]) throws {
    let statement = try database.prepare("DELETE FROM intents WHERE id = ?1")
    for id in ids {
      try statement.bind(1, id.number)
      try statement.run()
    }
  }
}
