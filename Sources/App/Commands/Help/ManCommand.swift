import Arguments

/// `isobar man`
enum ManCommand: ImmediateCommand {
  static let description = CommandDescription(
    name: "man", abstract: "Print the manual page",
    discussion: "The page is in the man macros: pipe it into man, or install it as isobar.1.",
    examples: [
      CommandExample("isobar man | man -l -", "Read it."),
      CommandExample("isobar man > /usr/local/share/man/man1/isobar.1", "Install it."),
    ], exitCodes: ExitStatus.descriptions(0, 2))

  static func answer(_ call: Call) throws -> ExitStatus {
    try call.console.write(Array(ManPage.render(CommandTree.description, version: Version.number, date: Version.date).utf8))
    return .done
  }
}
