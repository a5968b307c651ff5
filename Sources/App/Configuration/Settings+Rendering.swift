public import Markup
import Primitives

extension Settings {
  /// The configuration as it holds, for `config show`: what was set, with limits and log filled in. Secrets are `<redacted>` or the
  /// reference that leads to them.
  public var redacted: JSONValue {
    var root = JSONObject()
    root["file"] = file.map { .string($0) } ?? .null
    root["state"] = state.map { .string($0) } ?? .null
    root["stores"] = .object(JSONObject(stores.map { JSONObject.Member($0.name, .object($0.rendered)) }))
    root["pairs"] = .object(JSONObject(pairs.map { JSONObject.Member($0.name, .object($0.rendered)) }))
    root["defaults"] = .object(defaults.values.rendered(PairOptions.table))
    root["limits"] = .object(limits.values.filled(from: LimitSettings.table.defaults).rendered(LimitSettings.table))
    root["log"] = .object(log.values.filled(from: LogSettings.table.defaults).rendered(LogSettings.table))
    return .object(root)
  }

  /// The same as YAML: a configuration itself, but for the secrets.
  public var redactedYAML: String {
    guard case .object(var root) = redacted else { return "" }
    var text = file.map { "# \(DisplayText.escape($0))\n" } ?? "# no configuration file\n"
    root["file"] = nil
    for member in root.members { text += YAMLText.entry(member.key, member.value, indent: "") }
    return text
  }
}

extension StoreSettings {
  fileprivate var rendered: JSONObject {
    var members = [JSONObject.Member("type", .string(type.rawValue))]
    switch over {
    case .named(let name, let prefix):
      members.append(JSONObject.Member("over", .string(prefix.bytes.isEmpty ? name : "\(name):\(prefix)")))
    case .settings(let settings): members.append(JSONObject.Member("over", .object(settings.rendered)))
    case nil: break
    }
    return JSONObject(members + values.rendered(type.options).members)
  }
}

extension PairSettings {
  fileprivate var rendered: JSONObject {
    let ends = right.map { JSONValue.string($0.description) }
    return JSONObject(
      [
        JSONObject.Member("left", .string(left.description)), JSONObject.Member("right", ends.count == 1 ? ends[0] : .array(ends)),
      ] + options.values.rendered(PairOptions.table).members)
  }
}

extension OptionValues {
  /// The values in the order of their table, dotted names as mappings in mappings.
  fileprivate func rendered(_ table: [OptionSpec]) -> JSONObject {
    var object = JSONObject()
    for spec in table {
      guard let value = self[spec.name] else { continue }
      let parts = spec.name.split(separator: ".").map(String.init)
      if parts.count == 1 {
        object[parts[0]] = Self.json(value)
      } else {
        var inner = object[parts[0]]?.objectValue ?? JSONObject()
        inner[parts[1]] = Self.json(value)
        object[parts[0]] = .object(inner)
      }
    }
    return object
  }

  private static func json(_ value: OptionValue) -> JSONValue {
    switch value {
    case .flag(let flag): .bool(flag)
    case .count(let count): .integer(Int64(count))
    case .percent(let percent): percent == percent.rounded() ? .integer(Int64(percent)) : .number(percent)
    case .list(let texts): .array(texts.map { .string($0) })
    default: .string(SettingText.text(of: value))
    }
  }
}

/// Just enough YAML to write a configuration.
enum YAMLText {
  static func entry(_ key: String, _ value: JSONValue, indent: String) -> String {
    switch value {
    case .object(let object) where object.members.isEmpty: return "\(indent)\(key): {}\n"
    case .object(let object):
      return "\(indent)\(key):\n" + object.members.map { entry($0.key, $0.value, indent: indent + "  ") }.joined()
    case .array(let elements) where elements.isEmpty: return "\(indent)\(key): []\n"
    case .array(let elements): return "\(indent)\(key):\n" + elements.map { "\(indent)  - \(scalar($0))\n" }.joined()
    default: return "\(indent)\(key): \(scalar(value))\n"
    }
  }

  private static func scalar(_ value: JSONValue) -> String {
    guard case .string(let text) = value else { return String(decoding: value.bytes(), as: UTF8.self) }
    // A dollar sign would begin a variable when the text is read again.
    let escaped = text.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$")
    let isPlain = escaped.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
      default: false
      }
    }
    let isWord = ["true", "false", "null", "yes", "no", "on", "off", "~", ""].contains(escaped.lowercased())
    let isSafe = isPlain && !isWord && !escaped.hasPrefix("-") && !escaped.hasPrefix(".")
    // JSON's strings are YAML's double-quoted ones.
    return isSafe ? escaped : String(decoding: JSONValue.string(escaped).bytes(), as: UTF8.self)
  }
}
