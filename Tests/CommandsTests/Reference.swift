import Markup

/// The page of all commands, written from the JSON form of the command tree: `docs/commands.md`.
struct Reference {
  private var page = ""

  /// The page.
  static func render(_ tree: JSONValue) -> String {
    var reference = Reference()
    reference.line("# Commands")
    reference.line("Written from the program's own descriptions; `isobar help COMMAND` says the same.")
    reference.command(tree["command"] ?? .null)
    return reference.page
  }

  private mutating func line(_ text: String) { page += (page.isEmpty ? "" : "\n") + text + "\n" }

  private mutating func command(_ command: JSONValue) {
    line("## \(text(command, "invocation"))")
    line(text(command, "abstract") + ".")
    line("    \(text(command, "usage"))")
    if !text(command, "discussion").isEmpty { line(text(command, "discussion")) }
    list(command, "operands") { "`\(Self.text($0, "name"))`: \(Self.text($0, "help"))\(Self.notes($0))" }
    list(command, "options") { option in
      let short = option["short"]?.stringValue.map { "`-\($0)`, " } ?? ""
      let negation = option["negatable"]?.boolValue == true ? "[no-]" : ""
      let value = option["value"]?.stringValue.map { " \($0)" } ?? ""
      return "\(short)`--\(negation)\(Self.text(option, "long"))\(value)`: \(Self.text(option, "help"))\(Self.notes(option))"
    }
    for example in command["examples"]?.arrayValue ?? [] {
      line("    \(text(example, "command"))")
      line(text(example, "explanation"))
    }
    if command["subcommands"]?.arrayValue?.isEmpty != false {
      let codes = (command["exitCodes"]?.arrayValue ?? []).compactMap { $0["code"]?.integerValue }.map(String.init)
      line("Exit codes: \(codes.joined(separator: ", ")).")
    } else if command["invocation"]?.stringValue == "isobar" {
      list(command, "exitCodes") { "exit code \($0["code"]?.integerValue ?? 0): \(Self.text($0, "meaning"))" }
    }
    for child in command["subcommands"]?.arrayValue ?? [] { self.command(child) }
  }

  private mutating func list(_ command: JSONValue, _ key: String, _ item: (JSONValue) -> String) {
    let items = (command[key]?.arrayValue ?? []).map { "- \(item($0))" }
    if !items.isEmpty { line(items.joined(separator: "\n")) }
  }

  private static func notes(_ value: JSONValue) -> String {
    var notes: [String] = []
    if let words = value["choices"]?.arrayValue {
      notes.append("one of " + words.compactMap(\.stringValue).joined(separator: ", "))
    }
    if let text = value["default"]?.stringValue { notes.append("default: \(text)") }
    if let name = value["environment"]?.stringValue { notes.append("variable: \(name)") }
    if value["repeatable"]?.boolValue == true, value["value"] != nil { notes.append("may be repeated") }
    return notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))"
  }

  private static func text(_ value: JSONValue, _ key: String) -> String { value[key]?.stringValue ?? "" }

  private func text(_ value: JSONValue, _ key: String) -> String { Self.text(value, key) }
}
