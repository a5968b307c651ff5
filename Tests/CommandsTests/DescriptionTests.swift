import Markup
import Testing

/// What the program says of itself.
struct DescriptionTests {
  /// The paths of all commands, from the JSON form.
  func paths() async throws -> [[String]] {
    func below(_ command: JSONValue, _ path: [String]) -> [[String]] {
      [path] + (command["subcommands"]?.arrayValue ?? []).flatMap { below($0, path + [$0["name"]?.stringValue ?? ""]) }
    }
    return below(try #require(try await isobar("help", "--json").json()["command"]), [])
  }

  @Test func `the help of every command is as recorded`() async throws {
    let paths = try await paths()
    #expect(paths.count > 10)
    for path in paths {
      let outcome = await isobar(words: (["help"] + path).map { Array($0.utf8) })
      #expect(outcome.code == 0)
      expectGolden(outcome.output, "help/\((["isobar"] + path).joined(separator: "-")).txt")
    }
  }

  @Test func `help after a command is the same as before it`() async {
    let before = await isobar("help", "state", "check")
    let after = await isobar("state", "check", "--help")
    #expect(before.output == after.output && after.code == 0)
    #expect(before.output.hasPrefix("Usage: isobar state check"))
  }

  @Test func `every command that does something has an example that starts with the program's name`() async throws {
    func check(_ command: JSONValue) {
      let name = command["invocation"]?.stringValue ?? ""
      let examples = command["examples"]?.arrayValue ?? []
      if command["subcommands"]?.arrayValue?.isEmpty == true { #expect(!examples.isEmpty, "\(name)") }
      for example in examples { #expect(example["command"]?.stringValue?.contains("isobar ") == true, "\(name)") }
      for child in command["subcommands"]?.arrayValue ?? [] { check(child) }
    }
    check(try #require(try await isobar("help", "--json").json()["command"]))
  }

  @Test func `every example is understood`() async throws {
    // Parsing ends before anything is done: the last word asks for help.
    func examples(_ command: JSONValue) -> [String] {
      (command["examples"]?.arrayValue ?? []).compactMap { $0["command"]?.stringValue }
        + (command["subcommands"]?.arrayValue ?? []).flatMap(examples)
    }
    for line in examples(try #require(try await isobar("help", "--json").json()["command"])) where line.hasPrefix("isobar ") {
      let command = line.split(separator: "|")[0].split(separator: ">")[0]
      let words = command.split(separator: " ").dropFirst().map { Array($0.filter { $0 != "'" && $0 != "\"" }.utf8) }
      let outcome = await isobar(words: words + [Array("--help".utf8)])
      #expect(outcome.code == 0, "\(line): \(outcome.errors)")
    }
  }

  @Test func `the JSON form, the manual and the completions are as recorded`() async {
    expectGolden(await isobar("help", "--json").output, "help.json")
    expectGolden(await isobar("man").output, "isobar.1")
    for shell in ["bash", "zsh", "fish"] { expectGolden(await isobar("completions", shell).output, "isobar.\(shell)") }
  }

  @Test func `the page of all commands says what the program says`() async throws {
    expectGolden(Reference.render(try await isobar("help", "--json").json()), "../../../docs/commands.md")
  }

  @Test func `the version is a line, or an object`() async throws {
    let version = try #require(try await isobar("version", "--json").json()["version"]?.stringValue)
    #expect(await isobar("version").output == "isobar \(version)\n")
    #expect(await isobar("--version").output == "isobar \(version)\n")
  }
}
