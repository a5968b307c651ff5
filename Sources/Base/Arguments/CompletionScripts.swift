/// Completion scripts for shells, written out from the description: completing never runs the program.
public enum CompletionScripts {
  /// What a value or an operand is completed with.
  enum Source: Equatable {
    case files
    case words([String])
    case nothing

    init(_ kind: ValueKind) {
      switch kind {
      case .path: self = .files
      case .choice(let words): self = .words(words)
      case .string, .int, .bytes, .duration: self = .nothing
      }
    }

    init(_ completion: OperandDescription.Completion) {
      switch completion {
      case .path, .storeEnd: self = .files
      case .choice(let words): self = .words(words)
      case .none: self = .nothing
      }
    }
  }

  /// `text` as one word of a POSIX shell.
  static func quote(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  /// A name for a shell function.
  static func identifier(_ path: [String]) -> String {
    String(path.joined(separator: "_").map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }
}

extension CommandScope {
  /// The options that completions propose.
  var visibleOptions: [OptionDescription] { options.filter { !$0.hidden } }
  /// The commands that completions propose.
  var visibleSubcommands: [CommandDescription] { command.subcommands.filter { !$0.hidden } }
}

extension OptionDescription {
  /// All names with their dashes, the letter first.
  var allNames: [String] { (short.map { ["-\($0)"] } ?? []) + longNames }
}
