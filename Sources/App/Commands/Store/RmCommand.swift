import Arguments
import Composition
import Markup
import ObjectStorage
import Transfer

/// `isobar rm LOCATION…`
enum RmCommand: Command {
  static let description = CommandDescription(
    name: "rm", abstract: "Delete files for good",
    discussion:
      "Nothing goes to a trash. A pair that the files belong to carries the deletes across at its next sync, under its guards.",
    examples: [
      CommandExample("isobar rm s3://my-bucket/old.zip", "One file."),
      CommandExample("isobar rm -r --max-delete 100 s3://my-bucket/tmp/", "A folder, unless it holds more than expected."),
    ],
    options: [
      OptionDescription(long: "recursive", short: "r", help: "Delete folders with all that is in them"),
      OptionDescription(
        long: "max-delete", value: .value(name: "N", kind: .int), help: "With --recursive: delete nothing if there are more files"),
      OptionDescription(long: "force", short: "f", help: "Allow to empty a whole store; take missing files as deleted"),
      OptionDescription(long: "dry-run", short: "n", help: "Say how much would be deleted and delete nothing"),
      SharedOptions.json, SharedOptions.state,
    ] + SharedOptions.connection,
    operands: [OperandDescription(name: "LOCATION", help: "a file or folder", arity: .atLeast(1), completion: .storeEnd)],
    exitCodes: ExitStatus.descriptions(0, 1, 2, 4, 5, 130))

  static func run(_ call: Call) async throws -> ExitStatus {
    try await Session.with(call) { session in
      var total = Total()
      for operand in call.arguments.operands {
        let location = try await session.locate(operand, fromAbove: true)
        try await remove(location, call, &total)
      }
      try report(total, session)
      return total.failures.isEmpty ? .done : .pathsFailed
    }
  }

  private struct Total {
    var files = 0
    var bytes: Int64 = 0
    var folders = 0
    var failures: [DeleteOutcome] = []
  }

  private static func remove(_ location: Location, _ call: Call, _ total: inout Total) async throws {
    let remover = Remover(location.store)
    let isDry = call.arguments.flag("dry-run")
    if !location.isFolder, let info = try await location.store.find(try location.key()) {
      if isDry {
        total.files += 1
        total.bytes += info.entry.size
      } else {
        add(try await remover.remove(try location.key()), to: &total)
      }
      return
    }
    guard call.arguments.flag("recursive") else {
      if !location.isFolder {
        if call.arguments.flag("force") { return }
        throw CommandError(
          "notFound", "\(location.name) is not a file that is there", advice: "Folders need --recursive.", status: .pathsFailed)
      }
      throw CommandError.usage("\(location.name) is a folder", advice: "--recursive deletes it with everything in it.")
    }
    let folder = try location.folder()
    if location.opened.folderPath == [0x2F], folder == nil {
      throw CommandError.usage("this would delete every file of this machine, which no option allows")
    }
    if folder == nil, !call.arguments.flag("force") {
      throw CommandError.usage("\(location.name) is a whole store", advice: "--force deletes everything in it.")
    }
    let found = try await remover.survey(below: folder)
    if let limit = call.arguments.int("max-delete"), found.files > limit {
      throw CommandError(
        "tooManyDeletes",
        "\(location.name) holds \(found.files) files, more than --max-delete \(limit) allows; nothing was deleted",
        status: .guardStopped)
    }
    if isDry {
      total.files += found.files
      total.bytes += found.bytes
      return
    }
    let showsPaths = call.output.verbosity > 0 && !call.output.isJSON
    let summary = try await remover.remove(below: folder, limit: call.arguments.int("max-delete")) { entry in
      if showsPaths { call.console.note("deleted: \(entry.key)") }
    }
    add(summary, to: &total)
  }

  private static func add(_ summary: RemovalSummary, to total: inout Total) {
    total.files += summary.files
    total.bytes += summary.bytes
    total.folders += summary.folders
    total.failures += summary.failures
  }

  private static func report(_ total: Total, _ session: Session) throws {
    let call = session.call
    let isDry = call.arguments.flag("dry-run")
    if call.output.isJSON {
      let failures = total.failures.map { outcome in
        JSONValue.object(
          JSONObject(
            PathJSON.members(outcome.key.bytes) + [
              .init("code", .string(outcome.error?.code.description ?? "")),
              .init("message", .string(outcome.error?.message ?? "")),
            ]))
      }
      try call.console.printJSON([
        "dryRun": .bool(isDry), "deleted": .integer(Int64(total.files)), "bytes": .integer(total.bytes),
        "folders": .integer(Int64(total.folders)), "failed": .integer(Int64(total.failures.count)), "failures": .array(failures),
        "requests": RunResult.requests(session.requests), "seconds": .number(RunResult.seconds(session.elapsed)),
      ])
      return
    }
    for outcome in total.failures { call.console.printError("failed: \(outcome.key): \(outcome.error?.message ?? "")") }
    if call.output.isQuiet { return }
    let verb = isDry ? "would be deleted" : "deleted"
    call.console.note("\(Wording.count(total.files, "file")) \(verb) (\(Wording.bytes(total.bytes))).")
  }
}
