/// Why a transfer was not done, where no store is to blame.
public struct TransferError: Error, Sendable, CustomStringConvertible {
  /// What it means.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Value: String { case tooManyDeletes, tooLong, notAFile, cannotRead, cannotWrite }
    private let value: Value

    /// More would be deleted than the caller allows. Nothing was.
    public static let tooManyDeletes = Code(value: .tooManyDeletes)
    /// A body of unknown length went on for longer than the store can take.
    public static let tooLong = Code(value: .tooLong)
    /// A folder was named where a file is needed.
    public static let notAFile = Code(value: .notAFile)
    /// A descriptor cannot be read.
    public static let cannotRead = Code(value: .cannotRead)
    /// A descriptor takes no more.
    public static let cannotWrite = Code(value: .cannotWrite)

    /// The bounded label for metrics and JSON.
    public var description: String { value.rawValue }
  }

  /// What it means.
  public let code: Code
  /// What happened and what to do, for people.
  public let message: String
  /// The underlying error.
  public let cause: (any Error)?

  /// An error.
  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { message }
}
