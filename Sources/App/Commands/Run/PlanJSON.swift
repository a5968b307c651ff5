import Catalog
import Markup
import ObjectStorage
import Sync

/// A plan as JSON.
enum PlanJSON {
  /// What a plan amounts to, as members of an object.
  static func totals(_ totals: PlanTotals) -> [JSONObject.Member] {
    func count(_ kinds: Operation.Kind...) -> JSONValue { .integer(Int64(kinds.reduce(0) { $0 + totals[$1] })) }
    return [
      .init("transfers", count(.transfer)), .init("bytes", .integer(totals.bytes)), .init("deletes", count(.delete)),
      .init("moves", count(.move)), .init("conflicts", count(.conflict)), .init("compares", count(.compare, .verify)),
      .init("folders", count(.createFolder, .deleteFolder)), .init("paths", .integer(Int64(totals.paths))),
      .init("requests", .integer(Int64(totals.requests))),
    ]
  }

  /// One operation.
  static func operation(_ operation: Operation) -> JSONValue {
    var members: [JSONObject.Member] = [.init("action", .string(operation.kind.label))]
    members += PathJSON.members(operation.key.bytes)
    members.append(.init("side", .string(operation.side.description)))
    if operation.bytes > 0 || operation.kind == .transfer { members.append(.init("bytes", .integer(operation.bytes))) }
    if let from = operation.from { members += PathJSON.members(from.key.bytes, name: "from") }
    return .object(JSONObject(members))
  }
}

extension Operation.Kind {
  /// The bounded label.
  var label: String {
    switch self {
    case .move: "move"
    case .createFolder: "createFolder"
    case .transfer: "transfer"
    case .compare: "compare"
    case .conflict: "conflict"
    case .verify: "verify"
    case .delete: "delete"
    case .deleteFolder: "deleteFolder"
    case .adoptFolder: "adoptFolder"
    case .forget: "forget"
    }
  }

  /// Whether it is bookkeeping that changes nothing a person would see.
  var isBookkeeping: Bool { self == .adoptFolder || self == .forget || self == .verify }
}
