import Arguments
import Composition
import Markup
import Primitives
import Sync

/// `isobar trash empty`
enum TrashEmptyCommand: Command {
  static let description = CommandDescription(
    name: "empty", abstract: "Delete for good what is in the trash",
    examples: [
      CommandExample("isobar trash empty --older-than 7d", "What was taken away more than a week ago."),
      CommandExample("isobar trash empty --all-of-it", "Everything in a pair's trash."),
    ],
    options: [
      SharedOptions.json, SharedOptions.state,
      OptionDescription(
        long: "older-than", value: .value(name: "AGE", kind: .duration), help: "Only what was taken away this long ago"),
      OptionDescription(long: "all-of-it", help: "Everything, however new"),
    ] + SharedOptions.pair + SharedOptions.connection, exitCodes: ExitStatus.descriptions)

  static func run(_ call: Call) async throws -> ExitStatus {
    let age = call.arguments.duration("older-than")
    guard (age != nil) != call.arguments.flag("all-of-it") else {
      throw UsageError("how much of it? Give --older-than AGE, or --all-of-it", for: call.arguments)
    }
    return try await PairSession.with(call) { _, listing, pair in
      let gone = try await pair.sync.emptyTrash(before: age.map { Timestamp.now() - $0 })
      if call.output.isJSON {
        let members = StateJSON.members(of: listing)
        try call.console.printJSON(
          .object(JSONObject(members + [.init("deleted", StateJSON.number(gone.count)), .init("bytes", .integer(gone.bytes))])))
      } else if !call.output.isQuiet {
        call.console.note("\(Wording.count(gone.count, "file")) deleted from the trash (\(Wording.bytes(gone.bytes))).")
      }
      return .done
    }
  }
}
