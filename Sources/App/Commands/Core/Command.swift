import Arguments

/// One command: what it is, and what it does.
protocol Command: SendableMetatype {
  /// Everything that help, completions and the manual say of it.
  static var description: CommandDescription { get }
  /// Does it.
  /// - Throws: whatever went wrong; `Program` tells people and picks the exit code.
  static func run(_ call: Call) async throws -> ExitStatus
}

/// A command that answers at once: it waits for nothing, so that nothing need be started for it.
protocol ImmediateCommand: Command {
  /// Does it.
  static func answer(_ call: Call) throws -> ExitStatus
}

extension ImmediateCommand {
  static func run(_ call: Call) async throws -> ExitStatus { try answer(call) }
}

/// A place in the command tree.
enum CommandNode: Sendable {
  /// A command that does something.
  case command(any Command.Type)
  /// A word with commands below it.
  case group(CommandDescription, [CommandNode])

  /// The description of the node and all below it.
  var description: CommandDescription {
    switch self {
    case .command(let type): return type.description
    case .group(var description, let nodes):
      description.subcommands = nodes.map(\.description)
      return description
    }
  }

  /// The command that `path` leads to.
  func command(at path: ArraySlice<String>) -> (any Command.Type)? {
    switch self {
    case .command(let type): return path.isEmpty ? type : nil
    case .group(_, let nodes):
      guard let name = path.first else { return nil }
      return nodes.first { $0.description.name == name }?.command(at: path.dropFirst())
    }
  }
}

/// A command as it was called.
struct Call: Sendable {
  /// Its options and operands.
  let arguments: ParsedCommand
  /// Where it reads and writes.
  let console: Console
  /// What was asked for by options that every command has.
  let output: OutputOptions
}
