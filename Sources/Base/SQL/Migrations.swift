import Primitives

/// One step of a schema's history.
public struct Migration: Sendable {
  /// The schema's version after this step; from 1 upwards.
  public let version: Int
  /// What the step does, for messages.
  public let name: String
  let apply: @Sendable (Database) throws -> Void

  /// A step written as statements.
  public init(version: Int, name: String, sql: String) {
    self.init(version: version, name: name) { try $0.execute(sql) }
  }

  /// A step written as code. It runs inside a transaction and must not end it.
  public init(version: Int, name: String, apply: @escaping @Sendable (Database) throws -> Void) {
    self.version = version
    self.name = name
    self.apply = apply
  }
}

/// The ordered history of a schema, and how a file is brought to its end.
///
/// The version stands in the file's `user_version`. Each step has a transaction of its own, so a crash leaves a file at some
/// whole version, from where the next start goes on; two processes that migrate at once do each step once.
public struct Migrations: Sendable {
  private let steps: [Migration]

  /// - Precondition: versions are positive and strictly ascending.
  public init(_ steps: [Migration]) {
    var last = 0
    for step in steps {
      precondition(step.version > last, "migrations must be in ascending order")
      last = step.version
    }
    self.steps = steps
  }

  /// The version that this program writes; 0 without steps.
  public var newest: Int { steps.last?.version ?? 0 }

  /// The version of a file.
  public static func version(of database: Database) throws -> Int { Int(try database.integer("PRAGMA user_version")) }

  /// Throws `.newerSchema` if the file was written by a newer version of the program. Changes nothing.
  public func check(_ database: Database) throws {
    let found = try Self.version(of: database)
    guard found > newest else { return }
    throw SQLError(
      code: .newerSchema,
      message: "the database was written by a newer version of this program (schema \(found), this one knows up to \(newest)): "
        + "update the program, or use another state directory",
      path: database.displayPath)
  }

  /// Brings the database to the newest version.
  /// - Parameter backup: where a copy of a file that has content goes before its first step, replacing the copy of the last
  ///   migration; nil for no copy.
  /// - Returns: the versions applied by this call; empty if there was nothing to do.
  /// - Throws: `.newerSchema`, with the file untouched; or what a step threw, with the file at the version before that step.
  @discardableResult
  public func apply(to database: Database, backup: [UInt8]? = nil) throws -> [Int] {
    try check(database)
    let start = try Self.version(of: database)
    let pending = steps.filter { $0.version > start }
    guard !pending.isEmpty else { return [] }
    if let backup, start > 0 { try database.backup(to: backup) }
    // Steps may rebuild tables; the keys are checked before each commit instead. The pragma does nothing inside a transaction.
    try database.execute("PRAGMA foreign_keys=OFF")
    defer { try? database.execute("PRAGMA foreign_keys=ON") }
    return try pending.compactMap { try apply($0, to: database) ? $0.version : nil }
  }

  private func apply(_ step: Migration, to database: Database) throws -> Bool {
    try database.transaction {
      try check(database)
      guard try Self.version(of: database) < step.version else { return false }
      try step.apply(database)
      if let problem = try database.foreignKeyProblems().first {
        throw SQLError(
          code: .foreignKeyConstraint, message: "migration \(step.version) (\(step.name)) failed: \(problem)",
          path: database.displayPath)
      }
      try database.execute("PRAGMA user_version=\(step.version)")
      return true
    }
  }
}
