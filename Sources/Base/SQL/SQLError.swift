/// What went wrong in a database, and where.
public struct SQLError: Error, Sendable, CustomStringConvertible {
  /// The SQLite result code, or one of this module's own.
  public let code: Code
  /// What SQLite says about it, or what the reader should do.
  public let message: String
  /// The statement that failed; its values are never part of it.
  public let sql: String?
  /// The database file, for display.
  public let path: String?
  /// The `errno` behind an I/O error, or 0.
  public let systemError: Int32

  /// An error made outside SQLite's own calls.
  public init(code: Code, message: String, sql: String? = nil, path: String? = nil, systemError: Int32 = 0) {
    self.code = code
    self.message = message
    self.sql = sql
    self.path = path
    self.systemError = systemError
  }

  /// No room is left where the database lives. The transaction was rolled back; nothing committed is lost.
  public var isDiskFull: Bool { .full ~= code || systemError == Code.noSpace || systemError == Code.quotaExceeded }

  /// The file is damaged or no database at all: check it, restore it or rebuild it.
  public var isCorrupt: Bool { .corrupt ~= code || .notADatabase ~= code || code == .damagedPage }

  public var description: String {
    var text = message
    if let path { text += " (\(path))" }
    if let sql { text += " in: \(sql.prefix(200))" }
    return "\(text) [\(code.label)]"
  }
}

extension SQLError {
  /// An SQLite result code: primary in the low byte, extended above it.
  ///
  /// `~=` lets a primary code match all of its extended ones: `catch let error as SQLError where .constraint ~= error.code`.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// The code without its extension.
    public var primary: Code { rawValue < 0 ? self : Code(rawValue: rawValue & 0xFF) }

    /// Whether `code` is `pattern`, or `pattern` is primary and `code` extends it.
    public static func ~= (pattern: Code, code: Code) -> Bool {
      pattern == code || (pattern == pattern.primary && pattern == code.primary)
    }
  }
}

extension SQLError.Code {
  /// A wrong statement, or a missing table or column.
  public static let error = Self(rawValue: 1)
  /// Refused by the file's permissions.
  public static let permission = Self(rawValue: 3)
  /// The transaction was rolled back under a statement that was still being read.
  public static let abort = Self(rawValue: 4)
  /// Another connection holds the lock and `busyTimeout` has passed.
  public static let busy = Self(rawValue: 5)
  /// A lock conflict within this process.
  public static let locked = Self(rawValue: 6)
  /// No memory.
  public static let noMemory = Self(rawValue: 7)
  /// A write to a database opened for reading, or on a read-only file system.
  public static let readOnly = Self(rawValue: 8)
  /// `interrupt()` was called.
  public static let interrupted = Self(rawValue: 9)
  /// Reading or writing the file failed; `systemError` has the reason.
  public static let io = Self(rawValue: 10)
  /// Extended: a page is not what was written, as its checksum says.
  public static let damagedPage = Self(rawValue: 10 | 32 << 8)
  /// The file is damaged.
  public static let corrupt = Self(rawValue: 11)
  /// The disk or the quota is full.
  public static let full = Self(rawValue: 13)
  /// The file cannot be opened or created.
  public static let cannotOpen = Self(rawValue: 14)
  /// The schema changed underneath.
  public static let schema = Self(rawValue: 17)
  /// A value is longer than SQLite takes.
  public static let tooBig = Self(rawValue: 18)
  /// A constraint of the schema was violated.
  public static let constraint = Self(rawValue: 19)
  /// Extended: a UNIQUE constraint.
  public static let uniqueConstraint = Self(rawValue: 19 | 8 << 8)
  /// Extended: a PRIMARY KEY constraint.
  public static let primaryKeyConstraint = Self(rawValue: 19 | 6 << 8)
  /// Extended: a FOREIGN KEY constraint.
  public static let foreignKeyConstraint = Self(rawValue: 19 | 3 << 8)
  /// A call in the wrong state: the database is closed.
  public static let misuse = Self(rawValue: 21)
  /// A parameter number that the statement does not have.
  public static let range = Self(rawValue: 25)
  /// The file is no SQLite database.
  public static let notADatabase = Self(rawValue: 26)
  /// Our own: the database was written by a newer version of the program.
  public static let newerSchema = Self(rawValue: -1)
  /// Our own: an SQLite database, but some other program's.
  public static let wrongApplication = Self(rawValue: -2)

  static let noSpace: Int32 = 28
  static let quotaExceeded: Int32 = 122

  /// A short, bounded name, for metrics and messages.
  public var label: String {
    switch primary {
    case .error: "error"
    case .permission: "permission"
    case .abort: "abort"
    case .busy: "busy"
    case .locked: "locked"
    case .noMemory: "no memory"
    case .readOnly: "read-only"
    case .interrupted: "interrupted"
    case .io: "I/O error"
    case .corrupt: "corrupt"
    case .full: "disk full"
    case .cannotOpen: "cannot open"
    case .schema: "schema"
    case .tooBig: "too big"
    case .constraint: "constraint"
    case .misuse: "misuse"
    case .range: "range"
    case .notADatabase: "not a database"
    case .newerSchema: "newer schema"
    case .wrongApplication: "wrong application"
    default: "code \(rawValue)"
    }
  }
}
