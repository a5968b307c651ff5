/// A command with those above it.
struct CommandScope {
  /// From the root to the command.
  let chain: [CommandDescription]

  init(root: CommandDescription) { chain = [root] }
  private init(chain: [CommandDescription]) { self.chain = chain }

  /// The scope of the command that `path` leads to from `root`; nil if there is none.
  init?(root: CommandDescription, path: [String]) {
    var scope = CommandScope(root: root)
    for name in path {
      guard let next = scope.command.subcommands.first(where: { $0.name == name }) else { return nil }
      scope = scope.entering(next)
    }
    self = scope
  }

  var command: CommandDescription { chain[chain.count - 1] }
  /// The names below the root's.
  var path: [String] { chain.dropFirst().map(\.name) }
  /// What is typed to call the command.
  var invocation: String { chain.map(\.name).joined(separator: " ") }

  func entering(_ command: CommandDescription) -> CommandScope { CommandScope(chain: chain + [command]) }

  /// Options of the commands above, and those that every command has.
  var inherited: [OptionDescription] { chain.dropLast().flatMap(\.options) + BuiltIn.options(isRoot: chain.count == 1) }
  /// All options that hold here.
  var options: [OptionDescription] { command.options + inherited }
  /// The exit codes of the nearest command that lists some.
  var exitCodes: [ExitCodeDescription] { chain.last { !$0.exitCodes.isEmpty }?.exitCodes ?? [] }

  /// `isobar sync [options] LEFT RIGHT...`
  var usage: String {
    var parts = [invocation, "[options]"]
    if !command.subcommands.isEmpty { parts.append(command.operands.isEmpty ? "COMMAND" : "[COMMAND]") }
    for operand in command.operands {
      switch operand.arity {
      case .one: parts.append(operand.name)
      case .optional: parts.append("[\(operand.name)]")
      case .many: parts.append("[\(operand.name)...]")
      case .atLeast(let count): parts.append(Array(repeating: operand.name, count: max(1, count)).joined(separator: " ") + "...")
      }
    }
    return parts.joined(separator: " ")
  }

  /// This scope and all below it, depth first, without hidden commands.
  var subtree: [CommandScope] {
    [self] + command.subcommands.filter { !$0.hidden }.flatMap { entering($0).subtree }
  }
}

/// What every command line understands without saying so.
enum BuiltIn {
  static let help = OptionDescription(long: "help", short: "h", help: "Show help and exit")
  static let version = OptionDescription(long: "version", help: "Show the version and exit")

  static func options(isRoot: Bool) -> [OptionDescription] { isRoot ? [version, help] : [help] }
}
