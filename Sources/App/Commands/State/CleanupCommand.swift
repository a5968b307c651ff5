import Arguments
import Catalog
import Composition
import Markup
import ObjectStorage
import Primitives
import Sync

/// `isobar cleanup`
enum CleanupCommand: Command {
  static let description = CommandDescription(
    name: "cleanup", abstract: "Delete what crashes and time left behind",
    discussion: """
      In the ends of every pair (or of one, with --pair): temporary files of killed runs, unfinished uploads that a bucket still keeps and \
      bills, trash that was kept for long enough, and old runs of the history. Nothing that a pair holds in step is touched.
      """,
    examples: [
      CommandExample("isobar cleanup", "Whatever is older than 30 days."),
      CommandExample("isobar cleanup --older-than 1d --pair photos --dry-run", "See what a shorter time would take."),
    ],
    options: [
      OptionDescription(
        long: "older-than", value: .value(name: "AGE", kind: .duration), help: "Delete only what is older than this",
        defaultText: "30d"),
      OptionDescription(
        long: "keep-runs", value: .value(name: "N", kind: .int), help: "Keep this many runs of the history of a pair",
        defaultText: "100"), SharedOptions.dryRun, SharedOptions.json, SharedOptions.state,
    ] + SharedOptions.pair + SharedOptions.connection, exitCodes: ExitStatus.descriptions)

  static func run(_ call: Call) async throws -> ExitStatus {
    let age = call.arguments.duration("older-than") ?? .seconds(30 * 86_400)
    let runs = call.arguments.int("keep-runs") ?? 100
    guard runs > 0 else { throw CommandError.usage("--keep-runs takes a number above 0") }
    let isDry = call.arguments.flag("dry-run")
    let state = try StateAccess(call)
    var status = ExitStatus.done
    var objects: [JSONValue] = []
    for listing in try state.selected(call) {
      do {
        let done = try await PairSession.with(call, state, listing) { _, _, pair in
          var done = Done()
          try await done.tidy(pair, age: age, runs: runs, isDry: isDry)
          return done
        }
        objects.append(.object(JSONObject(StateJSON.members(of: listing) + done.members)))
        if !call.output.isJSON, !call.output.isQuiet {
          call.console.note("\(listing.title): \(done.words)\(isDry ? " (nothing was deleted)" : "")")
        }
      } catch {
        if error is CancellationError || Task.isCancelled { throw error }
        // One pair whose store is away does not keep the others from being tidied.
        status = status.worse(ExitStatus(error))
        let report = ErrorReport(error, status: ExitStatus(error))
        report.explain(to: call, about: listing.title)
        objects.append(.object(JSONObject(StateJSON.members(of: listing) + [.init("error", report.json)])))
      }
    }
    if call.output.isJSON { try call.console.printJSON(["dryRun": .bool(isDry), "pairs": .array(objects)]) }
    return status
  }

  /// What was found and deleted in one pair.
  private struct Done: Sendable {
    var temporaries = 0
    var uploads = 0
    var trash = 0
    var trashBytes: Int64 = 0

    mutating func tidy(_ pair: OpenPair, age: Duration, runs: Int, isDry: Bool) async throws {
      let limit = Timestamp.now() - age
      if isDry {
        let old = try pair.catalog.trash(deletedBefore: limit, limit: .max)
        (trash, trashBytes) = (old.count, old.reduce(0) { $0 + $1.size })
      } else {
        (trash, trashBytes) = try await pair.sync.emptyTrash(before: limit)
        try pair.catalog.pruneHistory(keeping: runs)
      }
      for end in [pair.left, pair.right] {
        let found = try await end.removeLeftovers(olderThan: age, isDry: isDry)
        temporaries += found.temporaries
        uploads += found.uploads
      }
    }

    var words: String {
      [
        "\(Wording.count(trash, "file")) of the trash (\(Wording.bytes(trashBytes)))", Wording.count(temporaries, "temporary file"),
        Wording.count(uploads, "unfinished upload"),
      ].joined(separator: ", ")
    }

    var members: [JSONObject.Member] {
      [
        .init("trash", StateJSON.number(trash)), .init("bytes", .integer(trashBytes)),
        .init("temporaries", StateJSON.number(temporaries)), .init("uploads", StateJSON.number(uploads)),
      ]
    }
  }
}
