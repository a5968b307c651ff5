import Arguments
import Primitives
import Testing

struct ParserTests {
  func parse(_ line: String..., environment: [String: String] = [:]) throws -> ParsedCommand {
    try CommandLine.parse(line, root: sampleTree) { environment[$0] }
  }

  func failure(_ line: String..., environment: [String: String] = [:]) throws -> UsageError {
    try #require(throws: UsageError.self) { try CommandLine.parse(line, root: sampleTree) { environment[$0] } }
  }

  @Test func `options stand anywhere, with their values joined on or after them`() throws {
    let parsed = try parse("--config", "a b", "sync", "l", "--jobs=4", "-n", "r", "--conflict", "newest", "-l10M", "--stall", "90s")
    #expect(parsed.path == ["sync"])
    #expect(parsed.request == .run)
    #expect(parsed.string("config") == "a b")
    #expect(parsed.int("jobs") == 4)
    #expect(parsed.flag("dry-run"))
    #expect(parsed.string("conflict") == "newest")
    #expect(parsed.byteCount("limit") == ByteCount(10 << 20))
    #expect(parsed.duration("stall") == .seconds(90))
    #expect(parsed.operands.map(\.text) == ["l", "r"])
    #expect(!parsed.flag("verbose") && !parsed.isGiven("exclude"))
  }

  @Test func `an option of the command may stand before the command`() throws {
    let parsed = try parse("-n", "--jobs", "3", "-l", "1k", "-vx", "*.o", "sync", "l", "r")
    #expect(parsed.path == ["sync"] && parsed.flag("dry-run") && parsed.int("jobs") == 3)
    #expect(parsed.strings("exclude") == ["*.o"] && parsed.count("verbose") == 1)
  }

  @Test func `letters join, and the last of them may take a value`() throws {
    #expect(try parse("sync", "-vvn", "l", "r").count("verbose") == 2)
    #expect(try parse("sync", "-nj4", "l", "r").int("jobs") == 4)
    #expect(try parse("sync", "-nj", "4", "l", "r").int("jobs") == 4)
    #expect(try parse("sync", "-j=4", "l", "r").int("jobs") == 4)
  }

  @Test func `an empty value stays empty`() throws {
    let parsed = try parse("sync", "--config=", "--exclude=", "-x", "", "l", "")
    #expect(parsed.string("config") == "" && parsed.isGiven("config"))
    #expect(parsed.strings("exclude") == ["", ""])
    #expect(parsed.operands.map(\.text) == ["l", ""])
  }

  @Test func `a value keeps its own equals signs`() throws {
    #expect(try parse("sync", "--exclude=a=b=", "l", "r").strings("exclude") == ["a=b="])
  }

  @Test func `two dashes end the options, and one dash is an operand`() throws {
    let parsed = try parse("sync", "-", "--", "--dry-run", "--", "sync")
    #expect(parsed.operands.map(\.text) == ["-", "--dry-run", "--", "sync"])
    #expect(!parsed.flag("dry-run"))
  }

  @Test func `bytes that are no text arrive as they are`() throws {
    let name: [UInt8] = [0x2F, 0xFF, 0x0A]
    let words = [Array("sync".utf8), Array("--config=".utf8) + name, name, name]
    let parsed = try CommandLine.parse(words, root: sampleTree)
    #expect(parsed.operands.map(\.bytes) == [name, name])
    #expect(parsed.argument("config")?.bytes == name)
    let error = #expect(throws: UsageError.self) { try CommandLine.parse([[0x2D, 0x2D, 0xFF, 0x1B]], root: sampleTree) }
    #expect(error?.message == "unknown option '--\\xff\\x1b'")
  }

  @Test func `a negatable flag has its opposite`() throws {
    #expect(try parse("--no-colour", "conflicts", "list").flag("colour", default: true) == false)
    #expect(try parse("conflicts", "list", "--colour").flag("colour"))
    #expect(try parse("conflicts", "list").flag("colour", default: true))
    #expect(try failure("conflicts", "list", "--no-verbose").code == .unknownOption)
    #expect(try failure("conflicts", "list", "--colour", "--no-colour").code == .repeatedOption)
    #expect(try failure("conflicts", "list", "--no-colour=1").code == .unexpectedValue)
  }

  @Test func `a variable stands in for an option that was not given`() throws {
    let variables = ["TIDE_CONFIG": "from-variable", "TIDE_COLOUR": "no"]
    let parsed = try parse("conflicts", "list", environment: variables)
    #expect(parsed.string("config") == "from-variable")
    #expect(parsed.flag("colour", default: true) == false)
    #expect(try parse("conflicts", "list", "-c", "x", environment: variables).string("config") == "x")
    #expect(try parse("conflicts", "list", environment: ["TIDE_CONFIG": ""]).string("config") == nil)
    let error = try failure("conflicts", "list", environment: ["TIDE_COLOUR": "perhaps"])
    #expect(error.message == "the variable TIDE_COLOUR takes true or false, not 'perhaps'")
  }

  @Test func `an option given twice is an error unless it repeats`() throws {
    #expect(try failure("sync", "-j1", "--jobs=2", "l", "r").message == "--jobs is given more than once")
    #expect(try failure("sync", "-n", "--dry-run", "l", "r").code == .repeatedOption)
    #expect(try parse("sync", "-x", "a", "--exclude=b", "l", "r").strings("exclude") == ["a", "b"])
  }

  @Test func `a typing error gets the right name and the usage line`() throws {
    let option = try failure("sync", "--dryrun", "l", "r")
    #expect(option.exitCode == 2)
    #expect(
      option.description == """
        unknown option '--dryrun'; did you mean --dry-run?
        Usage: tide sync [options] LEFT RIGHT...
        Try 'tide sync --help' for more.
        """)
    #expect(try failure("snyc", "l", "r").suggestion == "'sync'")
    #expect(
      try failure("conflicts", "lst").description.hasPrefix("unknown command 'lst'; did you mean 'list'?\nUsage: tide conflicts"))
    #expect(try failure("sync", "--conflict=newst", "l", "r").suggestion == "'newest'")
    #expect(try failure("sync", "--debug-internal", "l", "r").suggestion == nil)
    #expect(try failure("slftest").suggestion == nil)
    #expect(try failure("sync", "-dry-run", "l", "r").suggestion == "--dry-run")
  }

  @Test func `a value that is missing, unwanted or of another kind is refused`() throws {
    #expect(try failure("sync", "l", "r", "--jobs").message == "--jobs needs a value: --jobs N")
    #expect(try failure("sync", "--jobs", "--dry-run", "l", "r").code == .missingValue)
    #expect(try failure("--config", "sync", "l", "r").code == .unknownCommand)
    #expect(try failure("sync", "--dry-run=yes", "l", "r").code == .unexpectedValue)
    #expect(try failure("sync", "--jobs=x\u{1B}", "l", "r").message == "--jobs takes a whole number, not 'x\\x1b'")
    #expect(try failure("sync", "--limit=x", "l", "r").code == .invalidValue)
    #expect(try failure("sync", "--stall=x", "l", "r").code == .invalidValue)
    #expect(try parse("sync", "--jobs", "-5", "l", "r").int("jobs") == -5)
  }

  @Test func `operands are counted and belong to their descriptions`() throws {
    #expect(try failure("sync").message == "LEFT is missing")
    #expect(try failure("sync", "l").message == "RIGHT is missing")
    #expect(try failure("get", "a", "b", "c").message == "'c' is one argument too many")
    #expect(try failure("conflicts", "list", "x").code == .extraOperand)
    #expect(try failure("conflicts", "resolve", "lefft").suggestion == "'left'")
    let many = try parse("sync", "a", "b", "c")
    #expect(many.operand("LEFT")?.text == "a" && many.operands("RIGHT").map(\.text) == ["b", "c"])
    #expect(try parse("get", "a").operand("TARGET") == nil)
    #expect(try parse("conflicts", "resolve", "left", "p", "q").operands("PATH").map(\.text) == ["p", "q"])
  }

  @Test func `a command is needed, and hidden ones can be called`() throws {
    #expect(try failure().message == "which command? One of sync, conflicts, get")
    #expect(try failure("conflicts").code == .missingCommand)
    #expect(try parse("selftest").path == ["selftest"])
  }

  @Test func `help and the version are answered whatever else is missing`() throws {
    #expect(try parse("--help").request == .help)
    let sync = try parse("sync", "--jobs=3", "-h")
    #expect(sync.request == .help && sync.path == ["sync"])
    #expect(try parse("help", "conflicts", "resolve").path == ["conflicts", "resolve"])
    #expect(try parse("help", "--json").request == .helpJSON)
    #expect(try failure("help", "snyc").suggestion == "'sync'")
    #expect(try parse("--version").request == .version)
    #expect(try failure("sync", "--version", "l", "r").code == .unknownOption)
  }

  @Test func `random words never trap`() throws {
    let seed: UInt64 = 20_261_120
    var random = SeededRandom(seed: seed)
    let pieces = [
      "sync", "conflicts", "list", "resolve", "--", "-", "--jobs", "=", "-n", "-vvj", "--no-colour", "help", "--json", "é", "",
    ]
    var understood = 0
    for _ in 0..<5000 {
      var words: [[UInt8]] = []
      for _ in 0..<Int.random(in: 0..<6, using: &random) {
        var word: [UInt8] = []
        for _ in 0..<Int.random(in: 0..<3, using: &random) { word += pieces.randomElement(using: &random)!.utf8 }
        if Int.random(in: 0..<8, using: &random) == 0 { word.append(UInt8.random(in: 1...255, using: &random)) }
        words.append(word)
      }
      do {
        let parsed = try CommandLine.parse(words, root: sampleTree)
        understood += 1
        if parsed.request == .run { for operand in parsed.command.operands { _ = parsed.operands(operand.name) } }
      } catch {
        #expect(!error.description.contains("\u{1B}"), "seed \(seed)")
      }
    }
    #expect(understood > 50, "seed \(seed)")
  }
}
