import Arguments

/// `isobar completions SHELL`
enum CompletionsCommand: ImmediateCommand {
  static let description = CommandDescription(
    name: "completions", abstract: "Print the completion script of a shell",
    examples: [
      CommandExample("source <(isobar completions bash)", "Complete in this shell."),
      CommandExample("isobar completions fish > ~/.config/fish/completions/isobar.fish", "Complete in every fish."),
      CommandExample("isobar completions zsh > \"${fpath[1]}/_isobar\"", "Complete in every zsh."),
    ],
    operands: [OperandDescription(name: "SHELL", help: "the shell", completion: .choice(["bash", "zsh", "fish"]))],
    exitCodes: ExitStatus.descriptions(0, 2))

  static func answer(_ call: Call) throws -> ExitStatus {
    let script =
      switch call.arguments.operand("SHELL")?.text {
      case "zsh": CompletionScripts.zsh(CommandTree.description)
      case "fish": CompletionScripts.fish(CommandTree.description)
      default: CompletionScripts.bash(CommandTree.description)
      }
    try call.console.write(Array(script.utf8))
    return .done
  }
}
