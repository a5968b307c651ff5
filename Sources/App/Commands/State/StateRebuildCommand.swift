import Arguments
import Catalog
import Markup
import Primitives

/// `isobar state rebuild`
enum StateRebuildCommand: Command {
  static let description = CommandDescription(
    name: "rebuild", abstract: "Start a pair's state afresh, keeping what can be saved",
    discussion: """
      The database is moved aside, not deleted. Records of the trash and open conflicts are taken over where they can be read. The next \
      sync compares both sides anew: what is equal is adopted, what differs is a conflict, and nothing is deleted.
      """,
    examples: [CommandExample("isobar state rebuild --pair 3f9a", "The pair whose id begins so.")],
    options: [SharedOptions.json, SharedOptions.state] + SharedOptions.pair, exitCodes: ExitStatus.descriptions(0, 1, 2, 4))

  static func run(_ call: Call) async throws -> ExitStatus {
    let state = try StateAccess(call)
    let listing = try state.one(call)
    let result = try StateCheck.rebuild(state.directory, id: listing.id, clock: .system)
    if call.output.isJSON {
      var members = StateJSON.members(of: listing)
      if let kept = result.kept { members += PathJSON.members(kept, name: "kept") }
      members.append(.init("savedTrash", StateJSON.number(result.savedTrash)))
      members.append(.init("savedConflicts", StateJSON.number(result.savedConflicts)))
      try call.console.printJSON(.object(JSONObject(members)))
    } else if !call.output.isQuiet {
      try call.console.print("The state of \(listing.title) starts afresh; the next sync compares both sides anew.")
      if let kept = result.kept { try call.console.print("The old database is kept: \(DisplayText.escape(kept))") }
      if result.savedTrash + result.savedConflicts > 0 {
        try call.console.print(
          "Saved from it: \(result.savedTrash) in the trash, \(Wording.count(result.savedConflicts, "open conflict")).")
      }
    }
    return .done
  }
}
