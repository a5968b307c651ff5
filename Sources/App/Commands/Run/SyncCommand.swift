import Arguments
import Configuration
import Primitives
import Sync

/// `isobar sync LEFT RIGHT…`
enum SyncCommand: Command {
  static let description = CommandDescription(
    name: "sync", abstract: "Bring two places in step, changes of both sides",
    discussion: """
      Compares both sides with what they last agreed on and carries each change across: new and changed files, deletes, renames. A path \
      that changed on both sides is a conflict; by default both versions are kept. What is deleted or replaced goes to the trash of \
      its own side (`isobar undo` brings it back). A run that would delete too much, or that finds a side empty or replaced, stops \
      before it changes anything.

      With several right ends, each is kept in step with the left one. A pair of the configuration brings its own options.
      """,
    examples: [
      CommandExample("isobar sync ~/Documents s3://my-bucket/documents", "Both ways."),
      CommandExample("isobar sync --dry-run ~/Documents s3://my-bucket/documents", "Show what would be done."),
      CommandExample("isobar sync ~/Photos s3://my-bucket/photos /mnt/disk/photos --exclude '*.tmp'", "Two copies in one run."),
      CommandExample("isobar sync --pair photos --conflict newest", "A pair of the configuration, the newer version wins."),
      CommandExample("isobar sync --all --json", "Every pair of the configuration, with one JSON object at the end."),
    ],
    options: [SharedOptions.dryRun, SharedOptions.conflict] + [
      OptionDescription(
        long: "pair", short: "p", value: .value(name: "NAME", kind: .string), help: "Sync this pair of the configuration",
        repeatable: true),
      OptionDescription(long: "all", short: "a", help: "Sync every pair of the configuration"),
    ] + [SharedOptions.json, SharedOptions.jsonProgress, SharedOptions.state] + SharedOptions.comparing + SharedOptions.guards
      + SharedOptions.filters + SharedOptions.pace + SharedOptions.connection,
    operands: [
      OperandDescription(name: "LEFT", help: "one end: a folder, a URL or STORE:PATH", arity: .optional, completion: .storeEnd),
      OperandDescription(name: "RIGHT", help: "the other end, or several", arity: .many, completion: .storeEnd),
    ], exitCodes: ExitStatus.descriptions)

  static func run(_ call: Call) async throws -> ExitStatus {
    try await Session.with(call) { session in try await RunCommand.carryOut(session, try requests(session)) }
  }

  private static func requests(_ session: Session) throws -> [RunRequest] {
    let arguments = session.call.arguments
    let names = arguments.strings("pair")
    let ends = try arguments.operands.map { try EndChoice($0, environment: session.call.console.environment) }
    switch (names.isEmpty, arguments.flag("all"), ends.isEmpty) {
    case (true, false, false):
      guard ends.count > 1 else { throw UsageError("RIGHT is missing", for: arguments) }
      return [try RunRequest(session, left: ends[0], rights: Array(ends.dropFirst()), direction: nil)]
    case (false, false, true): return try names.map { try RunRequest(session, try PairChoice.find($0, session.settings)) }
    case (true, true, true):
      guard !session.settings.pairs.isEmpty else {
        throw CommandError.usage("the configuration has no pairs", advice: "`isobar config init` writes one to start from.")
      }
      return try session.settings.pairs.map { try RunRequest(session, $0) }
    case (true, false, true): throw UsageError("what is to be synced? Name two ends, --pair or --all", for: arguments)
    default: throw UsageError("two ends, --pair and --all exclude each other", for: arguments)
    }
  }
}

/// Pairs of the configuration.
enum PairChoice {
  /// The pair of a name.
  static func find(_ name: String, _ settings: Settings) throws -> PairSettings {
    if let pair = settings.pair(named: name) { return pair }
    let hint = Suggestion.closest(to: name, in: settings.pairs.map(\.name)).map { "Did you mean \($0)?" }
    throw CommandError.usage(
      "there is no pair “\(DisplayText.escape(name))” in the configuration",
      advice: hint ?? "`isobar config show` lists the pairs; `isobar sync LEFT RIGHT` needs none.")
  }
}
