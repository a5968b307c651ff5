import Arguments
import Markup
import Observability
import Sync

/// What the commands share that run a request: `sync`, `copy`, `mirror`, `upload`, `download`.
enum RunCommand {
  /// Runs the requests one after the other, or shows their plans, and tells how it went.
  static func carryOut(_ session: Session, _ requests: [RunRequest]) async throws -> ExitStatus {
    if session.call.arguments.flag("dry-run") { return try await plan(session, requests) }
    var result = RunResult(pairs: [])
    for request in requests {
      let part = try await Runner(session).run(request)
      result.pairs += part.pairs
      result.kept += part.kept
      if Task.isCancelled { break }
    }
    result.requests = session.requests
    result.duration = session.elapsed
    try report(result, session.call)
    return result.status
  }

  /// Tells what was done.
  static func report(_ result: RunResult, _ call: Call) throws {
    if call.output.isJSON { try call.console.printJSON(result.json) }
    for pair in result.pairs {
      guard let error = pair.error else { continue }
      // The object has the errors already.
      let report = ErrorReport(error, status: ExitStatus(error))
      report.explain(to: call, about: result.pairs.count > 1 ? "\(pair.left) ↔ \(pair.right)" : nil)
    }
    if call.output.isJSON || call.output.isQuiet || call.output.showsEvents { return }
    let isWell = result.status == .done
    if result.hasDeeds {
      call.console.note(call.console.outputStyle.paint(result.line, isWell ? .green : .bold))
    }
    if result.pairs.contains(where: { $0.summary.waiting > 0 }) {
      call.console.note(
        "Conflicts wait for a decision: `isobar conflicts list` shows them, `isobar conflicts resolve` settles them.")
    }
    if result.pairs.contains(where: { $0.summary.failed > 0 }) {
      call.console.note("What failed is tried again by the next run; `isobar status` lists it.")
    }
  }

  private static func plan(_ session: Session, _ requests: [RunRequest]) async throws -> ExitStatus {
    var status = ExitStatus.done
    let console = session.call.console
    var json = JSONWriter(.pretty)
    if session.call.output.isJSON {
      json.beginObject()
      json.member("dryRun", true)
      json.key("plans")
      json.beginArray()
    }
    for request in requests {
      let plans = try await Runner(session).plan(request)
      let printer = PlanPrinter(console, rights: plans.map(\.right))
      for (index, plan) in plans.enumerated() {
        let error: (any Error)? = if case .failure(let error) = plan.result { error } else { nil }
        if let error { status = status.worse(ExitStatus(error)) }
        if session.call.output.isJSON {
          json.beginObject()
          json.member("left", .string(plan.left))
          json.member("right", .string(plan.right))
          if case .success(let plan) = plan.result {
            json.key("plan")
            try printer.write(plan, into: &json)
          } else if let error {
            json.member("error", ErrorReport(error, status: ExitStatus(error)).json)
          }
          json.endObject()
        } else if case .success(let plan) = plan.result {
          if !session.call.output.isQuiet { try printer.print(plan, pair: index, policy: request.options.conflicts) }
        }
        if let error {
          ErrorReport(error, status: ExitStatus(error)).explain(
            to: session.call, about: plans.count > 1 ? "\(plan.left) ↔ \(plan.right)" : nil)
        }
      }
    }
    if session.call.output.isJSON {
      json.endArray()
      json.member("requests", RunResult.requests(session.requests))
      json.member("seconds", .number(RunResult.seconds(session.elapsed)))
      json.member("exitCode", .integer(Int64(status.code)))
      json.endObject()
      try console.write(json.takeBytes() + [0x0A])
    }
    return status
  }
}
