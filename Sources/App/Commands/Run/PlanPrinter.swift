import Catalog
import Markup
import ObjectStorage
import Observability
import Sync

/// Shows what a run would do, operation by operation: a plan may be longer than memory.
struct PlanPrinter {
  private let console: Console
  private let words: EventWords

  /// A printer; `rights` are the names of the right ends.
  init(_ console: Console, rights: [String]) {
    self.console = console
    words = EventWords(rights: rights)
  }

  // MARK: For people

  /// Prints the plan of the pair of this number.
  func print(_ plan: SyncPlan, pair: Int, policy: ConflictPolicy) throws {
    for phase in 0..<SyncPlan.phases {
      let operations = try plan.operations(phase: phase)
      while let operation = try operations.next() {
        for step in operation.steps { if let line = line(step, pair, policy) { try console.print(line) } }
      }
    }
    for skipped in plan.skipped { if let line = words.line(pair, .skipped(skipped)) { try console.print(line) } }
    try console.print(console.outputStyle.paint(summary(plan.totals), .bold))
  }

  private func line(_ operation: Operation, _ pair: Int, _ policy: ConflictPolicy) -> String? {
    let side = words.name(pair, operation.side)
    let key = operation.key
    switch operation.kind {
    case .move: return "move on \(side): \(operation.from.map { $0.key.description } ?? "?") → \(key)"
    case .createFolder: return "make folder on \(side): \(key)"
    case .transfer: return "send to \(side): \(key) (\(Wording.bytes(operation.bytes)))"
    case .compare: return "compare: \(key)"
    case .conflict: return "conflict: \(key), changed on both sides (policy \(policy.rawValue))"
    case .delete: return "delete on \(side): \(key)"
    case .deleteFolder: return "delete folder on \(side): \(key)"
    case .verify, .adoptFolder, .forget: return nil
    }
  }

  private func summary(_ totals: PlanTotals) -> String {
    var parts: [String] = []
    if totals[.transfer] > 0 {
      parts.append("\(Wording.count(totals[.transfer], "file")) to send (\(Wording.bytes(totals.bytes)))")
    }
    if totals[.delete] > 0 { parts.append("\(totals[.delete]) to delete") }
    if totals[.move] > 0 { parts.append("\(totals[.move]) to move") }
    if totals[.conflict] > 0 { parts.append(Wording.count(totals[.conflict], "conflict")) }
    if totals[.compare] > 0 { parts.append("\(totals[.compare]) to compare") }
    if totals[.verify] > 0 { parts.append("\(totals[.verify]) to read again") }
    let folders = totals[.createFolder] + totals[.deleteFolder]
    if folders > 0 { parts.append(Wording.count(folders, "folder")) }
    if parts.isEmpty { return "Nothing to do: \(Wording.count(totals.paths, "path")) in step." }
    return "Plan: \(parts.joined(separator: ", ")); about \(Wording.count(totals.requests, "request")) beside the listing. "
      + "Nothing was changed."
  }

  // MARK: For programs

  /// Writes the plan as an object, piece by piece.
  func write(_ plan: SyncPlan, into json: inout JSONWriter) throws {
    json.beginObject()
    for member in PlanJSON.totals(plan.totals) { json.member(member.key, member.value) }
    json.key("actions")
    json.beginArray()
    for phase in 0..<SyncPlan.phases {
      let operations = try plan.operations(phase: phase)
      while let operation = try operations.next() {
        if operation.kind.isBookkeeping { continue }
        for step in operation.steps { json.value(PlanJSON.operation(step)) }
        try console.write(json.takeBytes())
      }
    }
    json.endArray()
    json.key("skipped")
    json.beginArray()
    for skipped in plan.skipped { json.value(.object(JSONObject(EventJSON.members(.skipped(skipped), pair: 0)?.members ?? []))) }
    json.endArray()
    json.endObject()
  }
}
