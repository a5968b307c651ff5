import Arguments
import Sync

/// `isobar mirror SOURCE TARGET`
enum MirrorCommand: Command {
  static let description = CommandDescription(
    name: "mirror", abstract: "Make one place exactly what another is, with deletes",
    discussion: """
      What only the target has is deleted there, into the trash. A run that would delete too much stops before it changes anything. A second run sends nothing. The target's folder is made where it is missing.
      """,
    examples: [
      CommandExample("isobar mirror ~/Photos /mnt/backup/photos", "The backup becomes what the folder is."),
      CommandExample("isobar mirror --dry-run --max-delete 100 site/ s3://my-site", "Show what would be done."),
    ], options: SharedOptions.oneWay,
    operands: [
      OperandDescription(name: "SOURCE", help: "where the files are: a folder, a URL or STORE:PATH", completion: .storeEnd),
      OperandDescription(name: "TARGET", help: "where they are to be", completion: .storeEnd),
    ], exitCodes: ExitStatus.descriptions)

  static func run(_ call: Call) async throws -> ExitStatus { try await OneWay.run(call, .mirror) }
}
