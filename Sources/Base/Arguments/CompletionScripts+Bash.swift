extension CompletionScripts {
  /// A script for bash 4.4 and later: source it, or install it in `bash-completion/completions`.
  public static func bash(_ root: CommandDescription) -> String {
    let scopes = CommandScope(root: root).subtree
    let function = "_" + identifier([root.name])
    var script = """
      # bash completion for \(root.name)

      \(function)() {
        local cur=${COMP_WORDS[COMP_CWORD]} prev='' path='' word='' skip='' operands=0 i
        ((COMP_CWORD > 0)) && prev=${COMP_WORDS[COMP_CWORD - 1]}
        # bash breaks words at '=': --option = value.
        if [[ $cur == '=' ]]; then
          cur=''
        elif [[ $prev == '=' ]] && ((COMP_CWORD > 1)); then
          prev=${COMP_WORDS[COMP_CWORD - 2]}
        fi
        for ((i = 1; i < COMP_CWORD; i++)); do
          word=${COMP_WORDS[i]}
          if [[ $word == '=' ]]; then skip=1; continue; fi
          if [[ -n $skip ]]; then skip=''; continue; fi
          case $word in
            \(valuedNames(scopes)) skip=1; continue ;;
            -?*) continue ;;
          esac
          case "$path/$word" in

      """
    for scope in scopes {
      for command in scope.visibleSubcommands {
        let next = scope.entering(command)
        script += "      \(quote(key(scope) + "/" + command.name))) path=\(quote(key(next))) ;;\n"
      }
    }
    script += """
            *) ((operands++)) ;;
          esac
        done

        local values='' files='' names='' words=''
        case $path in

      """
    for scope in scopes { script += branch(scope) }
    script += """
        esac

        COMPREPLY=()
        if [[ $values == none ]]; then
          return
        elif [[ -n $values ]]; then
          mapfile -t COMPREPLY < <(compgen -W "$values" -- "$cur")
        elif [[ -z $files && $cur == -* ]]; then
          mapfile -t COMPREPLY < <(compgen -W "$names" -- "$cur")
        else
          [[ -n $words ]] && mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
          if [[ -n $files ]]; then
            compopt -o filenames 2>/dev/null
            mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
          fi
        fi
      }

      complete -F \(function) \(root.name)

      """
    return script
  }

  /// `/sync`, empty for the root.
  private static func key(_ scope: CommandScope) -> String { scope.path.map { "/" + $0 }.joined() }

  /// A pattern for the options whose next word is their value, in any command.
  private static func valuedNames(_ scopes: [CommandScope]) -> String {
    var seen: Set<String> = []
    let names = scopes.flatMap(\.visibleOptions).filter { $0.kind != nil }.flatMap(\.allNames).filter { seen.insert($0).inserted }
    return (names.isEmpty ? ["--"] : names).joined(separator: " | ") + ")"
  }

  private static func branch(_ scope: CommandScope) -> String {
    var text = "    \(quote(key(scope))))\n      case $prev in\n"
    for option in scope.visibleOptions {
      guard let kind = option.kind else { continue }
      let action: String
      switch Source(kind) {
      case .files: action = "files=1"
      case .words(let words): action = "values=\(quote(words.joined(separator: " ")))"
      case .nothing: action = "values=none"
      }
      text += "        \(option.allNames.joined(separator: " | "))) \(action) ;;\n"
    }
    text += "        *)\n          names=\(quote(scope.visibleOptions.flatMap(\.longNames).joined(separator: " ")))\n"
    var words = scope.visibleSubcommands.map(\.name)
    if scope.chain.count == 1, !words.isEmpty, !words.contains("help") { words.append("help") }
    if !words.isEmpty { text += "          words=\(quote(words.joined(separator: " ")))\n" }
    text += operandLines(scope.command.operands)
    return text + "          ;;\n      esac\n      ;;\n"
  }

  /// What the operand at the cursor is completed with, by how many stand before it.
  private static func operandLines(_ operands: [OperandDescription]) -> String {
    var text = ""
    for (index, operand) in operands.enumerated() {
      let test = operand.arity.maximum == nil ? "operands >= \(index)" : "operands == \(index)"
      switch Source(operand.completion) {
      case .files: text += "          ((\(test))) && [[ $cur != -* ]] && files=1\n"
      case .words(let words): text += "          ((\(test))) && words=\(quote(words.joined(separator: " ")))\n"
      case .nothing: break
      }
    }
    return text
  }
}
