import Arguments
import Configuration

/// `isobar config show`
enum ConfigShowCommand: Command {
  static let description = CommandDescription(
    name: "show", abstract: "Show the configuration as it holds, without its secrets",
    discussion: "With what environment and flags say laid over the file, variables filled in, and the defaults of limits and log.",
    examples: [
      CommandExample("isobar config show", "As YAML, a configuration itself but for the secrets."),
      CommandExample("isobar config show --json", "As one JSON object."),
    ], options: [SharedOptions.json], exitCodes: ExitStatus.descriptions(0, 2))

  static func run(_ call: Call) async throws -> ExitStatus {
    let settings = try SettingsFlags.load(call)
    if call.output.isJSON {
      try call.console.printJSON(settings.redacted)
    } else {
      try call.console.write(Array(settings.redactedYAML.utf8))
    }
    return .done
  }
}
