import Arguments
import Sync

/// `isobar upload FOLDER STORE`
enum UploadCommand: Command {
  static let description = CommandDescription(
    name: "upload", abstract: "Send a folder's new and changed files to a store",
    discussion: "The same as `isobar copy` with a folder of this machine as the source.",
    examples: [
      CommandExample("isobar upload ~/Reports s3://my-bucket/reports", "What the store lacks or has in an older version.")
    ],
    options: SharedOptions.oneWay,
    operands: [
      OperandDescription(name: "FOLDER", help: "a folder of this machine", completion: .path),
      OperandDescription(name: "STORE", help: "where the files are to be: a URL or STORE:PATH", completion: .storeEnd),
    ], exitCodes: ExitStatus.descriptions)

  static func run(_ call: Call) async throws -> ExitStatus { try await OneWay.run(call, .copy, local: 0) }
}
