/// Why an emulator cannot be had. What a client does wrong is an answer, not an error.
public struct EmulatorError: Error, Sendable, CustomStringConvertible {
  /// What went wrong.
  public enum Code: String, Sendable {
    /// Another emulator has the data folder.
    case inUse = "in_use"
    /// This build has no emulator of the service.
    case unknownKind = "unknown_kind"
  }

  public let code: Code
  /// For people.
  public let message: String

  /// An error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
