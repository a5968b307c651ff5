import Observability
import Arguments
import Catalog
import Markup
import ObjectStorage
import Primitives

/// `isobar conflicts show CONFLICT`
enum ConflictsShowCommand: Command {
  static let description = CommandDescription(
    name: "show", abstract: "Show what both sides of a conflict have",
    examples: [
      CommandExample("isobar conflicts show 3", "By its number in the list."),
      CommandExample("isobar conflicts show notes/today.txt", "By its path."),
    ],
    options: [SharedOptions.json, SharedOptions.state] + SharedOptions.pair,
    operands: [OperandDescription(name: "CONFLICT", help: "a number of the list, or a path")],
    exitCodes: ExitStatus.descriptions(0, 2, 3))

  static func run(_ call: Call) async throws -> ExitStatus {
    let state = try StateAccess(call)
    let listing = try state.one(call)
    let catalog = try state.look(listing)
    defer { catalog.close() }
    let conflict = try ConflictOperand.find(call.arguments.operands[0], in: catalog)
    let isOpen = conflict.state == .open
    if call.output.isJSON {
      try call.console.printJSON(StateJSON.conflict(conflict))
      return isOpen ? .conflictsWait : .done
    }
    try call.console.print(call.console.outputStyle.paint(conflict.key.description, .bold))
    try call.console.print("  \(conflict.words); met \(Wording.time(conflict.detected)), policy \(conflict.policy)")
    var table = TextTable(.left, .right, .left, .left)
    for (name, side, end) in [
      ("left", conflict.left, listing.record?.left.displayName), ("right", conflict.right, listing.record?.right.displayName),
    ] {
      let time = side?.modified.map(Wording.time) ?? ""
      table.add(name, side.map { Wording.bytes($0.size) } ?? "nothing", time, end ?? "")
    }
    for line in table.lines { try call.console.print("  " + line) }
    if let kept = conflict.keptAs { try call.console.print("  the other version is kept as \(kept)") }
    return isOpen ? .conflictsWait : .done
  }
}

/// Conflicts as operands.
enum ConflictOperand {
  /// The conflict that an operand names: its number, or its path (of several the latest that waits, else the latest).
  static func find(_ operand: Argument, in catalog: PairCatalog) throws -> ConflictRecord {
    let text = operand.text.hasPrefix("#") ? String(operand.text.dropFirst()) : operand.text
    if let number = Int64(text), let conflict = try catalog.conflict(ConflictID(number)) { return conflict }
    let matches = try catalog.conflicts().filter { $0.key.bytes == operand.bytes }
    guard let match = matches.last(where: { $0.state == .open }) ?? matches.last else {
      throw CommandError.usage("there is no conflict '\(operand.display)'", advice: "`isobar conflicts list --all` lists them.")
    }
    return match
  }
}
