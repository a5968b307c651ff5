import Arguments
import Catalog
import Markup

/// `isobar state check`
enum StateCheckCommand: Command {
  static let description = CommandDescription(
    name: "check", abstract: "Read all that is remembered and look for damage",
    examples: [CommandExample("isobar state check", "Every pair; exits with 1 if one is damaged.")],
    options: [SharedOptions.json, SharedOptions.state] + SharedOptions.pair, exitCodes: ExitStatus.descriptions(0, 1, 2))

  static func run(_ call: Call) async throws -> ExitStatus {
    let state = try StateAccess(call)
    var status = ExitStatus.done
    var objects: [JSONValue] = []
    for listing in try state.selected(call) {
      let finding = StateCheck.check(state.directory, id: listing.id)
      let (label, lines) = finding.words
      if !finding.isUsable { status = .pathsFailed }
      if call.output.isJSON {
        objects.append(
          .object(
            JSONObject(
              StateJSON.members(of: listing) + [
                .init("result", .string(label)), .init("findings", .array(lines.map { .string($0) })),
              ])))
        continue
      }
      try call.console.print("\(listing.title) (\(listing.id)): \(label)")
      for line in lines { try call.console.print("  \(line)") }
      if case .corrupt = finding.state {
        try call.console.print("  Run `isobar state rebuild --pair \(listing.id)`: nothing is deleted by it, nor by the next sync.")
      }
    }
    if call.output.isJSON { try call.console.printJSON(["pairs": .array(objects)]) }
    return status
  }
}

extension StateFinding {
  /// Whether the next run can use it.
  var isUsable: Bool {
    switch state {
    case .ok, .rolledBack: true
    case .corrupt, .unknown: false
    }
  }

  /// A bounded word, and lines for people.
  var words: (label: String, lines: [String]) {
    switch state {
    case .ok(let count): ("sound", [Wording.count(count, "path") + " in step"])
    case .rolledBack(let count):
      ("rolledBack", [Wording.count(count, "path") + " in step; older than its last run: the next run deletes nothing"])
    case .corrupt(let findings): ("damaged", findings)
    case .unknown(let error): ("unknown", [error.message])
    }
  }
}
