/// Renders the manual page of a command tree, in the `man` macros.
public enum ManPage {
  /// The page of `root` and all commands below it.
  /// - Parameters:
  ///   - version: stands in the page's footer.
  ///   - date: of the version, as `2026-11-20`.
  public static func render(_ root: CommandDescription, version: String, date: String) -> String {
    let scope = CommandScope(root: root)
    var page = Page()
    page.line(".TH \(quote(root.name.uppercased())) 1 \(quote(date)) \(quote("\(root.name) \(version)")) \(quote("User Commands"))")
    page.line(".SH NAME")
    page.text("\(root.name) - \(root.abstract)")
    page.line(".SH SYNOPSIS")
    for each in scope.subtree where each.command.subcommands.isEmpty || !each.command.operands.isEmpty { page.synopsis(each) }
    page.line(".SH DESCRIPTION")
    page.paragraphs(root.discussion.isEmpty ? root.abstract + "." : root.discussion)
    page.items("OPTIONS", root.options + scope.inherited)
    let commands = scope.subtree.dropFirst()
    if !commands.isEmpty { page.line(".SH COMMANDS") }
    for each in commands { page.command(each) }
    page.environment(scope)
    page.exitCodes(".SH EXIT STATUS", root.exitCodes)
    page.examples(".SH EXAMPLES", root.examples)
    return page.content
  }

  /// A macro's argument.
  private static func quote(_ text: String) -> String { "\"\(escape(text, inArgument: true))\"" }

  /// `text` so that the formatter prints it as it is.
  static func escape(_ text: String, inArgument: Bool = false) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\(rs"
      case "-": result += "\\-"
      case "'": result += "\\(aq"
      case "`": result += "\\(ga"
      case "^": result += "\\(ha"
      case "~": result += "\\(ti"
      case "\"": result += inArgument ? "\\(dq" : "\""
      case "\n": result += " "
      default:
        if scalar.isASCII {
          result.unicodeScalars.append(scalar)
        } else {
          let digits = String(scalar.value, radix: 16, uppercase: true)
          result += "\\[u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "]"
        }
      }
    }
    return result
  }
}

/// Collects the lines of a manual page.
private struct Page {
  var content = ""

  mutating func line(_ line: String) { content += line + "\n" }

  /// Text that starts no request, whatever it begins with.
  mutating func text(_ text: String) {
    let escaped = ManPage.escape(text)
    line(escaped.hasPrefix(".") ? "\\&" + escaped : escaped)
  }

  mutating func paragraphs(_ text: String) {
    for (index, paragraph) in TextLayout.paragraphs(text).enumerated() {
      if index > 0 { line(".PP") }
      self.text(paragraph)
    }
  }

  mutating func synopsis(_ scope: CommandScope) {
    line(".HP")
    line("\\fB\(ManPage.escape(scope.invocation))\\fR\(ManPage.escape(String(scope.usage.dropFirst(scope.invocation.count))))")
  }

  mutating func items(_ title: String, _ options: [OptionDescription]) {
    let visible = options.filter { !$0.hidden }
    guard !visible.isEmpty else { return }
    line(".SH \(title)")
    for option in visible { item(option) }
  }

  mutating func item(_ option: OptionDescription) {
    line(".TP")
    let names = (option.short.map { ["-\($0)"] } ?? []) + [option.negatable ? "--[no-]\(option.long)" : "--\(option.long)"]
    let value = option.valueName.map { " \\fI\(ManPage.escape($0))\\fR" } ?? ""
    line(names.map { "\\fB\(ManPage.escape($0))\\fR" }.joined(separator: ", ") + value)
    text(option.fullHelp + ".")
  }

  mutating func command(_ scope: CommandScope) {
    let command = scope.command
    line(".SS \"\(ManPage.escape(scope.usage, inArgument: true))\"")
    text(command.abstract + ".")
    for paragraph in TextLayout.paragraphs(command.discussion) {
      line(".PP")
      text(paragraph)
    }
    for operand in command.operands {
      line(".TP")
      line("\\fI\(ManPage.escape(operand.name))\\fR")
      text(operand.fullHelp + ".")
    }
    for option in command.options where !option.hidden { item(option) }
    exitCodes(".PP\nExit status:", command.exitCodes)
    examples(".PP\nExamples:", command.examples)
  }

  mutating func environment(_ scope: CommandScope) {
    var seen: Set<String> = []
    let options = scope.subtree.flatMap(\.command.options).filter { option in
      option.environment.map { !option.hidden && seen.insert($0).inserted } ?? false
    }
    guard !options.isEmpty else { return }
    line(".SH ENVIRONMENT")
    for option in options {
      line(".TP")
      line("\\fB\(ManPage.escape(option.environment ?? ""))\\fR")
      text("Stands in for --\(option.long) where that is not given.")
    }
  }

  mutating func exitCodes(_ heading: String, _ codes: [ExitCodeDescription]) {
    guard !codes.isEmpty else { return }
    line(heading)
    for code in codes {
      line(".TP")
      line("\\fB\(code.code)\\fR")
      text(code.meaning + ".")
    }
  }

  mutating func examples(_ heading: String, _ examples: [CommandExample]) {
    guard !examples.isEmpty else { return }
    line(heading)
    for example in examples {
      line(".TP")
      line("\\fB\(ManPage.escape(example.command))\\fR")
      text(example.explanation)
    }
  }
}
