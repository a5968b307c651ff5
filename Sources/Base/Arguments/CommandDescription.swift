/// One command: everything that the parser, the help, the completions, the manual and the JSON form know about it.
///
/// A tree of these is the one description of a command line. Options of a command hold for all commands below it.
public struct CommandDescription: Sendable {
  /// What is typed.
  public var name: String
  /// What it does, in one line without a full stop.
  public var abstract: String
  /// More about it: paragraphs separated by empty lines.
  public var discussion: String
  /// Invocations worth copying.
  public var examples: [CommandExample]
  /// Its own options.
  public var options: [OptionDescription]
  /// What follows the options.
  public var operands: [OperandDescription]
  /// The exit codes that it can give. Where empty, those of the command above hold.
  public var exitCodes: [ExitCodeDescription]
  /// The commands below it.
  public var subcommands: [CommandDescription]
  /// Whether it is left out of lists of commands.
  public var hidden: Bool

  /// A description of its parts.
  public init(
    name: String, abstract: String, discussion: String = "", examples: [CommandExample] = [], options: [OptionDescription] = [],
    operands: [OperandDescription] = [], exitCodes: [ExitCodeDescription] = [], subcommands: [CommandDescription] = [],
    hidden: Bool = false
  ) {
    self.name = name
    self.abstract = abstract
    self.discussion = discussion
    self.examples = examples
    self.options = options
    self.operands = operands
    self.exitCodes = exitCodes
    self.subcommands = subcommands
    self.hidden = hidden
  }
}

/// An invocation with what it does.
public struct CommandExample: Sendable {
  /// The whole line, with the program's name.
  public var command: String
  /// What it does.
  public var explanation: String

  /// An example of its parts.
  public init(_ command: String, _ explanation: String) {
    self.command = command
    self.explanation = explanation
  }
}

/// An exit code with its meaning.
public struct ExitCodeDescription: Sendable {
  /// The code.
  public var code: Int32
  /// When it is given.
  public var meaning: String

  /// A code of its parts.
  public init(_ code: Int32, _ meaning: String) {
    self.code = code
    self.meaning = meaning
  }
}

/// One option.
public struct OptionDescription: Sendable {
  /// Whether it takes a value.
  public enum Value: Sendable, Equatable {
    /// It is there or not.
    case flag
    /// It takes a value, called `name` in the help.
    case value(name: String, kind: ValueKind)
  }

  /// Its name without the dashes.
  public var long: String
  /// Its letter.
  public var short: Character?
  /// Whether it takes a value.
  public var value: Value
  /// What it does, without a full stop.
  public var help: String
  /// What holds without it, for the help only.
  public var defaultText: String?
  /// Whether it may be given several times.
  public var repeatable: Bool
  /// Whether a flag has a `--no-` form.
  public var negatable: Bool
  /// The variable that is asked where the option is not given.
  public var environment: String?
  /// Whether it is left out of help and completions.
  public var hidden: Bool

  /// A description of its parts.
  public init(
    long: String, short: Character? = nil, value: Value = .flag, help: String, defaultText: String? = nil, repeatable: Bool = false,
    negatable: Bool = false, environment: String? = nil, hidden: Bool = false
  ) {
    self.long = long
    self.short = short
    self.value = value
    self.help = help
    self.defaultText = defaultText
    self.repeatable = repeatable
    self.negatable = negatable
    self.environment = environment
    self.hidden = hidden
  }

  /// The value's name, nil for a flag.
  public var valueName: String? { if case .value(let name, _) = value { name } else { nil } }

  /// The value's kind, nil for a flag.
  public var kind: ValueKind? { if case .value(_, let kind) = value { kind } else { nil } }
}

/// What an option's value must be; checked by the parser.
public enum ValueKind: Sendable, Equatable {
  /// Any text.
  case string
  /// A whole number.
  case int
  /// A number of bytes: `10M`.
  case bytes
  /// A time span: `90s`, `7d`.
  case duration
  /// One of these words.
  case choice([String])
  /// A file's name, any bytes.
  case path
}

/// One operand, or several of the same meaning.
public struct OperandDescription: Sendable {
  /// How many of them there are.
  public enum Arity: Sendable, Equatable {
    /// Exactly one.
    case one
    /// One or none.
    case optional
    /// Any number.
    case many
    /// This many or more.
    case atLeast(Int)

    /// The fewest allowed.
    public var minimum: Int {
      switch self {
      case .one: 1
      case .optional, .many: 0
      case .atLeast(let count): count
      }
    }

    /// The most allowed; nil for any number.
    public var maximum: Int? {
      switch self {
      case .one, .optional: 1
      case .many, .atLeast: nil
      }
    }
  }

  /// What a shell proposes for it.
  public enum Completion: Sendable, Equatable {
    /// Files and folders.
    case path
    /// A folder, a URL or a configured store.
    case storeEnd
    /// One of these words; the parser accepts no other.
    case choice([String])
    /// Nothing.
    case none
  }

  /// Its name in the help, in capitals.
  public var name: String
  /// What it is, without a full stop.
  public var help: String
  /// How many of them there are.
  public var arity: Arity
  /// What a shell proposes for it.
  public var completion: Completion

  /// A description of its parts.
  public init(name: String, help: String, arity: Arity = .one, completion: Completion = .none) {
    self.name = name
    self.help = help
    self.arity = arity
    self.completion = completion
  }
}
