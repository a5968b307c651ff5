import Arguments
import Composition
import Sync
import Transfer

/// `isobar move SOURCE TARGET`
enum MoveCommand: Command {
  static let description = CommandDescription(
    name: "move", abstract: "Carry files to another place and delete them here",
    discussion: """
      Copies as `isobar copy` does, then deletes each source whose copy was seen to hold the same bytes, for good. Interrupted, every file \
      is at one place at least, and the next run goes on.
      """,
    examples: [CommandExample("isobar move ~/Scans s3://my-bucket/archive/scans", "The folder is empty afterwards.")],
    options: [SharedOptions.json, SharedOptions.jsonProgress, SharedOptions.state] + SharedOptions.comparing + SharedOptions.guards
      + SharedOptions.filters + SharedOptions.pace + SharedOptions.connection,
    operands: [
      OperandDescription(name: "SOURCE", help: "where the files are: a folder, a URL or STORE:PATH", completion: .storeEnd),
      OperandDescription(name: "TARGET", help: "where they are to be", completion: .storeEnd),
    ], exitCodes: ExitStatus.descriptions)

  static func run(_ call: Call) async throws -> ExitStatus {
    try await Session.with(call) { session in
      let ends = try call.arguments.operands.map { try EndChoice($0, environment: call.console.environment) }
      try ends[1].refuse(inside: ends[0])
      let request = try RunRequest(session, left: ends[0], rights: [ends[1]], direction: .copy)
      let left = try await session.open(request.left, symlinks: request.symlinks)
      let right = try await session.open(request.rights[0], creating: true, symlinks: request.symlinks)
      let opener = PairOpener(state: try session.stateDirectory())
      let result = await Runner.watch(session, left: left, rights: [right]) { observer in
        let pair = try opener.open(left: left, right: right, options: request.options)
        defer { pair.close() }
        try request.memory(0, session).store(in: pair.catalog)
        return [.success(summary(try await Mover(pair.sync).run { observer(0, $0) }))]
      }
      try RunCommand.report(result, call)
      return result.status
    }
  }

  /// A move as a run: what was removed counts as moved, what had to stay as failed.
  private static func summary(_ move: MoveSummary) -> SyncSummary {
    var summary = move.copied
    summary.moved += move.removed
    // What failed to be copied is among what was kept.
    summary.failed = max(summary.failed, move.keptCount)
    let known = Set(summary.failures.map(\.key))
    summary.failures += move.kept.filter { !known.contains($0.key) }
    return summary
  }
}
