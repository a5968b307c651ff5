import Catalog
import Markup
import ObjectStorage
import Primitives

/// What is remembered, as JSON.
enum StateJSON {
  /// A moment.
  static func time(_ time: Timestamp?) -> JSONValue { time.map { .string($0.iso8601) } ?? .null }

  /// A number.
  static func number(_ number: some BinaryInteger) -> JSONValue { .integer(Int64(clamping: number)) }

  /// The members that say which pair it is.
  static func members(of listing: PairListing) -> [JSONObject.Member] {
    var members: [JSONObject.Member] = [.init("pair", .string(listing.id))]
    if let record = listing.record {
      members.append(.init("left", .string(record.left.displayName)))
      members.append(.init("right", .string(record.right.displayName)))
    }
    return members
  }

  /// One run.
  static func run(_ run: RunRecord) -> JSONValue {
    var members: [JSONObject.Member] = [
      .init("run", .integer(run.id.number)), .init("kind", .string(run.kind.label)), .init("started", time(run.started)),
      .init("ended", time(run.ended)), .init("state", .string(run.stateLabel)),
    ]
    guard let summary = run.summary else { return .object(JSONObject(members)) }
    members += [
      .init("transferred", .integer(summary.transferred)), .init("bytes", .integer(summary.bytes)),
      .init("deleted", .integer(summary.deleted)), .init("moved", .integer(summary.moved)),
      .init("adopted", .integer(summary.adopted)), .init("conflicts", .integer(summary.conflicts)),
      .init("failed", .integer(summary.failed)), .init("skipped", .integer(summary.skipped)),
    ]
    let requests = summary.requests.sorted { $0.key < $1.key }
    members.append(.init("requests", .object(JSONObject(requests.map { .init($0.key, .integer($0.value)) }))))
    if let code = summary.code { members.append(.init("code", .string(code))) }
    if let message = summary.message { members.append(.init("message", .string(message))) }
    return .object(JSONObject(members))
  }

  /// One conflict.
  static func conflict(_ conflict: ConflictRecord) -> JSONValue {
    var members: [JSONObject.Member] = [.init("conflict", conflict.id.map { .integer($0.number) } ?? .null)]
    members += PathJSON.members(conflict.key.bytes)
    members += [
      .init("kind", .string(conflict.kind.label)), .init("detected", time(conflict.detected)),
      .init("left", side(conflict.left)), .init("right", side(conflict.right)), .init("policy", .string(conflict.policy)),
    ]
    if let kept = conflict.keptAs { members += PathJSON.members(kept.bytes, name: "keptAs") }
    if case .resolved(let how, let when) = conflict.state {
      members += [.init("resolved", .string(how)), .init("resolvedAt", time(when))]
    }
    return .object(JSONObject(members))
  }

  private static func side(_ side: ConflictSide?) -> JSONValue {
    side.map { .object(["size": .integer($0.size), "modified": time($0.modified)]) } ?? .null
  }

  /// One piece of trash.
  static func trash(_ record: TrashRecord) -> JSONValue {
    var members: [JSONObject.Member] = [.init("id", record.id.map { .integer($0.number) } ?? .null)]
    members += PathJSON.members(record.key.bytes)
    members += [
      .init("run", .integer(record.run.number)), .init("side", .string(record.side.description)),
      .init("reason", .string(record.reason.label)), .init("size", .integer(record.size)), .init("modified", time(record.modified)),
      .init("deletedAt", time(record.deletedAt)),
    ]
    return .object(JSONObject(members))
  }

  /// One path that failed.
  static func failure(_ record: FailureRecord) -> JSONValue {
    var members = PathJSON.members(record.key.bytes)
    if let side = record.side { members.append(.init("side", .string(side.description))) }
    members += [
      .init("code", .string(record.code)), .init("message", .string(record.message)), .init("attempts", number(record.attempts)),
      .init("firstSeen", time(record.firstSeen)), .init("lastSeen", time(record.lastSeen)),
      .init("nextAttempt", time(record.nextAttempt)),
    ]
    return .object(JSONObject(members))
  }
}

extension RunRecord {
  /// How the run ended, or that it did not: `running`, `interrupted`, `completed`, `cancelled`, `guarded`, `failed`.
  var stateLabel: String {
    switch state {
    case .running: "running"
    case .interrupted: "interrupted"
    case .ended(_, let summary): summary.outcome.label
    }
  }

  /// What the run did, in a few words.
  var deeds: String {
    guard let summary else { return "" }
    var parts: [String] = []
    if summary.transferred > 0 {
      parts.append("\(Wording.count(summary.transferred, "file")) sent (\(Wording.bytes(summary.bytes)))")
    }
    if summary.deleted > 0 { parts.append("\(summary.deleted) deleted") }
    if summary.moved > 0 { parts.append("\(summary.moved) moved") }
    if summary.conflicts > 0 { parts.append(Wording.count(summary.conflicts, "conflict")) }
    if summary.failed > 0 { parts.append("\(summary.failed) failed") }
    if parts.isEmpty { parts.append(summary.message ?? "nothing to do") }
    return parts.joined(separator: ", ")
  }
}
