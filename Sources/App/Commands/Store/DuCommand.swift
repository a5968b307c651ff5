import Arguments
import Markup
import ObjectStorage
import Primitives
import Transfer

/// `isobar du LOCATION`
enum DuCommand: Command {
  static let description = CommandDescription(
    name: "du", abstract: "Add up files and bytes per folder",
    examples: [
      CommandExample("isobar du s3://my-bucket", "The whole and each folder in it."),
      CommandExample("isobar du --depth 0 --json ~/Photos", "Only the whole, as an object."),
    ],
    options: [
      OptionDescription(
        long: "depth", short: "d", value: .value(name: "N", kind: .int), help: "Show folders down to this level", defaultText: "1"),
      SharedOptions.json, SharedOptions.state,
    ] + SharedOptions.connection,
    operands: [
      OperandDescription(name: "LOCATION", help: "a folder; by default this one", arity: .optional, completion: .storeEnd)
    ],
    exitCodes: ExitStatus.descriptions(0, 1, 2, 5, 130))

  static func run(_ call: Call) async throws -> ExitStatus {
    let depth = call.arguments.int("depth") ?? 1
    guard depth >= 0 else { throw CommandError.usage("--depth takes a number from 0") }
    return try await Session.with(call) { session in
      let location = try await session.locate(call.arguments.operand("LOCATION") ?? Argument([UInt8(ascii: ".")]))
      let folder = try location.folder()
      var folders: [FolderUsage] = []
      let (total, problems) = try await Usage(location.store).count(folder, depth: depth) { folders.append($0) }
      if call.output.isJSON {
        try call.console.printJSON([
          "location": .string(location.name), "files": .integer(Int64(total.files)), "bytes": .integer(total.bytes),
          "folders": .array(
            folders.map { usage in
              .object(
                JSONObject(
                  PathJSON.members(usage.folder?.bytes ?? []) + [
                    .init("files", .integer(Int64(usage.files))), .init("bytes", .integer(usage.bytes)),
                  ]))
            }), "problems": .array(problems.map(EntryJSON.problem)),
        ])
      } else {
        var table = TextTable(.right, .right, .left)
        for usage in folders {
          table.add(Wording.bytes(usage.bytes), Wording.count(usage.files, "file"), usage.folder?.description ?? "")
        }
        table.add(Wording.bytes(total.bytes), Wording.count(total.files, "file"), location.name)
        for line in table.lines { try call.console.print(line) }
        for problem in problems { call.console.printError("\(problem.key.map { "\($0): " } ?? "")\(problem.words)") }
      }
      return problems.isEmpty ? .done : .pathsFailed
    }
  }
}
