import Arguments
import Composition
import Catalog
import Sync

/// `isobar undo [RUN]`
enum UndoCommand: Command {
  static let description = CommandDescription(
    name: "undo", abstract: "Bring back what a run deleted or replaced",
    discussion: """
      Each file comes back on the side where it was taken away, from that side's trash; what stands there now goes to the trash in its \
      turn. Without a number, the latest run that took something away is undone.
      """,
    examples: [
      CommandExample("isobar undo", "The latest run of the only pair."),
      CommandExample("isobar undo 12 --pair photos", "Run 12 of a pair; `isobar history` shows the runs."),
    ], options: [SharedOptions.json, SharedOptions.state] + SharedOptions.pair + SharedOptions.connection,
    operands: [OperandDescription(name: "RUN", help: "the number of a run", arity: .optional)], exitCodes: ExitStatus.descriptions)

  static func run(_ call: Call) async throws -> ExitStatus {
    let wanted = try call.arguments.operand("RUN").map(RunNumber.parse)
    return try await PairSession.with(call) { _, listing, pair in
      guard let run = try wanted ?? latest(pair.catalog) else {
        throw CommandError.usage("no run of \(listing.title) left anything in the trash")
      }
      guard try !pair.catalog.trash(run: run, limit: 1).isEmpty else {
        throw CommandError.usage(
          "run \(run) of \(listing.title) left nothing in the trash", advice: "`isobar trash list` shows what can be brought back.")
      }
      return try RestoreReport.show(try await pair.sync.undo(run), listing, call)
    }
  }

  /// The latest run that took something away; what was brought back does not count, so that undoing twice goes further back.
  private static func latest(_ catalog: PairCatalog) throws -> RunID? {
    var before: RunID?
    while true {
      let runs = try catalog.runs(limit: 100, before: before)
      for run in runs where run.kind != .restore && run.kind != .undo {
        if try !catalog.trash(run: run.id, limit: 1).isEmpty { return run.id }
      }
      guard let last = runs.last else { return nil }
      before = last.id
    }
  }
}
