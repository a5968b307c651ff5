/// A command line that cannot be understood.
public struct UsageError: Error, Sendable, CustomStringConvertible {
  /// What is wrong with it.
  public enum Code: Sendable, Equatable {
    /// No option of this name here.
    case unknownOption
    /// No command of this name here.
    case unknownCommand
    /// A command is needed.
    case missingCommand
    /// An option lacks its value.
    case missingValue
    /// A flag was given a value.
    case unexpectedValue
    /// A value is not of its kind.
    case invalidValue
    /// An option that may be given once was given again, or with its opposite.
    case repeatedOption
    /// An operand is missing.
    case missingOperand
    /// There is an operand too many.
    case extraOperand
  }

  /// What is wrong.
  public let code: Code
  /// The same in words, with everything from the command line made safe to show.
  public let message: String
  /// What was probably meant: a whole option or command.
  public let suggestion: String?
  /// How the command is called.
  public let usage: String
  /// The command that did not understand, from the root's name on.
  public let invocation: String

  /// The exit code for all of these.
  public let exitCode: Int32 = 2

  /// The lines to be shown: what is wrong, what was meant, how it is called.
  public var description: String {
    var text = message
    if let suggestion { text += "; did you mean \(suggestion)?" }
    return text + "\nUsage: \(usage)\nTry '\(invocation) --help' for more."
  }

  init(_ code: Code, _ message: String, suggestion: String? = nil, in scope: CommandScope) {
    self.code = code
    self.message = message
    self.suggestion = suggestion
    usage = scope.usage
    invocation = scope.invocation
  }

  /// An error that the program itself finds in well-formed arguments: two options that exclude each other.
  public init(_ message: String, for command: ParsedCommand) {
    self.init(.invalidValue, message, in: command.scope)
  }
}
