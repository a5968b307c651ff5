import Observability
import Arguments
import Catalog
import Markup
import ObjectStorage
import Primitives

/// `isobar history`
enum HistoryCommand: Command {
  static let description = CommandDescription(
    name: "history", abstract: "Show past runs, and what one of them did",
    examples: [
      CommandExample("isobar history", "The latest runs of every pair."),
      CommandExample("isobar history 12 --pair docs", "What run 12 of that pair took away and replaced."),
    ],
    options: [
      SharedOptions.json, SharedOptions.state,
      OptionDescription(
        long: "limit", short: "l", value: .value(name: "N", kind: .int), help: "Show at most this many runs of a pair",
        defaultText: "20"),
    ] + SharedOptions.pair,
    operands: [OperandDescription(name: "RUN", help: "the number of a run", arity: .optional)],
    exitCodes: ExitStatus.descriptions(0, 1, 2))

  static func run(_ call: Call) async throws -> ExitStatus {
    let state = try StateAccess(call)
    if let operand = call.arguments.operand("RUN") { return try one(RunNumber.parse(operand), state, call) }
    let limit = call.arguments.int("limit") ?? 20
    guard limit > 0 else { throw CommandError.usage("--limit takes a number above 0") }
    var objects: [JSONValue] = []
    for listing in try state.selected(call) {
      let catalog = try state.look(listing)
      defer { catalog.close() }
      let runs = try catalog.runs(limit: limit)
      if call.output.isJSON {
        objects.append(.object(JSONObject(StateJSON.members(of: listing) + [.init("runs", .array(runs.map(StateJSON.run)))])))
        continue
      }
      try call.console.print(call.console.outputStyle.paint(listing.title, .bold))
      var table = TextTable(.right, .left, .left, .right, .left, .left)
      for run in runs {
        table.add(
          "#\(run.id)", Wording.time(run.started), run.kind.label, length(of: run), run.stateLabel,
          TextWidth.shorten(run.deeds, to: 100))
      }
      for line in table.lines { try call.console.print("  " + line) }
    }
    if call.output.isJSON { try call.console.printJSON(["pairs": .array(objects)]) }
    return .done
  }

  // Inlined into its caller, this crashes the optimizer of Swift 6.3.1.
  @inline(never)
  private static func length(of run: RunRecord) -> String {
    run.ended.map { "\(max(0, $0.seconds - run.started.seconds))s" } ?? ""
  }

  private static func one(_ id: RunID, _ state: StateAccess, _ call: Call) throws -> ExitStatus {
    let listing = try state.one(call)
    let catalog = try state.look(listing)
    defer { catalog.close() }
    guard let run = try catalog.run(id) else { throw CommandError.usage("there is no run \(id) of \(listing.title)") }
    let operations = try catalog.operations(of: id, limit: 10_000)
    let trash = try catalog.trash(run: id, limit: 10_000)
    if call.output.isJSON {
      var members = StateJSON.members(of: listing)
      members.append(.init("run", StateJSON.run(run)))
      members.append(.init("operations", .array(operations.map(json))))
      members.append(.init("trash", .array(trash.map(StateJSON.trash))))
      try call.console.printJSON(.object(JSONObject(members)))
      return .done
    }
    try call.console.print("Run #\(run.id) (\(run.kind.label)) of \(listing.title)")
    try call.console.print("  started \(Wording.time(run.started)), \(run.stateLabel): \(run.deeds)")
    for operation in operations { try call.console.print("  " + line(operation.result)) }
    for record in trash {
      try call.console.print(
        "  \(record.reason.label) on the \(record.side): \(record.key) (\(Wording.bytes(record.size)), in the trash)")
    }
    if !trash.isEmpty { try call.console.print("`isobar undo \(run.id)` brings back what is in the trash.") }
    return .done
  }

  private static func line(_ result: OperationResult) -> String {
    let side = result.side.map { " on the \($0)" } ?? ""
    return "\(result.action.label)\(side): \(result.key)" + (result.message.map { " (\($0))" } ?? "")
  }

  private static func json(_ operation: RecordedOperation) -> JSONValue {
    let result = operation.result
    var members = PathJSON.members(result.key.bytes)
    members.append(.init("action", .string(result.action.label)))
    if let side = result.side { members.append(.init("side", .string(side.description))) }
    members.append(.init("bytes", .integer(result.bytes)))
    members.append(.init("at", StateJSON.time(operation.at)))
    if let code = result.code { members.append(.init("code", .string(code))) }
    if let message = result.message { members.append(.init("message", .string(message))) }
    return .object(JSONObject(members))
  }
}

/// A run's number as an operand.
enum RunNumber {
  /// The run that an operand names: `12` or `#12`.
  static func parse(_ operand: Argument) throws -> RunID {
    let text = operand.text.hasPrefix("#") ? String(operand.text.dropFirst()) : operand.text
    guard let number = Int64(text), number > 0 else {
      throw CommandError.usage("'\(operand.display)' is no run's number", advice: "`isobar history` lists the runs.")
    }
    return RunID(number)
  }
}
