import Catalog
import Markup
import ObjectStorage
import Sync

/// Events of a run as JSON objects, for `--json-progress`.
enum EventJSON {
  /// The name of an event and the members of its object; nil for what is told by `progress` events instead.
  static func members(_ event: SyncEvent, pair: Int) -> (name: String, members: [JSONObject.Member])? {
    var members: [JSONObject.Member] = [.init("pair", .integer(Int64(pair)))]
    func add(_ name: String, _ value: JSONValue) { members.append(.init(name, value)) }
    func add(_ key: ObjectKey, name: String = "path") { members += PathJSON.members(key.bytes, name: name) }
    switch event {
    case .observed, .moved: return nil
    case .planned(let totals):
      members += PlanJSON.totals(totals)
      return ("planned", members)
    case .started(let key, let bytes, let side):
      add(key)
      add("bytes", .integer(bytes))
      add("to", .string(side.description))
      return ("started", members)
    case .finished(let key, let action):
      guard action != .nothing else { return nil }
      add(key)
      let (label, side) = action.label
      add("action", .string(label))
      if let side { add("side", .string(side.description)) }
      if case .transferred(_, let bytes) = action { add("bytes", .integer(bytes)) }
      if case .moved(_, let from) = action { add(from, name: "from") }
      return ("finished", members)
    case .failed(let failure):
      members += failureMembers(failure)
      return ("failed", members)
    case .conflict(let outcome):
      add(outcome.key)
      switch outcome.resolution {
      case .won(let side):
        add("resolution", "won")
        add("side", .string(side.description))
      case .keptBoth(let name):
        add("resolution", "keptBoth")
        add(name, name: "keptAs")
      case .merged: add("resolution", "merged")
      case .waiting: add("resolution", "waiting")
      }
      return ("conflict", members)
    case .hardLinks(let side, let files):
      add("side", .string(side.description))
      add("files", .integer(Int64(files)))
      return ("hardLinks", members)
    case .sentWhole(let key, let side, let why):
      add(key)
      add("side", .string(side.description))
      add("reason", .string(why))
      return ("sentWhole", members)
    case .named(let key, let stored, let side):
      add(key)
      add(stored, name: "storedAs")
      add("side", .string(side.description))
      return ("named", members)
    case .skipped(let skipped):
      if let key = skipped.key { add(key) }
      add("side", .string(skipped.side.description))
      add("reason", .string(skipped.reason))
      return ("skipped", members)
    }
  }

  /// The members of a failure's object.
  static func failureMembers(_ failure: SyncFailure) -> [JSONObject.Member] {
    var members = PathJSON.members(failure.key.bytes)
    if let side = failure.side { members.append(.init("side", .string(side.description))) }
    return members + [.init("code", .string(failure.code)), .init("message", .string(failure.message))]
  }
}

extension SyncAction {
  /// The bounded label, and the side that was changed.
  var label: (String, PairSide?) {
    switch self {
    case .transferred(let side, _): ("transferred", side)
    case .adopted: ("adopted", nil)
    case .metadata(let side): ("metadata", side)
    case .moved(let side, _): ("moved", side)
    case .deleted(let side): ("deleted", side)
    case .folderCreated(let side): ("folderCreated", side)
    case .folderDeleted(let side): ("folderDeleted", side)
    case .nothing: ("nothing", nil)
    }
  }
}
