import Arguments
import ObjectStorage
import Transfer

/// `isobar put SOURCE TARGET`
enum PutCommand: Command {
  static let description = CommandDescription(
    name: "put", abstract: "Send one file, or standard input",
    discussion: "The target is replaced whole or not at all. For folders there is `isobar upload`.",
    examples: [
      CommandExample("isobar put may.pdf s3://my-bucket/reports/", "Into a folder, under its name."),
      CommandExample("pg_dump shop | isobar put - s3://my-bucket/dumps/shop.sql", "Standard input, of any length."),
    ],
    options: [
      SingleFile.noClobber,
      OptionDescription(
        long: "storage-class", value: .value(name: "NAME", kind: .string), help: "Storage class of the target, such as STANDARD_IA"),
      OptionDescription(long: "content-type", value: .value(name: "TYPE", kind: .string), help: "Media type, for standard input"),
      SharedOptions.json, SharedOptions.state,
    ] + SharedOptions.connection,
    operands: [
      OperandDescription(name: "SOURCE", help: "a file, or - for standard input", completion: .storeEnd),
      OperandDescription(name: "TARGET", help: "a file, or a folder with a slash at its end", completion: .storeEnd),
    ], exitCodes: ExitStatus.descriptions(0, 1, 2, 5, 130))

  static func run(_ call: Call) async throws -> ExitStatus {
    try await Session.with(call) { session in
      let target = try await session.locate(call.arguments.operands[1])
      let source = call.arguments.operands[0]
      guard source.bytes == [UInt8(ascii: "-")] else {
        try await SingleFile.copy(try await session.locate(source), to: target, session)
        return .done
      }
      let key = try target.key()
      let options = WriteOptions(
        condition: SingleFile.condition(call), metadata: ObjectMetadata(contentType: call.arguments.string("content-type")),
        storageClass: try SingleFile.storageClass(call))
      let receipt = try await StreamUpload(to: target.store, key, options).run(readingFrom: call.console.input)
      try SingleFile.report("standard input", target, key, receipt, session)
      return .done
    }
  }
}
