import Arguments
import Sync

/// `isobar copy SOURCE TARGET`
enum CopyCommand: Command {
  static let description = CommandDescription(
    name: "copy", abstract: "Carry new and changed files from one place to another",
    discussion: """
      Files that only the target has are left alone. A target's file that differs is replaced; what it held goes to the trash. A second run sends nothing. The target's folder is made where it is missing.
      """,
    examples: [
      CommandExample("isobar copy ~/Photos s3://my-bucket/photos", "New and changed photos."),
      CommandExample("isobar copy s3://a/x s3://b/x --include '*.jpg'", "Between two stores, only some files."),
    ], options: SharedOptions.oneWay,
    operands: [
      OperandDescription(name: "SOURCE", help: "where the files are: a folder, a URL or STORE:PATH", completion: .storeEnd),
      OperandDescription(name: "TARGET", help: "where they are to be", completion: .storeEnd),
    ], exitCodes: ExitStatus.descriptions)

  static func run(_ call: Call) async throws -> ExitStatus { try await OneWay.run(call, .copy) }
}
