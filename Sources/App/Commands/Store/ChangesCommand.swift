import Arguments
import Catalog
import Changes
import Composition
import Concurrency
import Markup
import ObjectStorage
import Primitives

/// `isobar changes STORE`
enum ChangesCommand: Command {
  static let description = CommandDescription(
    name: "changes", abstract: "Show what has changed in a place since the last look",
    discussion: """
      The first look only remembers what is there. Each later one prints a line for each file that was added (+), changed (~) or removed \
      (-) since, and remembers that. Nothing is kept in the store itself.

      A service that tells of its changes (Dropbox) is asked for them, and costs next to nothing; any other place is listed. With \
      --follow it goes on until it is stopped: a service that can wait for changes is waited for, any other place is listed again after \
      each --interval.
      """,
    examples: [
      CommandExample("isobar changes s3://my-bucket/inbox", "What is new since yesterday's look."),
      CommandExample("isobar changes --peek --json dropbox://", "Look without remembering it, as one object."),
      CommandExample("isobar changes --follow --json dropbox://inbox", "An object for each change, as it comes."),
    ],
    options: [
      OptionDescription(long: "peek", help: "Do not remember this look: the next one shows the same again"),
      OptionDescription(long: "follow", short: "f", help: "Go on looking until stopped"),
      OptionDescription(
        long: "interval", value: .value(name: "TIME", kind: .duration),
        help: "With --follow: how long to wait between looks at a place that tells of nothing", defaultText: "1m"),
      SharedOptions.json, SharedOptions.state,
    ] + SharedOptions.connection,
    operands: [OperandDescription(name: "PLACE", help: "a folder, a URL, or a store of the configuration", completion: .storeEnd)],
    exitCodes: ExitStatus.descriptions(0, 1, 2, 5, 130))

  static func run(_ call: Call) async throws -> ExitStatus {
    let isFollowing = call.arguments.flag("follow")
    let isPeeking = call.arguments.flag("peek")
    guard !isFollowing || !isPeeking else { throw CommandError.usage("--peek and --follow exclude each other") }
    let interval = call.arguments.duration("interval") ?? .seconds(60)
    guard interval >= .seconds(1) else { throw CommandError.usage("--interval takes a time from 1s") }
    guard let place = call.arguments.operand("PLACE") else { throw CommandError.usage("name a place") }
    return try await Session.with(call) { session in
      let opened = try await session.open(EndChoice(place, environment: call.console.environment))
      let state = try session.stateDirectory()
      let seen = try SeenTree.open(state, store: opened.identity, clock: .system)
      defer { seen.close() }
      let tracker = ChangeTracker(opened.store, feed: opened.changeFeed, seen: seen)
      if isFollowing { return try await follow(tracker, interval, call) }
      return try await look(tracker, isPeeking ? .forget : .remember, place.display, call)
    }
  }

  private static func look(
    _ tracker: ChangeTracker, _ keeping: ChangeTracker.Keeping, _ place: String, _ call: Call
  ) async throws -> ExitStatus {
    var writer = JSONWriter(.pretty)
    if call.output.isJSON {
      writer.beginObject()
      writer.member("place", .string(place))
      writer.key("changes")
      writer.beginArray()
    }
    let tally = try await tracker.look(keeping) { change in
      if call.output.isJSON { writer.value(json(change)) } else { try call.console.print(line(change)) }
    }
    if call.output.isJSON {
      writer.endArray()
      for member in members(tally) {
        writer.key(member.key)
        writer.value(member.value)
      }
      writer.endObject()
      try call.console.write(writer.takeBytes() + [0x0A])
    } else {
      tell(tally, call)
    }
    return tally.problems.isEmpty ? .done : .pathsFailed
  }

  private static func follow(_ tracker: ChangeTracker, _ interval: Duration, _ call: Call) async throws -> ExitStatus {
    var failures = 0
    while true {
      do {
        let tally = try await tracker.look(.remember) { change in
          try call.console.print(call.output.isJSON ? String(decoding: json(change).bytes(), as: UTF8.self) : line(change))
        }
        if tally.isFirst, !call.output.isJSON { tell(tally, call) }
        repeat {
          // Where the store tells of changes it is waited for; a listing in its place is not begun again at once, either.
          if !tracker.hasFeed || tally.way == .listing { try await Task.sleep(for: interval) }
        } while try await !tracker.wait(atMost: .seconds(300))
        failures = 0
      } catch let error as StorageError where error.retry != .never && error.code != .cancelled {
        // A connection of hours breaks at times: what was not told yet is told by the next look.
        failures += 1
        if failures > patience { throw error }
        if !call.output.isQuiet { call.console.printError("\(error); trying again") }
        try await Task.sleep(for: min(.seconds(1 << min(failures, 6)), .seconds(60)))
      }
    }
  }

  /// Failures in a row after which it is given up: some ten minutes.
  private static let patience = 15

  private static func tell(_ tally: ChangeTally, _ call: Call) {
    for problem in tally.problems { call.console.printError("\(problem.key.map { "\($0): " } ?? "")\(problem.words)") }
    if call.output.isQuiet { return }
    if tally.isFirst {
      call.console.note(
        "This was the first look: \(Wording.count(tally.added, "file")). The next one shows what changes from now on.")
    } else if tally.total == 0 {
      call.console.note("Nothing has changed.")
    }
  }

  private static func line(_ change: FileChange) -> String {
    let sign =
      switch change.kind {
      case .added: "+"
      case .changed: "~"
      case .removed: "-"
      }
    return "\(sign) \(change.key)"
  }

  private static func json(_ change: FileChange) -> JSONValue {
    .object(
      JSONObject(
        [.init("change", .string(change.kind.rawValue))] + PathJSON.members(change.key.bytes)
          + [.init("size", .integer(change.size))]))
  }

  private static func members(_ tally: ChangeTally) -> [JSONObject.Member] {
    [
      .init("first", .bool(tally.isFirst)), .init("way", .string(tally.way.rawValue)),
      .init("added", .integer(Int64(tally.added))), .init("changed", .integer(Int64(tally.changed))),
      .init("removed", .integer(Int64(tally.removed))), .init("problems", .array(tally.problems.map(EntryJSON.problem))),
    ]
  }
}
