import Primitives

/// Reads a mapping against the descriptions of what may be in it.
struct OptionReader {
  let problems: ProblemList
  let paths: PathBase

  /// The settings in `node`.
  /// - Parameters:
  ///   - table: what may be there.
  ///   - others: further keys that may be there and are read elsewhere.
  func read(_ node: SettingNode, _ table: [OptionSpec], others: [String] = []) -> OptionValues {
    var values = OptionValues()
    read(node, table.map { ($0.name, $0) }, others: others, into: &values)
    return values
  }

  private func read(
    _ node: SettingNode, _ table: [(rest: String, spec: OptionSpec)], others: [String], into values: inout OptionValues
  ) {
    guard let entries = node.entries else {
      return problems.add(node.origin, node.keyPath, "must be a mapping of keys to values, is \(node.kind)")
    }
    for entry in entries where !others.contains(entry.key) {
      if let (_, spec) = table.first(where: { $0.rest == entry.key }) {
        read(entry.value, spec, into: &values)
        continue
      }
      let inside = table.compactMap { rest, spec in
        rest.hasPrefix(entry.key + ".") ? (rest: String(rest.dropFirst(entry.key.count + 1)), spec: spec) : nil
      }
      if inside.isEmpty {
        unknown(entry, known: Self.keys(table.map(\.rest)) + others)
      } else {
        read(entry.value, inside, others: [], into: &values)
      }
    }
  }

  private func read(_ node: SettingNode, _ spec: OptionSpec, into values: inout OptionValues) {
    do throws(OptionKind.Mismatch) {
      switch node.content {
      case .nothing: return
      case .scalar(let text, let isPlain):
        values.set(
          spec.name, try spec.kind.value(of: text, isPlain: isPlain, origin: node.origin, keyPath: node.keyPath, paths: paths),
          origin: node.origin)
      case .list(let elements) where spec.kind == .list: values.set(spec.name, .list(texts(elements)), origin: node.origin)
      case .list, .map: throw spec.kind.mismatch(node.kind)
      }
    } catch {
      problems.add(node.origin, node.keyPath, error.message)
    }
  }

  private func texts(_ elements: [SettingNode]) -> [String] {
    elements.compactMap { element in
      if case .scalar(let text, _) = element.content { return text }
      problems.add(element.origin, element.keyPath, "must be a text, is \(element.kind)")
      return nil
    }
  }

  /// Says that a key is none, and which one was probably meant.
  func unknown(_ entry: SettingNode.Entry, known: [String]) {
    let hint = Suggestion.closest(to: entry.key, in: known)
    let help = hint.map { "did you mean “\($0)”?" } ?? "known are \(known.sorted().joined(separator: ", "))"
    problems.add(entry.origin, entry.value.keyPath, "unknown key; \(help)")
  }

  /// The keys at this level: what stands before the first dot, each once.
  static func keys(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.map { String($0.prefix { $0 != "." }) }.filter { seen.insert($0).inserted }
  }
}
