import Arguments
import Configuration
import Markup
import Primitives

/// `isobar config check`
enum ConfigCheckCommand: Command {
  static let description = CommandDescription(
    name: "check", abstract: "Read the configuration and say all that is wrong with it",
    discussion: "Asks no store, runs no command and reads no file of a secret.",
    examples: [
      CommandExample("isobar config check", "The configuration that the other commands would use."),
      CommandExample("isobar config check --config new.yaml --json", "Another one, with the problems as objects."),
    ], options: [SharedOptions.json], exitCodes: ExitStatus.descriptions(0, 2))

  static func run(_ call: Call) async throws -> ExitStatus {
    do {
      let settings = try SettingsFlags.load(call)
      if call.output.isJSON {
        try call.console.printJSON([
          "file": settings.file.map { .string($0) } ?? .null, "valid": true, "stores": .integer(Int64(settings.stores.count)),
          "pairs": .integer(Int64(settings.pairs.count)), "problems": [],
        ])
      } else if !call.output.isQuiet {
        let what = "\(Wording.count(settings.stores.count, "store")), \(Wording.count(settings.pairs.count, "pair"))"
        try call.console.print(
          settings.file.map { "\(DisplayText.escape($0)) is sound: \(what)." } ?? "There is no configuration file; none is needed.")
      }
      return .done
    } catch let error as ConfigurationError {
      guard call.output.isJSON else { throw error }
      try call.console.printJSON(["valid": false, "problems": .array(error.problems.map(Self.json))])
      return .usage
    }
  }

  private static func json(_ problem: ConfigurationProblem) -> JSONValue {
    var members: [JSONObject.Member] = []
    if case .file(let name, let line, let column) = problem.origin {
      members += [
        .init("file", .string(name)), .init("line", .integer(Int64(line))), .init("column", .integer(Int64(column))),
      ]
    } else {
      members.append(.init("origin", .string(problem.origin.description)))
    }
    if !problem.keyPath.isEmpty { members.append(.init("key", .string(problem.keyPath))) }
    members.append(.init("message", .string(problem.message)))
    return .object(JSONObject(members))
  }
}
