import Markup

extension CommandDescription {
  /// The whole tree as one JSON object, for programs that build on the command line. Members may be added; none goes away or
  /// changes its meaning while `format` stays the same. Hidden commands and options are left out.
  public func json() -> [UInt8] {
    var json = JSONWriter(.pretty)
    json.beginObject()
    json.key("format")
    json.integer(1)
    json.key("command")
    write(CommandScope(root: self), to: &json)
    json.endObject()
    return json.takeBytes() + [0x0A]
  }

  private func write(_ scope: CommandScope, to json: inout JSONWriter) {
    let command = scope.command
    json.beginObject()
    Self.text("name", command.name, &json)
    Self.text("invocation", scope.invocation, &json)
    Self.text("usage", scope.usage, &json)
    Self.text("abstract", command.abstract, &json)
    Self.text("discussion", command.discussion, &json)
    Self.list("operands", command.operands, &json) { operand, json in
      Self.text("name", operand.name, &json)
      Self.text("help", operand.help, &json)
      json.key("minimum")
      json.integer(operand.arity.minimum)
      if let maximum = operand.arity.maximum {
        json.key("maximum")
        json.integer(maximum)
      }
      if case .choice(let words) = operand.completion { Self.words("choices", words, &json) }
    }
    let own = command.options + (scope.chain.count == 1 ? scope.inherited : [])
    Self.list("options", own.filter { !$0.hidden }, &json, Self.writeOption)
    Self.list("examples", command.examples, &json) { example, json in
      Self.text("command", example.command, &json)
      Self.text("explanation", example.explanation, &json)
    }
    Self.list("exitCodes", scope.exitCodes, &json) { exit, json in
      json.key("code")
      json.integer(exit.code)
      Self.text("meaning", exit.meaning, &json)
    }
    json.key("subcommands")
    json.beginArray()
    for subcommand in command.subcommands where !subcommand.hidden { write(scope.entering(subcommand), to: &json) }
    json.endArray()
    json.endObject()
  }

  private static func writeOption(_ option: OptionDescription, to json: inout JSONWriter) {
    text("long", option.long, &json)
    if let short = option.short { text("short", String(short), &json) }
    if case .value(let name, let kind) = option.value {
      text("value", name, &json)
      text("kind", kind.label, &json)
      if case .choice(let words) = kind { Self.words("choices", words, &json) }
    }
    text("help", option.help, &json)
    if let defaultText = option.defaultText { text("default", defaultText, &json) }
    if let environment = option.environment { text("environment", environment, &json) }
    flag("repeatable", option.repeatable, &json)
    flag("negatable", option.negatable, &json)
  }

  private static func text(_ key: String, _ value: String, _ json: inout JSONWriter) {
    json.key(key)
    json.string(value)
  }

  private static func flag(_ key: String, _ value: Bool, _ json: inout JSONWriter) { json.member(key, .bool(value)) }

  private static func words(_ key: String, _ words: [String], _ json: inout JSONWriter) {
    json.key(key)
    json.beginArray()
    for word in words { json.string(word) }
    json.endArray()
  }

  private static func list<Element>(
    _ key: String, _ elements: [Element], _ json: inout JSONWriter, _ write: (Element, inout JSONWriter) -> Void
  ) {
    json.key(key)
    json.beginArray()
    for element in elements {
      json.beginObject()
      write(element, &json)
      json.endObject()
    }
    json.endArray()
  }
}

extension ValueKind {
  /// The kind's name in the JSON form.
  var label: String {
    switch self {
    case .string: "string"
    case .int: "int"
    case .bytes: "bytes"
    case .duration: "duration"
    case .choice: "choice"
    case .path: "path"
    }
  }
}
