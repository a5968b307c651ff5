import Observability
import Arguments
import Catalog
import Markup
import Primitives

/// `isobar status`
enum StatusCommand: Command {
  static let description = CommandDescription(
    name: "status", abstract: "Show how the pairs stand: in step, last run, conflicts, failures",
    discussion: """
      Reads only what is remembered and asks no store. Pairs are listed with their ids, which --pair understands.
      """,
    examples: [
      CommandExample("isobar status", "All pairs."),
      CommandExample("isobar status --json | jq '.pairs[].failures'", "What failed, for a program."),
    ],
    options: [SharedOptions.json, SharedOptions.state] + SharedOptions.pair, exitCodes: ExitStatus.descriptions(0, 1, 2, 3))

  static func run(_ call: Call) async throws -> ExitStatus {
    let state = try StateAccess(call)
    let listings = try state.selected(call)
    var status = ExitStatus.done
    var objects: [JSONValue] = []
    for listing in listings {
      let details = Details(listing, state)
      status = status.worse(details.status)
      if call.output.isJSON {
        objects.append(details.json)
      } else {
        for line in details.lines(call.console, isVerbose: call.output.verbosity > 0) { try call.console.print(line) }
      }
    }
    if call.output.isJSON {
      try call.console.printJSON(["state": .string(state.directory.displayPath), "pairs": .array(objects)])
    } else if listings.isEmpty {
      try call.console.print("Nothing was synced yet with this state folder (\(state.directory.displayPath)).")
    }
    return status
  }
}

/// What a status tells of one pair.
private struct Details {
  let listing: PairListing
  var failures: [FailureRecord] = []
  var trash: (count: Int, bytes: Int64) = (0, 0)
  var isRolledBack = false

  init(_ listing: PairListing, _ state: StateAccess) {
    self.listing = listing
    guard listing.record != nil, let catalog = try? state.look(listing) else { return }
    defer { catalog.close() }
    failures = (try? catalog.failures(limit: 100)) ?? []
    trash = (try? catalog.trashTotal()) ?? (0, 0)
    isRolledBack = catalog.isRolledBack
  }

  var status: ExitStatus {
    guard case .known(_, _, _, let failed, let open) = listing.content else { return .pathsFailed }
    return failed > 0 ? .pathsFailed : open > 0 ? .conflictsWait : .done
  }

  var json: JSONValue {
    var members = StateJSON.members(of: listing)
    members.append(.init("stateBytes", .integer(listing.size)))
    members.append(.init("atWork", .bool(listing.holder != nil)))
    switch listing.content {
    case .unreadable(let error):
      members.append(.init("error", .object(["code": .string(error.code.description), "message": .string(error.message)])))
    case .known(let record, let base, let last, let failed, let open):
      members += [
        .init("created", StateJSON.time(record.created)), .init("inStep", StateJSON.number(base)),
        .init("lastRun", last.map(StateJSON.run) ?? .null), .init("conflicts", StateJSON.number(open)),
        .init("failed", StateJSON.number(failed)), .init("failures", .array(failures.map(StateJSON.failure))),
        .init("trash", .object(["count": StateJSON.number(trash.count), "bytes": .integer(trash.bytes)])),
        .init("rolledBack", .bool(isRolledBack)),
      ]
    }
    return .object(JSONObject(members))
  }

  func lines(_ console: Console, isVerbose: Bool) -> [String] {
    let style = console.outputStyle
    var lines = [style.paint(listing.title, .bold), "  pair      \(listing.id)"]
    switch listing.content {
    case .unreadable(let error):
      lines.append("  state     " + style.paint("cannot be read: \(error.message)", .red))
    case .known(_, let base, let last, let failed, let open):
      lines.append("  in step   \(Wording.count(base, "path"))")
      if let holder = listing.holder { lines.append("  at work   \(DisplayText.escape(holder))") }
      if let last {
        let when = Wording.ago(last.started, now: .now())
        lines.append(
          "  last run  #\(last.id) \(last.kind.label), \(when): \(last.stateLabel); \(TextWidth.shorten(last.deeds, to: isVerbose ? 10_000 : 100))"
        )
      } else {
        lines.append("  last run  none")
      }
      if isRolledBack { lines.append("  state     older than its last run: nothing is deleted until a run has seen everything") }
      if open > 0 {
        lines.append("  waiting   " + style.paint(Wording.count(open, "conflict"), .magenta) + " (isobar conflicts list)")
      }
      if failed > 0 {
        lines.append("  failing   " + style.paint(Wording.count(failed, "path"), .red) + " (isobar retry)")
        for failure in failures.prefix(isVerbose ? 100 : 5) { lines.append("            \(failure.key): \(failure.message)") }
      }
      if trash.count > 0 { lines.append("  trash     \(Wording.count(trash.count, "file")), \(Wording.bytes(trash.bytes))") }
    }
    return lines
  }
}
