import Markup
import ObjectStorage
import Primitives
import StoreLayers
import Sync

/// What a run did, over all its pairs.
struct RunResult: Sendable {
  /// One pair.
  struct Pair: Sendable {
    /// The ends' names.
    let left: String
    let right: String
    /// What was done, or why nothing could be.
    let outcome: Result<SyncSummary, any Error>
    /// What was done until it was stopped.
    let partial: SyncSummary

    init(left: String, right: String, outcome: Result<SyncSummary, any Error>, partial: SyncSummary = SyncSummary()) {
      self.left = left
      self.right = right
      self.outcome = outcome
      self.partial = partial
    }

    /// A pair of which an end could not be opened.
    init(_ left: EndChoice, _ right: EndChoice, _ error: any Error) {
      self.init(left: DisplayText.escape(left.text), right: DisplayText.escape(right.text), outcome: .failure(error))
    }

    /// What was done.
    var summary: SyncSummary { (try? outcome.get()) ?? partial }

    /// What stopped the pair, if something did.
    var error: (any Error)? {
      switch outcome {
      case .success(let summary): summary.stoppedBy
      case .failure(let error): error
      }
    }
  }

  /// The pairs in order.
  var pairs: [Pair]
  /// Whether anything was done that is worth a line.
  var hasDeeds: Bool {
    pairs.contains { pair in
      if case .success = pair.outcome { return true }
      let done = pair.partial
      return done.transferred + done.deleted + done.moved + done.conflicts + done.failed + done.metadata + done.adopted > 0
    }
  }

  /// Requests of all stores together.
  var requests = RequestCounts()
  /// From the command's begin to its end.
  var duration = Duration.zero
  /// Conflicts that were kept under another name, the first few.
  var kept: [ObjectKey] = []

  /// How the program ends.
  var status: ExitStatus {
    pairs.reduce(.done) { status, pair in
      var own = ExitStatus.done
      if pair.summary.waiting > 0 { own = .conflictsWait }
      if pair.summary.failed > 0 { own = .pathsFailed }
      if let error = pair.error { own = own.worse(ExitStatus(error)) }
      return status.worse(own)
    }
  }

  /// A number over all pairs.
  private func sum(_ number: (SyncSummary) -> Int) -> Int { pairs.reduce(0) { $0 + number($1.summary) } }

  // MARK: For people

  /// What was done, in one line.
  var line: String {
    var parts: [String] = []
    func add(_ number: Int, _ text: String) { if number > 0 { parts.append(text) } }
    let bytes = pairs.reduce(0) { $0 + $1.summary.bytes }
    let sent = sum(\.transferred)
    let reused = pairs.reduce(0) { $0 + $1.summary.reused }
    let amount = reused > 0 ? "\(Wording.bytes(bytes)) of \(Wording.bytes(bytes + reused))" : Wording.bytes(bytes)
    add(sent, "\(Wording.count(sent, "file")) sent (\(amount))")
    add(sum(\.readBack), "\(sum(\.readBack)) read back")
    add(sum(\.deleted), "\(sum(\.deleted)) deleted")
    add(sum(\.moved), "\(sum(\.moved)) moved")
    add(sum(\.adopted), "\(sum(\.adopted)) equal already")
    add(sum(\.metadata), "\(sum(\.metadata)) with new metadata")
    add(sum(\.folders), Wording.count(sum(\.folders), "folder"))
    let settled = sum(\.conflicts) - sum(\.waiting)
    let names =
      kept.count == 1 && settled == 1 ? " kept as \(kept[0])" : kept.count == settled ? " kept beside the original" : " settled"
    add(settled, Wording.count(settled, "conflict") + names)
    add(sum(\.waiting), "\(Wording.count(sum(\.waiting), "conflict")) waiting")
    add(sum(\.failed), "\(sum(\.failed)) failed")
    add(sum(\.skipped), "\(sum(\.skipped)) skipped")
    let stopped = pairs.contains { $0.error != nil }
    let text =
      parts.isEmpty
      ? (stopped ? "nothing done" : "in step, nothing to do (\(Wording.count(sum(\.paths), "path")))")
      : parts.joined(separator: ", ")
    let end = requests.total > 0 ? ", \(Wording.count(requests.total, "request"))" : ""
    return text.prefix(1).uppercased() + text.dropFirst() + "; \(Wording.span(duration))\(end)."
  }

  // MARK: For programs

  /// The object of `--json`.
  var json: JSONValue {
    var members = Self.members(
      pairs.reduce(into: SyncSummary()) { total, pair in total = total.plus(pair.summary) })
    members.append(.init("requests", Self.requests(requests)))
    members.append(.init("seconds", .number(Self.seconds(duration))))
    members.append(.init("exitCode", .integer(Int64(status.code))))
    if let error = pairs.lazy.compactMap(\.error).first { members.append(.init("error", Self.error(error))) }
    let objects = pairs.map { pair in
      var members: [JSONObject.Member] = [.init("left", .string(pair.left)), .init("right", .string(pair.right))]
      members += Self.members(pair.summary)
      if let error = pair.error { members.append(.init("error", Self.error(error))) }
      return JSONValue.object(JSONObject(members))
    }
    members.append(.init("pairs", .array(objects)))
    return .object(JSONObject(members))
  }

  /// A length of time in seconds, to the millisecond.
  static func seconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds * 1000 + attoseconds / 1_000_000_000_000_000) / 1000
  }

  /// Requests by class.
  static func requests(_ counts: RequestCounts) -> JSONValue {
    .object(JSONObject(RequestClass.allCases.map { .init($0.rawValue, .integer(Int64(counts[$0]))) }))
  }

  private static func error(_ error: any Error) -> JSONValue { ErrorReport(error, status: ExitStatus(error)).json }

  private static func members(_ summary: SyncSummary) -> [JSONObject.Member] {
    var members: [JSONObject.Member] = [
      ("transferred", summary.transferred), ("deleted", summary.deleted), ("moved", summary.moved),
      ("conflicts", summary.conflicts),
      ("failed", summary.failed), ("skipped", summary.skipped), ("adopted", summary.adopted), ("metadata", summary.metadata),
      ("waiting", summary.waiting), ("folders", summary.folders), ("paths", summary.paths),
    ].map { .init($0.0, .integer(Int64($0.1))) }
    members.insert(.init("bytes", .integer(summary.bytes)), at: 1)
    members.insert(.init("bytesReused", .integer(summary.reused)), at: 2)
    let failures = summary.failures.map { JSONValue.object(JSONObject(EventJSON.failureMembers($0))) }
    if summary.readBack > 0 { members.append(.init("readBack", .integer(Int64(summary.readBack)))) }
    members.append(.init("failures", .array(failures)))
    return members
  }
}

extension SyncSummary {
  /// The work of two pairs together.
  fileprivate func plus(_ other: SyncSummary) -> SyncSummary {
    var sum = self
    sum.transferred += other.transferred
    sum.bytes += other.bytes
    sum.reused += other.reused
    sum.readBack += other.readBack
    sum.deleted += other.deleted
    sum.moved += other.moved
    sum.adopted += other.adopted
    sum.metadata += other.metadata
    sum.conflicts += other.conflicts
    sum.waiting += other.waiting
    sum.failed += other.failed
    sum.skipped += other.skipped
    sum.folders += other.folders
    sum.paths += other.paths
    sum.failures += other.failures
    return sum
  }
}
