import Primitives
import SQL

/// What went wrong with the state of a pair, and what to do about it.
public struct CatalogError: Error, Sendable, CustomStringConvertible {
  /// What it means for the caller.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Value: String {
      case corrupt, notFound, locked, insideTree, wrongPair, newerSchema, invalidArgument, permissionDenied, noSpace, readOnly,
        busy,
        failed
    }
    private let value: Value

    /// The file is damaged. Nothing it says may be trusted; a rebuild starts an empty base and deletes nothing.
    public static let corrupt = Code(value: .corrupt)
    /// There is no such pair, run, conflict or file.
    public static let notFound = Code(value: .notFound)
    /// Another engine works on the pair.
    public static let locked = Code(value: .locked)
    /// The state would lie inside a folder that is synced.
    public static let insideTree = Code(value: .insideTree)
    /// The file belongs to another pair.
    public static let wrongPair = Code(value: .wrongPair)
    /// The file was written by a newer version of the program.
    public static let newerSchema = Code(value: .newerSchema)
    /// The request can never work.
    public static let invalidArgument = Code(value: .invalidArgument)
    /// The system does not allow it.
    public static let permissionDenied = Code(value: .permissionDenied)
    /// The disk or the quota is full; nothing committed is lost.
    public static let noSpace = Code(value: .noSpace)
    /// A change to a catalog opened for reading.
    public static let readOnly = Code(value: .readOnly)
    /// Another process holds the database for longer than the patience.
    public static let busy = Code(value: .busy)
    /// Any other failure of the file system or of SQLite.
    public static let failed = Code(value: .failed)

    /// The bounded label for metrics and JSON.
    public var description: String { value.rawValue }
  }

  /// What it means.
  public let code: Code
  /// What happened and what to do, for people.
  public let message: String
  /// The file concerned, safe to print.
  public let place: String?
  /// The underlying error.
  public let cause: (any Error)?

  /// An error.
  public init(_ code: Code, _ message: String, place: String? = nil, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.place = place
    self.cause = cause
  }

  public var description: String { place.map { "\($0): \(message)" } ?? message }

  /// A damaged file: `detail` says what was found.
  static func corrupt(_ detail: String, place: String?, cause: (any Error)? = nil) -> CatalogError {
    CatalogError(
      .corrupt,
      "the state of this pair is damaged (\(detail)). Run “isobar state rebuild”: it keeps the damaged file, starts afresh and "
        + "deletes nothing on either side",
      place: place, cause: cause)
  }
}

extension CatalogError {
  init(_ error: SQLError) {
    let place = error.path
    if error.isCorrupt {
      self = .corrupt(error.message, place: place, cause: error)
    } else if error.isDiskFull {
      self.init(
        .noSpace, "the disk that holds the state is full: make room, or choose another place with --state", place: place,
        cause: error)
    } else if .newerSchema ~= error.code {
      self.init(.newerSchema, error.message, place: place, cause: error)
    } else if .wrongApplication ~= error.code {
      self = .corrupt(error.message, place: place, cause: error)
    } else if .readOnly ~= error.code {
      self.init(.readOnly, "the state cannot be written: \(error.message)", place: place, cause: error)
    } else if .busy ~= error.code || .locked ~= error.code {
      self.init(.busy, "another process keeps the state busy: \(error.message)", place: place, cause: error)
    } else if .permission ~= error.code {
      self.init(.permissionDenied, "the state cannot be opened: \(error.message)", place: place, cause: error)
    } else {
      self.init(.failed, "the state failed: \(error.message) [\(error.code.label)]", place: place, cause: error)
    }
  }
}

/// Runs `body` with SQLite's errors given their meaning for the catalog.
func catalogued<Result>(_ body: () throws -> Result) throws -> Result {
  do { return try body() } catch let error as SQLError {
    throw CatalogError(error)
  }
}
