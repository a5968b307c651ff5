import Observability
import Arguments
import Catalog
import Markup
import ObjectStorage

/// `isobar conflicts list`
enum ConflictsListCommand: Command {
  static let description = CommandDescription(
    name: "list", abstract: "List conflicts that wait for a decision",
    examples: [
      CommandExample("isobar conflicts list", "What waits, in every pair."),
      CommandExample("isobar conflicts list --all", "With those that are settled."),
    ],
    options: [
      SharedOptions.json, SharedOptions.state, OptionDescription(long: "all", short: "a", help: "List settled ones too"),
    ] + SharedOptions.pair, exitCodes: ExitStatus.descriptions(0, 2, 3))

  static func run(_ call: Call) async throws -> ExitStatus {
    let state = try StateAccess(call)
    var status = ExitStatus.done
    var objects: [JSONValue] = []
    for listing in try state.selected(call) {
      let catalog = try state.look(listing)
      defer { catalog.close() }
      let conflicts = try catalog.conflicts(open: call.arguments.flag("all") ? nil : true)
      if conflicts.contains(where: { $0.state == .open }) { status = .conflictsWait }
      if call.output.isJSON {
        objects.append(
          .object(JSONObject(StateJSON.members(of: listing) + [.init("conflicts", .array(conflicts.map(StateJSON.conflict)))])))
      } else if !conflicts.isEmpty {
        try call.console.print(call.console.outputStyle.paint(listing.title, .bold))
        var table = TextTable(.right, .left, .left, .left)
        for conflict in conflicts {
          table.add(
            conflict.id.map { "#\($0)" } ?? "", conflict.key.description, conflict.words, Wording.time(conflict.detected))
        }
        for line in table.lines { try call.console.print("  " + line) }
      }
    }
    if call.output.isJSON {
      try call.console.printJSON(["pairs": .array(objects)])
    } else if status == .done, !call.output.isQuiet, !call.arguments.flag("all") {
      try call.console.print("No conflict waits.")
    } else if status == .conflictsWait, !call.output.isQuiet {
      try call.console.print(
        "Settle one with `isobar conflicts resolve NUMBER --conflict left|right|keep-both|newest|largest|merge`.")
    }
    return status
  }
}

extension ConflictRecord {
  /// What collided, and how it ended.
  var words: String {
    let what =
      switch kind {
      case .bothCreated: "created on both sides"
      case .bothModified: "changed on both sides"
      case .modifiedLeftDeletedRight: "changed left, deleted right"
      case .deletedLeftModifiedRight: "deleted left, changed right"
      case .bothMoved: "moved to two names"
      case .type: "a file here, a folder there"
      case .name: "two names one side cannot tell apart"
      }
    guard case .resolved(let how, _) = state else { return what }
    return "\(what); settled: \(how)" + (keptAs.map { ", kept as \($0)" } ?? "")
  }
}
