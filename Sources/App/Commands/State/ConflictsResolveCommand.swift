import Arguments
import Composition
import Catalog
import Markup
import ObjectStorage
import Sync

/// `isobar conflicts resolve`
enum ConflictsResolveCommand: Command {
  static let description = CommandDescription(
    name: "resolve", abstract: "Settle conflicts that wait",
    discussion: "Whatever loses goes to the trash of its side.",
    examples: [
      CommandExample("isobar conflicts resolve 3 --conflict left", "The left version wins."),
      CommandExample("isobar conflicts resolve --all --conflict newest", "All that wait, the newer version wins."),
    ],
    options: [
      OptionDescription(
        long: "conflict",
        value: .value(name: "POLICY", kind: .choice(ConflictPolicy.allCases.filter { $0 != .manual }.map(\.rawValue))),
        help: "How to settle them; needed"),
      OptionDescription(long: "all", short: "a", help: "Settle all that wait"), SharedOptions.json, SharedOptions.state,
    ] + SharedOptions.pair + SharedOptions.connection,
    operands: [OperandDescription(name: "CONFLICT", help: "numbers of the list, or paths", arity: .many)],
    exitCodes: ExitStatus.descriptions)

  static func run(_ call: Call) async throws -> ExitStatus {
    guard let policy = call.arguments.string("conflict").flatMap(ConflictPolicy.init) else {
      throw UsageError(
        "how are they to be settled? Give --conflict left, right, keep-both, newest, largest or merge", for: call.arguments)
    }
    let isAll = call.arguments.flag("all")
    guard isAll == call.arguments.operands.isEmpty else {
      throw UsageError("which conflicts? Name some, or --all", for: call.arguments)
    }
    return try await PairSession.with(call) { _, listing, pair in
      let chosen =
        isAll
        ? try pair.catalog.conflicts(open: true)
        : try call.arguments.operands.map { try ConflictOperand.find($0, in: pair.catalog) }
      var status = ExitStatus.done
      var objects: [JSONValue] = []
      for conflict in chosen {
        let words: String
        do {
          let outcome = try await pair.sync.resolve(conflict, by: policy)
          words = outcome.map { EventWords(rights: []).words(0, $0.resolution) } ?? "it was none any more"
        } catch let error as StorageError {
          status = status.worse(ExitStatus(error))
          words = error.description
          call.console.printError("failed: \(conflict.key): \(words)")
          objects.append(.object(JSONObject(PathJSON.members(conflict.key.bytes) + [.init("error", .string(words))])))
          continue
        }
        objects.append(.object(JSONObject(PathJSON.members(conflict.key.bytes) + [.init("result", .string(words))])))
        if !call.output.isJSON, !call.output.isQuiet { call.console.note("\(conflict.key): \(words)") }
      }
      let left = try pair.catalog.openConflictCount()
      if left > 0 { status = status.worse(.conflictsWait) }
      if call.output.isJSON {
        try call.console.printJSON(
          .object(
            JSONObject(
              StateJSON.members(of: listing) + [.init("resolved", .array(objects)), .init("waiting", StateJSON.number(left))])))
      } else if chosen.isEmpty, !call.output.isQuiet {
        call.console.note("No conflict waits.")
      }
      return status
    }
  }
}
