import Primitives

extension SettingsReader {
  /// What `over` of a store says: a name, with a folder or without, or a store's own settings.
  func base(_ entry: SettingNode.Entry) -> StoreBase? {
    // A value that is not there is told of with the other required ones.
    guard let node = entry.value["over"], !node.isNothing else { return nil }
    switch node.content {
    case .map:
      return settings(SettingNode.Entry(key: entry.key, origin: node.origin, value: node)).map { .settings($0) }
    case .scalar(let text, _):
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      if let name = parts.first, End.isStoreName(String(name)), let prefix = try? EndPrefix((parts.count > 1 ? parts[1] : "").utf8)
      {
        return .named(String(name), prefix)
      }
      problems.add(node.origin, node.keyPath, "must be \(OptionKind.store.accepted)")
      return nil
    default:
      problems.add(node.origin, node.keyPath, "must be \(OptionKind.store.accepted), is \(node.kind)")
      return nil
    }
  }
}

/// Holds what stores lie over against all stores that there are.
struct StoreBases {
  let problems: ProblemList
  /// The section of stores; for the places in messages, and for the names of stores that could not be read.
  let node: SettingNode?

  /// The stores that lie over none, over stores that are there, and never over themselves. Says what is wrong with the others.
  func checked(_ stores: [StoreSettings]) -> [StoreSettings] {
    stores.filter { store in
      guard let problem = problem(of: store, stores) else { return true }
      let place = node?[store.name]?["over"]
      problems.add(place?.origin ?? store.origin, place?.keyPath ?? "stores.\(store.name).over", problem)
      return false
    }
  }

  private func problem(of store: StoreSettings, _ stores: [StoreSettings]) -> String? {
    var path = [store.name]
    var current = store
    while let base = current.over {
      switch base {
      case .settings(let inner):
        if let reason = StoreType.refusal(of: current.type, over: inner.type) { return reason }
        current = inner
      case .named(let name, _):
        path.append(name)
        if path.dropLast().contains(name) {
          // Said once, of the store that the circle begins with, and of those that lead into it.
          return "a store cannot lie over itself: \(path.joined(separator: " → "))"
        }
        guard let next = stores.first(where: { $0.name == name }) else {
          // One that is there but wrong was told of already.
          if let node, node[name] != nil { return nil }
          let hint = Suggestion.closest(to: name, in: stores.map(\.name)).map { "; did you mean “\($0)”?" } ?? ""
          return current.name == store.name ? "there is no store “\(name)”\(hint)" : nil
        }
        if let reason = StoreType.refusal(of: current.type, over: next.type) { return reason }
        current = next
      }
    }
    return nil
  }
}

extension StoreType {
  /// Why a store of one kind cannot lie over one of another; nil if it can.
  static func refusal(of outer: StoreType, over inner: StoreType) -> String? {
    switch (outer, inner) {
    case (.compress, .compress): "what is compressed already does not become smaller: one of the two is enough"
    case (.encrypt, .compress):
      "what is encrypted does not become smaller: let the store of type compress lie over the one of type encrypt"
    case (.encrypt, .encrypt): "what is encrypted already needs no second key: name several recipients instead"
    default: nil
    }
  }
}
