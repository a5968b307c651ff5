/// Renders the help of a command for people.
public struct HelpRenderer: Sendable {
  /// Columns; the text uses between 40 and 100 of them.
  public var width: Int
  /// Whether headings are bold. The caller knows whether it writes to a terminal and whether `NO_COLOR` is set.
  public var isBold: Bool

  /// A renderer for a terminal of `width` columns.
  public init(width: Int = 80, isBold: Bool = false) {
    self.width = width
    self.isBold = isBold
  }

  private var columns: Int { min(max(width, 40), 100) }

  /// The help of the command at `path` below `root`; nil if there is no such command.
  public func render(_ root: CommandDescription, path: [String] = []) -> String? {
    guard let scope = CommandScope(root: root, path: path) else { return nil }
    let command = scope.command
    var blocks = [heading("Usage:") + " " + scope.usage, paragraph(sentence(command.abstract))]
    blocks += TextLayout.paragraphs(command.discussion).map(paragraph)
    blocks.append(table("Arguments", command.operands.map { ($0.name, $0.fullHelp) }))
    blocks.append(table("Commands", command.subcommands.filter { !$0.hidden }.map { ($0.name, $0.abstract) }))
    blocks.append(table("Options", rows(command.options)))
    blocks.append(table(scope.chain.count == 1 ? "Other options" : "Global options", rows(scope.inherited)))
    blocks.append(examples(command.examples))
    blocks.append(table("Exit codes", scope.exitCodes.map { ("\($0.code)", $0.meaning) }))
    if !command.subcommands.isEmpty { blocks.append(paragraph("'\(scope.invocation) COMMAND --help' tells more about a command.")) }
    return blocks.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  private func heading(_ text: String) -> String { isBold ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

  private func sentence(_ text: String) -> String { text.isEmpty || text.hasSuffix(".") ? text : text + "." }

  private func paragraph(_ text: String) -> String { TextLayout.wrap(text, width: columns).joined(separator: "\n") }

  private func rows(_ options: [OptionDescription]) -> [(String, String)] {
    options.filter { !$0.hidden }.map { (($0.short.map { "-\($0), " } ?? "    ") + $0.spelling, $0.fullHelp) }
  }

  /// Names on the left, help on the right; a long name has a line of its own.
  private func table(_ title: String, _ rows: [(String, String)]) -> String {
    guard !rows.isEmpty else { return "" }
    let limit = columns / 3
    let left = rows.map(\.0.count).filter { $0 <= limit }.max() ?? limit
    var lines = [heading(title + ":")]
    for (name, help) in rows {
      let text = TextLayout.wrap(help, width: columns - left - 4)
      let indent = String(repeating: " ", count: left + 4)
      if name.count > left {
        lines.append("  " + name)
        lines += text.map { indent + $0 }
      } else {
        lines.append("  " + (text.isEmpty ? name : TextLayout.pad(name, to: left) + "  " + text[0]))
        lines += text.dropFirst().map { indent + $0 }
      }
    }
    return lines.joined(separator: "\n")
  }

  private func examples(_ examples: [CommandExample]) -> String {
    guard !examples.isEmpty else { return "" }
    let lines = examples.flatMap { example in
      // The line itself is never broken: it is there to be copied.
      ["  " + example.command] + TextLayout.wrap(example.explanation, width: columns - 6).map { "      " + $0 }
    }
    return ([heading("Examples:")] + lines).joined(separator: "\n")
  }
}
