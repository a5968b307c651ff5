extension CompletionScripts {
  /// A script for fish: install it in `fish/vendor_completions.d`, or source it.
  public static func fish(_ root: CommandDescription) -> String {
    let scopes = CommandScope(root: root).subtree
    let function = "__" + identifier([root.name]) + "_at"
    var seen: Set<String> = []
    let valued = scopes.flatMap(\.visibleOptions).filter { $0.kind != nil }.flatMap(\.allNames).filter { seen.insert($0).inserted }
    var script = """
      # fish completion for \(root.name)

      # Whether the words before the cursor lead to the command given.
      function \(function)
        set -l path ''
        set -l skip 0
        for word in (commandline -opc)[2..-1]
          if test $skip = 1
            set skip 0
            continue
          end
          switch $word
            case \(valued.isEmpty ? "''" : valued.map(quoteFish).joined(separator: " "))
              set skip 1
            case '-*'
            case '*'
              switch "$path/$word"

      """
    let known = scopes.dropFirst().map { quoteFish("/" + $0.path.joined(separator: "/")) }
    script += "          case \(known.isEmpty ? "''" : known.joined(separator: " "))\n            set path \"$path/$word\"\n"
    script += "        end\n    end\n  end\n  test \"$path\" = \"$argv[1]\"\nend\n\ncomplete -c \(root.name) -f\n"
    for scope in scopes { script += lines(scope, function: function) }
    return script
  }

  private static func quoteFish(_ text: String) -> String {
    var result = "'"
    for character in text {
      if character == "'" || character == "\\" { result += "\\" }
      result.append(character)
    }
    return result + "'"
  }

  private static func lines(_ scope: CommandScope, function: String) -> String {
    let path = scope.path.map { "/" + $0 }.joined()
    let start = "complete -c \(scope.chain[0].name) -n \(quoteFish("\(function) \(quoteFish(path))"))"
    var text = ""
    var commands = scope.visibleSubcommands.map { ($0.name, $0.abstract) }
    if scope.chain.count == 1, !commands.isEmpty, !commands.contains(where: { $0.0 == "help" }) {
      commands.append(("help", "Show help"))
    }
    for (name, abstract) in commands { text += "\(start) -a \(quoteFish(name)) -d \(quoteFish(abstract))\n" }
    for option in scope.visibleOptions {
      var line = start + (option.short.map { " -s \(quoteFish(String($0)))" } ?? "") + " -l \(quoteFish(option.long))"
      switch option.kind.map(Source.init) {
      case .files: line += " -r -F"
      case .words(let words): line += " -x -a \(quoteFish(words.joined(separator: " ")))"
      case .nothing: line += " -x"
      case nil: break
      }
      text += line + " -d \(quoteFish(option.help))\n"
      if option.negatable { text += "\(start) -l \(quoteFish("no-" + option.long)) -d \(quoteFish("Not: " + option.help))\n" }
    }
    for operand in scope.command.operands {
      switch Source(operand.completion) {
      case .files: text += "\(start) -F\n"
      case .words(let words): text += "\(start) -a \(quoteFish(words.joined(separator: " ")))\n"
      case .nothing: break
      }
    }
    return text
  }
}
