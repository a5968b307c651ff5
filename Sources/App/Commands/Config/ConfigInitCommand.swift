import Arguments
import Configuration
import Glibc
import Markup
import Primitives

/// `isobar config init`
enum ConfigInitCommand: Command {
  static let description = CommandDescription(
    name: "init", abstract: "Write a configuration to start from",
    discussion: "It says nothing yet: comments show everything that may be said. A file that is there is never replaced.",
    examples: [
      CommandExample("isobar config init", "At the usual place."), CommandExample("isobar config init isobar.yaml", "Here."),
      CommandExample("isobar config init -", "To standard output."),
    ], options: [SharedOptions.json],
    operands: [
      OperandDescription(
        name: "FILE", help: "where to, - for standard output; by default ~/.config/isobar/config.yaml", arity: .optional,
        completion: .path)
    ], exitCodes: ExitStatus.descriptions(0, 1, 2))

  static func run(_ call: Call) async throws -> ExitStatus {
    let content = Array(SettingsTemplate.text.utf8)
    let operand = call.arguments.operand("FILE")
    if operand?.bytes == [UInt8(ascii: "-")] {
      try call.console.write(content)
      return .done
    }
    let usual = SettingsLoader.userPath(environment: call.console.environment).map { Array($0.utf8) }
    guard let path = operand?.bytes ?? call.arguments.argument("config")?.bytes ?? usual else {
      throw CommandError.usage("there is no home folder to write to", advice: "Name a file: `isobar config init isobar.yaml`.")
    }
    makeFolders(above: path)
    try call.create(path, content, advice: "Name another file, or move that one away.")
    if call.output.isJSON {
      try call.console.printJSON(.object(JSONObject(PathJSON.members(path, name: "file"))))
    } else if !call.output.isQuiet {
      try call.console.print("Wrote \(DisplayText.escape(path)). Edit it, then run `isobar config check`.")
    }
    return .done
  }

  private static func makeFolders(above path: [UInt8]) {
    for (index, byte) in path.enumerated() where byte == UInt8(ascii: "/") && index > 0 {
      _ = mkdir(String(decoding: path[..<index], as: UTF8.self), 0o755)
    }
  }
}
