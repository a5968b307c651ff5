import Arguments
import Markup

/// `isobar version`
enum VersionCommand: ImmediateCommand {
  static let description = CommandDescription(
    name: "version", abstract: "Show the version",
    examples: [CommandExample("isobar version --json", "As a JSON object.")], options: [SharedOptions.json],
    exitCodes: ExitStatus.descriptions(0, 2))

  static func answer(_ call: Call) throws -> ExitStatus {
    if call.output.isJSON {
      try call.console.printJSON(["version": .string(Version.number), "date": .string(Version.date)])
    } else {
      try call.console.print("isobar \(Version.number)")
    }
    return .done
  }
}
