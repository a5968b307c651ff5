import Observability
import Arguments
import Catalog
import Markup
import ObjectStorage

/// `isobar trash list`
enum TrashListCommand: Command {
  static let description = CommandDescription(
    name: "list", abstract: "List what runs deleted or replaced and can be brought back",
    examples: [
      CommandExample("isobar trash list", "Everything, in every pair."),
      CommandExample("isobar trash list --run 12 reports/", "What run 12 took away below a folder."),
    ],
    options: [
      SharedOptions.json, SharedOptions.state,
      OptionDescription(long: "run", value: .value(name: "N", kind: .int), help: "Only what this run took away"),
    ] + SharedOptions.pair,
    operands: [OperandDescription(name: "PATH", help: "a path, or the beginning of paths", arity: .optional)],
    exitCodes: ExitStatus.descriptions(0, 2))

  static func run(_ call: Call) async throws -> ExitStatus {
    let state = try StateAccess(call)
    let prefix = KeyPrefix(trusted: call.arguments.operand("PATH")?.bytes ?? [])
    let run = call.arguments.int("run").map { RunID(Int64($0)) }
    var objects: [JSONValue] = []
    var isEmpty = true
    for listing in try state.selected(call) {
      let catalog = try state.look(listing)
      defer { catalog.close() }
      let records = try catalog.trash(run: run, prefix: prefix, limit: .max)
      if call.output.isJSON {
        objects.append(.object(JSONObject(StateJSON.members(of: listing) + [.init("trash", .array(records.map(StateJSON.trash)))])))
        continue
      }
      if records.isEmpty { continue }
      isEmpty = false
      try call.console.print(call.console.outputStyle.paint(listing.title, .bold))
      var table = TextTable(.right, .right, .left, .left, .right, .left)
      for record in records {
        table.add(
          record.id.map { "\($0.number)" } ?? "", "run #\(record.run)", Wording.time(record.deletedAt),
          "\(record.reason.label) on the \(record.side)", Wording.bytes(record.size), record.key.description)
      }
      for line in table.lines { try call.console.print("  " + line) }
    }
    if call.output.isJSON {
      try call.console.printJSON(["pairs": .array(objects)])
    } else if isEmpty, !call.output.isQuiet {
      try call.console.print("The trash is empty.")
    }
    return .done
  }
}
