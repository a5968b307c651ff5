import Arguments
import Catalog
import Composition
import Configuration
import Markup
import ObjectStorage
import Observability
import Primitives
import Sync
import Transfer

/// `isobar check LEFT RIGHT`
enum CheckCommand: Command {
  static let description = CommandDescription(
    name: "check", abstract: "Find out whether two places hold the same files",
    discussion: """
      Compares by hash where both sides report one, and reads the content where they do not. Changes nothing. Exits with 1 if anything \
      differs, is missing or cannot be read.
      """,
    examples: [
      CommandExample("isobar check ~/Photos s3://my-bucket/photos", "Both ways."),
      CommandExample(
        "isobar check --one-way --by contents backup/ cloud:backup", "Read everything; what only the right has is no matter."),
    ],
    options: [
      OptionDescription(
        long: "by", value: .value(name: "HOW", kind: .choice(CheckOptions.Depth.allCases.map(\.rawValue))),
        help: "What makes two files equal: sizes only, hashes where there are some, or all bytes read", defaultText: "hashes"),
      OptionDescription(long: "one-way", help: "Do not report what only the right side has"), SharedOptions.json,
      SharedOptions.state,
    ] + SharedOptions.filters + SharedOptions.pace + SharedOptions.connection,
    operands: [
      OperandDescription(name: "LEFT", help: "one place", completion: .storeEnd),
      OperandDescription(name: "RIGHT", help: "the other", completion: .storeEnd),
    ], exitCodes: ExitStatus.descriptions(0, 1, 2, 5, 130))

  static func run(_ call: Call) async throws -> ExitStatus {
    try await Session.with(call) { session in
      let ends = try call.arguments.operands.map { try EndChoice($0, environment: call.console.environment) }
      let left = try await session.open(ends[0])
      let right = try await session.open(ends[1])
      let filter = try SyncSettings(call, session.settings.defaults).filter()
      let checker = Checker(
        left: left.store, right: right.store,
        options: CheckOptions(
          depth: call.arguments.string("by").flatMap(CheckOptions.Depth.init) ?? .hashes,
          coverage: call.arguments.flag("one-way") ? .left : .both, filter: filter,
          concurrency: session.settings.limits.maxWorkers))
      var findings: [JSONValue] = []
      let summary = try await checker.run { finding in
        if call.output.isJSON {
          if let value = json(finding), findings.count < 10_000 { findings.append(value) }
        } else if let line = line(finding, isVerbose: call.output.verbosity > 0), !call.output.isQuiet {
          call.console.note(line)
        }
      }
      try report(summary, findings, session)
      return summary.isEqual ? .done : .pathsFailed
    }
  }

  private static func report(_ summary: CheckSummary, _ findings: [JSONValue], _ session: Session) throws {
    let call = session.call
    if call.output.isJSON {
      try call.console.printJSON([
        "equal": .integer(Int64(summary.equal)), "equalBytes": .integer(summary.equalBytes),
        "differing": .integer(Int64(summary.differing)), "missingLeft": .integer(Int64(summary.missingLeft)),
        "missingRight": .integer(Int64(summary.missingRight)), "unknown": .integer(Int64(summary.unknown)),
        "isEqual": .bool(summary.isEqual), "findings": .array(findings), "requests": RunResult.requests(session.requests),
        "seconds": .number(RunResult.seconds(session.elapsed)),
      ])
      return
    }
    if call.output.isQuiet { return }
    var parts = ["\(Wording.count(summary.equal, "file")) equal (\(Wording.bytes(summary.equalBytes)))"]
    if summary.differing > 0 { parts.append("\(summary.differing) differ") }
    if summary.missingRight > 0 { parts.append("\(summary.missingRight) missing on the right") }
    if summary.missingLeft > 0 { parts.append("\(summary.missingLeft) missing on the left") }
    if summary.unknown > 0 { parts.append("\(summary.unknown) unknown") }
    call.console.note(call.console.outputStyle.paint(parts.joined(separator: ", ") + ".", summary.isEqual ? .green : .bold))
  }

  private static func line(_ finding: CheckFinding, isVerbose: Bool) -> String? {
    switch finding {
    case .equal(let key, _): isVerbose ? "equal: \(key)" : nil
    case .differs(let key, let how): "differs: \(key) (\(how.rawValue))"
    case .missing(let key, let side): "missing on the \(side): \(key)"
    case .unknown(let key, let side, let reason):
      "unknown\(side.map { " on the \($0)" } ?? ""): \(key.map { "\($0): " } ?? "")\(reason)"
    }
  }

  private static func json(_ finding: CheckFinding) -> JSONValue? {
    var members = finding.key.map { PathJSON.members($0.bytes) } ?? []
    switch finding {
    case .equal: return nil
    case .differs(_, let how): members += [.init("finding", "differs"), .init("how", .string(how.rawValue))]
    case .missing(_, let side): members += [.init("finding", "missing"), .init("side", .string(side.description))]
    case .unknown(_, let side, let reason):
      members.append(.init("finding", "unknown"))
      if let side { members.append(.init("side", .string(side.description))) }
      members.append(.init("reason", .string(reason)))
    }
    return .object(JSONObject(members))
  }
}
