import Arguments
import Composition
import Catalog
import ObjectStorage
import Sync

/// `isobar retry`
enum RetryCommand: Command {
  static let description = CommandDescription(
    name: "retry", abstract: "Try again what failed",
    discussion: """
      A path that keeps failing is left alone after some attempts. This clears that and syncs the pair, so that all such paths are tried \
      once more. `isobar status` lists them.
      """,
    examples: [
      CommandExample("isobar retry", "The only pair."), CommandExample("isobar retry --pair photos -v", "A pair by its name."),
    ],
    options: [SharedOptions.json, SharedOptions.jsonProgress, SharedOptions.state] + SharedOptions.pair + SharedOptions.pace
      + SharedOptions.connection, exitCodes: ExitStatus.descriptions)

  static func run(_ call: Call) async throws -> ExitStatus {
    try await PairSession.with(call) { session, _, pair in
      for failure in try pair.catalog.failures() { try pair.catalog.clearFailure(failure.key) }
      let result = await Runner.watch(session, left: pair.left, rights: [pair.right]) { observer in
        [.success(try await pair.sync.run { observer(0, $0) })]
      }
      try RunCommand.report(result, call)
      return result.status
    }
  }
}
