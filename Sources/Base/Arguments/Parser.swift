import Primitives

/// Reads one command line: first which command is meant, then what its words say to it.
struct Parser {
  let words: [[UInt8]]
  let root: CommandDescription
  /// The words that name the command.
  private var commandWords: Set<Int> = []
  private var result: ParsedCommand

  init(words: [[UInt8]], root: CommandDescription) {
    self.words = words
    self.root = root
    result = ParsedCommand(scope: CommandScope(root: root))
  }

  private var scope: CommandScope { result.scope }

  mutating func parse(environment: (String) -> String?) throws(UsageError) -> ParsedCommand {
    if let help = try helpCommand() { return help }
    result = ParsedCommand(scope: try findCommand())
    var position = 0
    while position < words.count {
      if commandWords.contains(position) {
        position += 1
        continue
      }
      let word = words[position]
      position += 1
      if word == Array("--".utf8) {
        result.operands += words[position...].map(Argument.init)
        break
      }
      if word.starts(with: Array("--".utf8)) {
        try readLong(word, &position)
      } else if word.count > 1 && word[0] == UInt8(ascii: "-") {
        try readCluster(word, &position)
      } else {
        result.operands.append(Argument(word))
      }
      if result.request != .run { return result }
    }
    try readEnvironment(environment)
    try checkOperands()
    return result
  }

  // MARK: Which command

  /// `help [COMMAND...] [--json]`, where the tree has no such command of its own.
  private func helpCommand() throws(UsageError) -> ParsedCommand? {
    guard words.first == Array("help".utf8), !root.subcommands.contains(where: { $0.name == "help" }) else { return nil }
    var request = ParsedCommand.Request.help
    var scope = CommandScope(root: root)
    for word in words.dropFirst() {
      if word == Array("--json".utf8) {
        request = .helpJSON
      } else if word != Array("--help".utf8) && word != Array("-h".utf8) {
        scope = try enter(word, from: scope)
      }
    }
    var parsed = ParsedCommand(scope: scope)
    parsed.request = request
    return parsed
  }

  private func enter(_ word: [UInt8], from scope: CommandScope) throws(UsageError) -> CommandScope {
    let name = String(decoding: word, as: UTF8.self)
    if let next = scope.command.subcommands.first(where: { $0.name == name }) { return scope.entering(next) }
    let names = scope.command.subcommands.filter { !$0.hidden }.map(\.name)
    throw UsageError(
      .unknownCommand, "unknown command '\(DisplayText.escape(word))'",
      suggestion: Suggestion.closest(to: name, in: names).map { "'\($0)'" }, in: scope)
  }

  private mutating func findCommand() throws(UsageError) -> CommandScope {
    var scope = CommandScope(root: root)
    var position = 0
    while position < words.count, !scope.command.subcommands.isEmpty {
      let word = words[position]
      if word == Array("--".utf8) { break }
      if word.count > 1 && word[0] == UInt8(ascii: "-") {
        position += takesNextWord(word, in: scope) ? 2 : 1
        continue
      }
      let isKnown = scope.command.subcommands.contains { Array($0.name.utf8) == word }
      if !isKnown && !scope.command.operands.isEmpty { break }
      scope = try enter(word, from: scope)
      commandWords.insert(position)
      position += 1
    }
    return scope
  }

  /// Whether an option before its command has its value in the next word: as the nearest description of that name says.
  private func takesNextWord(_ word: [UInt8], in scope: CommandScope) -> Bool {
    let options = scope.options + scope.command.subcommands.flatMap { scope.entering($0).subtree.flatMap(\.command.options) }
    if word.starts(with: Array("--".utf8)) {
      guard !word.contains(UInt8(ascii: "=")) else { return false }
      let name = String(decoding: word.dropFirst(2), as: UTF8.self)
      return options.first { $0.long == name }?.kind != nil
    }
    for (index, letter) in word.enumerated().dropFirst() {
      let option = options.first { $0.short.map { $0.utf8.elementsEqual([letter]) } ?? false }
      if option?.kind != nil { return index == word.count - 1 }
    }
    return false
  }

  // MARK: Options

  private mutating func readLong(_ word: [UInt8], _ position: inout Int) throws(UsageError) {
    let end = word.firstIndex(of: UInt8(ascii: "=")) ?? word.count
    let name = String(decoding: word[2..<end], as: UTF8.self)
    let joined = end < word.count ? Array(word[(end + 1)...]) : nil
    let shown = "--" + DisplayText.escape(word[2..<end])
    if let option = scope.options.first(where: { $0.long == name }) {
      try read(option, as: shown, joined: joined, &position)
      return
    }
    if name.hasPrefix("no-"), let option = scope.options.first(where: { $0.negatable && "no-" + $0.long == name }) {
      guard joined == nil else { throw UsageError(.unexpectedValue, "\(shown) takes no value", in: scope) }
      try setFlag(option, false, as: shown)
      return
    }
    let visible = scope.options.filter { !$0.hidden }
    let names = visible.map(\.long) + visible.filter(\.negatable).map { "no-" + $0.long }
    throw UsageError(
      .unknownOption, "unknown option '\(shown)'", suggestion: Suggestion.closest(to: name, in: names).map { "--" + $0 }, in: scope)
  }

  private mutating func readCluster(_ word: [UInt8], _ position: inout Int) throws(UsageError) {
    var index = 1
    while index < word.count {
      let letter = word[index]
      let shown = "-" + DisplayText.escape([letter])
      guard let option = scope.options.first(where: { $0.short.map { $0.utf8.elementsEqual([letter]) } ?? false }) else {
        // One dash too few: -dry-run.
        let whole = String(decoding: word.dropFirst(), as: UTF8.self)
        let meant = scope.options.contains { $0.long == whole && !$0.hidden } ? "--" + whole : nil
        throw UsageError(
          .unknownOption, "unknown option '\(shown)'" + (word.count > 2 ? " in '\(DisplayText.escape(word))'" : ""),
          suggestion: meant, in: scope)
      }
      index += 1
      guard option.kind != nil else {
        try setFlag(option, true, as: shown)
        if result.request != .run { return }
        continue
      }
      var rest = word[index...]
      if rest.first == UInt8(ascii: "=") { rest = rest.dropFirst() }
      try read(option, as: shown, joined: index < word.count ? Array(rest) : nil, &position)
      return
    }
  }

  private mutating func read(
    _ option: OptionDescription, as shown: String, joined: [UInt8]?, _ position: inout Int
  ) throws(UsageError) {
    guard let name = option.valueName else {
      guard joined == nil else { throw UsageError(.unexpectedValue, "\(shown) takes no value", in: scope) }
      return try setFlag(option, true, as: shown)
    }
    if let joined { return try setValue(option, Argument(joined), as: shown) }
    guard position < words.count, !commandWords.contains(position), words[position] != Array("--".utf8) else {
      throw UsageError(.missingValue, "\(shown) needs a value: \(shown) \(name)", in: scope)
    }
    let next = words[position]
    guard !isOption(next) else {
      throw UsageError(
        .missingValue,
        "\(shown) needs a value; if '\(DisplayText.escape(next))' is meant to be it, write --\(option.long)=\(DisplayText.escape(next))",
        in: scope)
    }
    position += 1
    try setValue(option, Argument(next), as: shown)
  }

  /// Whether a word is one of the options here, so that it is hardly meant as a value.
  private func isOption(_ word: [UInt8]) -> Bool {
    guard word.count > 1, word[0] == UInt8(ascii: "-") else { return false }
    if word[1] == UInt8(ascii: "-") {
      let name = String(decoding: word.dropFirst(2).prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
      return scope.options.contains { $0.long == name || ($0.negatable && "no-" + $0.long == name) }
    }
    return scope.options.contains { $0.short.map { $0.utf8.elementsEqual([word[1]]) } ?? false }
  }

  private mutating func setFlag(_ option: OptionDescription, _ isOn: Bool, as shown: String) throws(UsageError) {
    if option.long == BuiltIn.help.long {
      result.request = .help
      return
    }
    if option.long == BuiltIn.version.long, scope.chain.count == 1 {
      result.request = .version
      return
    }
    if let earlier = result.flags[option.long], !option.repeatable {
      let problem =
        earlier.contains(isOn) ? "\(shown) is given more than once" : "--\(option.long) and --no-\(option.long) exclude each other"
      throw UsageError(.repeatedOption, problem, in: scope)
    }
    result.flags[option.long, default: []].append(isOn)
  }

  private mutating func setValue(_ option: OptionDescription, _ value: Argument, as shown: String) throws(UsageError) {
    if result.values[option.long] != nil, !option.repeatable {
      throw UsageError(.repeatedOption, "\(shown) is given more than once", in: scope)
    }
    try check(value, of: option, as: shown)
    result.values[option.long, default: []].append(value)
  }

  private func check(_ value: Argument, of option: OptionDescription, as shown: String) throws(UsageError) {
    let wanted: String
    switch option.kind {
    case .int where Int(value.text) == nil: wanted = "a whole number"
    case .bytes where ByteCount(parsing: value.text) == nil: wanted = "a number of bytes such as 512k, 10M or 1.5GiB"
    case .duration where DurationText.parse(value.text) == nil: wanted = "a time span such as 90s, 15m or 7d"
    case .choice(let words) where !words.contains(value.text): return try refuse(value, words, for: shown)
    default: return
    }
    throw UsageError(.invalidValue, "\(shown) takes \(wanted), not '\(value.display)'", in: scope)
  }

  private func refuse(_ value: Argument, _ words: [String], for shown: String) throws(UsageError) {
    throw UsageError(
      .invalidValue, "\(shown) takes one of \(words.joined(separator: ", ")), not '\(value.display)'",
      suggestion: Suggestion.closest(to: value.text, in: words).map { "'\($0)'" }, in: scope)
  }

  private mutating func readEnvironment(_ environment: (String) -> String?) throws(UsageError) {
    for option in scope.options {
      guard let variable = option.environment, let text = environment(variable), !text.isEmpty else { continue }
      if option.kind != nil {
        if result.values[option.long] == nil { try setValue(option, Argument(Array(text.utf8)), as: "the variable \(variable)") }
      } else if result.flags[option.long] == nil {
        switch text.lowercased() {
        case "1", "true", "yes", "on": result.flags[option.long] = [true]
        case "0", "false", "no", "off": result.flags[option.long] = [false]
        default:
          throw UsageError(
            .invalidValue, "the variable \(variable) takes true or false, not '\(DisplayText.escape(text))'", in: scope)
        }
      }
    }
  }

  // MARK: Operands

  private func checkOperands() throws(UsageError) {
    let command = scope.command
    if !command.subcommands.isEmpty && command.operands.isEmpty {
      if let word = result.operands.first { _ = try enter(word.bytes, from: scope) }
      throw UsageError(
        .missingCommand, "which command? One of \(command.subcommands.filter { !$0.hidden }.map(\.name).joined(separator: ", "))",
        in: scope)
    }
    var needed = 0
    for operand in command.operands {
      needed += operand.arity.minimum
      if result.operands.count < needed { throw UsageError(.missingOperand, "\(operand.name) is missing", in: scope) }
    }
    if !command.operands.contains(where: { $0.arity.maximum == nil }) {
      let most = command.operands.compactMap(\.arity.maximum).reduce(0, +)
      if result.operands.count > most {
        throw UsageError(.extraOperand, "'\(result.operands[most].display)' is one argument too many", in: scope)
      }
    }
    for operand in command.operands {
      guard case .choice(let words) = operand.completion else { continue }
      for value in result.operands(operand.name) where !words.contains(value.text) { try refuse(value, words, for: operand.name) }
    }
  }
}
