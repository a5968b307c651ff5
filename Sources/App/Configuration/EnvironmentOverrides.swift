import Primitives

/// Settings made by variables: `ISOBAR_LIMITS__MAX_WORKERS=8`, `ISOBAR_STORES__PHOTOS__REGION=eu-west-1`,
/// `ISOBAR_DEFAULTS__TRASH__RETENTION=90d`, `ISOBAR_STATE=/var/lib/isobar`.
///
/// Two underscores lead a level down. Names are taken in lower case; a store's or pair's name matches whatever the case, with `_` for
/// any of `- . _`. Lists are separated by line breaks. Variables without two underscores, but for `ISOBAR_STATE`, are not settings.
enum EnvironmentOverrides {
  private static let prefix = "ISOBAR_"

  static func apply(_ environment: [String: String], to root: inout SettingNode, problems: ProblemList) {
    for name in environment.keys.sorted() where name.hasPrefix(prefix) {
      let text = environment[name]!
      let keys = segments(String(name.dropFirst(prefix.count)))
      if keys.count == 1 {
        if keys[0] == "state", !text.isEmpty { root.set(["state"], .scalar(text, isPlain: true), origin: .environment(name)) }
        continue
      }
      guard let path = path(keys, in: root) else {
        let known = ["stores", "pairs", "defaults", "limits", "log"]
        let hint = Suggestion.closest(to: keys[0], in: known).map { "did you mean ISOBAR_\($0.uppercased())__…?" }
        problems.add(
          .environment(name), "",
          "sets nothing; \(hint ?? "sections are \(known.map { $0.uppercased() }.joined(separator: ", "))")")
        continue
      }
      root.set(path[...], content(text, path: path, origin: .environment(name)), origin: .environment(name))
    }
  }

  /// `A__B_C` as `a`, `b_c`.
  private static func segments(_ text: String) -> [String] {
    var segments: [String] = [""]
    var rest = text[...]
    while let next = rest.first {
      if rest.hasPrefix("__"), !segments[segments.count - 1].isEmpty {
        segments.append("")
        rest = rest.dropFirst(2)
      } else {
        segments[segments.count - 1].append(next)
        rest = rest.dropFirst()
      }
    }
    return segments.map { $0.lowercased() }
  }

  private static func path(_ keys: [String], in root: SettingNode) -> [String]? {
    guard !keys.contains("") else { return nil }
    switch keys[0] {
    case "limits", "log", "defaults": return keys
    case "stores", "pairs":
      guard keys.count >= 3 else { return nil }
      let names = root[keys[0]]?.entries?.map(\.key) ?? []
      let name = names.first { $0 == keys[1] } ?? names.first { plain($0) == plain(keys[1]) } ?? keys[1]
      return [keys[0], name] + keys[2...]
    default: return nil
    }
  }

  private static func plain(_ name: String) -> String {
    String(decoding: name.lowercased().utf8.map { $0 == 0x2D || $0 == 0x2E ? 0x5F : $0 }, as: UTF8.self)
  }

  private static func content(_ text: String, path: [String], origin: SettingOrigin) -> SettingNode.Content {
    if text.isEmpty { return .nothing }
    let keyPath = path.joined(separator: ".")
    let isList = path[0] == "pairs" && path.count == 3 && path[2] == "right" || isListOption(path)
    guard isList, text.contains("\n") else { return .scalar(text, isPlain: true) }
    return .list(
      text.split(separator: "\n").enumerated().map { index, line in
        SettingNode(.scalar(String(line), isPlain: true), origin: origin, keyPath: "\(keyPath)[\(index)]")
      })
  }

  private static func isListOption(_ path: [String]) -> Bool {
    let name = path.dropFirst(path[0] == "pairs" ? 2 : 1).joined(separator: ".")
    return PairOptions.table.contains { $0.kind == .list && $0.name == name }
  }
}
