extension CompletionScripts {
  /// A script for zsh: install it as `_NAME` in a folder of `fpath`, or source it after `compinit`.
  public static func zsh(_ root: CommandDescription) -> String {
    let function = "_" + identifier([root.name])
    var script = "#compdef \(root.name)\n\n"
    for scope in CommandScope(root: root).subtree { script += self.function(scope, prefix: function) }
    return script + """
      if [ "$funcstack[1]" = \(quote(function)) ]; then
        \(function) "$@"
      else
        compdef \(function) \(root.name)
      fi

      """
  }

  private static func function(_ scope: CommandScope, prefix: String) -> String {
    let name = ([prefix] + scope.path.map { identifier([$0]) }).joined(separator: "_")
    var specs = scope.visibleOptions.flatMap(specifications)
    if scope.visibleSubcommands.isEmpty {
      specs += scope.command.operands.map(specification)
      return "\(name)() {\n  _arguments -s -S \\\n    " + specs.joined(separator: " \\\n    ") + "\n}\n\n"
    }
    specs += ["'1:command:->command'", "'*::argument:->arguments'"]
    var commands = scope.visibleSubcommands.map { ($0.name, $0.abstract) }
    if scope.chain.count == 1, !commands.contains(where: { $0.0 == "help" }) { commands.append(("help", "Show help")) }
    var text = "\(name)() {\n  local context state line\n  typeset -A opt_args\n  _arguments -s -S -C \\\n    "
    text += specs.joined(separator: " \\\n    ") + "\n  case $state in\n    command)\n      local -a commands=(\n"
    for (command, abstract) in commands { text += "        \(quote(escape(command) + ":" + abstract))\n" }
    text += "      )\n      _describe -t commands command commands\n      ;;\n    arguments)\n      case $words[1] in\n"
    for command in scope.visibleSubcommands {
      text += "        \(quote(command.name))) \(name)_\(identifier([command.name])) ;;\n"
    }
    return text + "      esac\n      ;;\n  esac\n}\n\n"
  }

  /// Colons and brackets have a meaning in specifications.
  private static func escape(_ text: String) -> String {
    var result = ""
    for character in text {
      if ":[]\\".contains(character) { result += "\\" }
      result.append(character)
    }
    return result
  }

  private static func action(_ source: Source) -> String {
    switch source {
    case .files: "_files"
    case .words(let words): "(\(words.joined(separator: " ")))"
    case .nothing: " "
    }
  }

  private static func specifications(_ option: OptionDescription) -> [String] {
    var value = ""
    if case .value(let name, let kind) = option.value { value = ":\(escape(name)):\(action(Source(kind)))" }
    let names = option.allNames
    let isExclusive = !option.repeatable && names.count > 1
    return names.map { name in
      let others = option.repeatable ? "*" : isExclusive ? "(\(names.joined(separator: " ")))" : ""
      let joiner = value.isEmpty ? "" : name.hasPrefix("--") ? "=" : "+"
      return quote("\(others)\(name)\(joiner)[\(escape(option.help))]\(value)")
    }
  }

  private static func specification(_ operand: OperandDescription) -> String {
    let lead = operand.arity.maximum == nil ? "*" : operand.arity == .optional ? ":" : ""
    return quote("\(lead):\(escape(operand.name)):\(action(Source(operand.completion)))")
  }
}
