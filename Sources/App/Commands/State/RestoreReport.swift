import Catalog
import Markup
import ObjectStorage
import Sync

/// What bringing things back did, for people and programs.
enum RestoreReport {
  /// Tells it, and says how the program ends.
  static func show(_ summary: RestoreSummary, _ listing: PairListing, _ call: Call) throws -> ExitStatus {
    let console = call.console
    if call.output.isJSON {
      var members = StateJSON.members(of: listing)
      members.append(.init("restored", .array(summary.restored.map(StateJSON.trash))))
      members.append(.init("missing", .array(summary.missing.map(StateJSON.trash))))
      members.append(.init("failures", .array(summary.failures.map { .object(JSONObject(EventJSON.failureMembers($0))) })))
      try console.printJSON(.object(JSONObject(members)))
      return summary.failures.isEmpty && summary.missing.isEmpty ? .done : .pathsFailed
    }
    if !call.output.isQuiet {
      for record in summary.restored { console.note("back on the \(record.side): \(record.key) (\(Wording.bytes(record.size)))") }
    }
    for record in summary.missing { console.printError("not in the trash any more: \(record.key)") }
    for failure in summary.failures { console.printError("failed: \(failure.key): \(failure.message)") }
    if !call.output.isQuiet {
      console.note("\(Wording.count(summary.restored.count, "file")) brought back. The next sync carries them to the other side.")
    }
    return summary.failures.isEmpty && summary.missing.isEmpty ? .done : .pathsFailed
  }
}
