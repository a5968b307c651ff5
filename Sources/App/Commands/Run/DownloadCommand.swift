import Arguments
import Sync

/// `isobar download STORE FOLDER`
enum DownloadCommand: Command {
  static let description = CommandDescription(
    name: "download", abstract: "Fetch a store's new and changed files into a folder",
    discussion: "The same as `isobar copy` with a folder of this machine as the target, which is made where it is missing.",
    examples: [
      CommandExample("isobar download s3://my-bucket/reports ~/Reports", "What the folder lacks or has in an older version.")
    ],
    options: SharedOptions.oneWay,
    operands: [
      OperandDescription(name: "STORE", help: "where the files are: a URL or STORE:PATH", completion: .storeEnd),
      OperandDescription(name: "FOLDER", help: "a folder of this machine", completion: .path),
    ], exitCodes: ExitStatus.descriptions)

  static func run(_ call: Call) async throws -> ExitStatus { try await OneWay.run(call, .copy, local: 1) }
}

/// What the commands share that carry files one way.
enum OneWay {
  /// Runs from the first operand to the second.
  /// - Parameter local: the operand that must be a folder of this machine, if one must.
  static func run(_ call: Call, _ direction: SyncDirection, local: Int? = nil) async throws -> ExitStatus {
    try await Session.with(call) { session in
      let ends = try call.arguments.operands.map { try EndChoice($0, environment: call.console.environment) }
      if let local, !ends[local].isLocal {
        throw CommandError.usage(
          "'\(call.arguments.operands[local].display)' is no folder of this machine",
          advice: "Use `isobar copy` between any two places.")
      }
      try ends[1].refuse(inside: ends[0])
      var request = try RunRequest(session, left: ends[0], rights: [ends[1]], direction: direction)
      request.createsFolders = !call.arguments.flag("dry-run")
      return try await RunCommand.carryOut(session, [request])
    }
  }
}
