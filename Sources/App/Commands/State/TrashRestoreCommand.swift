import Arguments
import Composition
import Catalog
import ObjectStorage
import Sync

/// `isobar trash restore`
enum TrashRestoreCommand: Command {
  static let description = CommandDescription(
    name: "restore", abstract: "Bring back some of what was deleted or replaced",
    discussion: "Of several versions of a path, the latest is brought back. `--id` takes any of them, by its number in the list.",
    examples: [
      CommandExample("isobar trash restore reports/may.pdf", "One file."),
      CommandExample("isobar trash restore reports/", "Everything below a folder."),
      CommandExample("isobar trash restore --id 17", "One version, by its number in `isobar trash list`."),
    ],
    options: [
      SharedOptions.json, SharedOptions.state,
      OptionDescription(
        long: "id", value: .value(name: "N", kind: .int), help: "Bring back this piece of the list", repeatable: true),
    ] + SharedOptions.pair + SharedOptions.connection,
    operands: [OperandDescription(name: "PATH", help: "a file, or a folder with a slash at its end", arity: .many)],
    exitCodes: ExitStatus.descriptions)

  static func run(_ call: Call) async throws -> ExitStatus {
    let paths = call.arguments.operands
    let numbers = call.arguments.strings("id").compactMap { Int64($0) }
    guard !paths.isEmpty || !numbers.isEmpty else {
      throw UsageError("what is to be brought back? Name paths, or --id", for: call.arguments)
    }
    return try await PairSession.with(call) { _, listing, pair in
      let trash = try pair.catalog.trash(limit: .max)
      var chosen: [TrashRecord] = []
      for number in numbers {
        guard let record = trash.first(where: { $0.id?.number == number }) else {
          throw CommandError.usage("there is no \(number) in the trash", advice: "`isobar trash list` shows what there is.")
        }
        chosen.append(record)
      }
      for path in paths {
        let matches = trash.filter { path.bytes.last == 0x2F ? $0.key.bytes.starts(with: path.bytes) : $0.key.bytes == path.bytes }
        guard !matches.isEmpty else {
          throw CommandError.usage("there is no '\(path.display)' in the trash", advice: "`isobar trash list` shows what there is.")
        }
        // The latest of each path and side.
        var latest: [ObjectKey: TrashRecord] = [:]
        for record in matches { latest[record.key] = record }
        chosen += latest.values.sorted { $0.key < $1.key }
      }
      return try RestoreReport.show(try await pair.sync.restore(chosen), listing, call)
    }
  }
}
