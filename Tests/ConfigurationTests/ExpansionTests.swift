import Configuration
import Primitives
import Testing

struct ExpansionTests {
  private let variables = ["A": "1", "EMPTY": "", "DOLLAR": "${A}$", "LONG_name2": "x"]

  private func expand(_ text: String) throws -> String { try VariableExpansion.expand(text) { variables[$0] } }

  @Test(arguments: [
    ("", ""), ("plain", "plain"), ("${A}", "1"), ("a${A}b${A}c", "a1b1c"), ("${LONG_name2}", "x"), ("$$", "$"), ("$${A}", "${A}"),
    ("$$${A}", "$1"), ("cost: $5 $", "cost: $5 $"), ("${EMPTY}", ""), ("${EMPTY:-d}", "d"), ("${NONE:-d}", "d"), ("${NONE:d}", "d"),
    ("${NONE:}", ""), ("${NONE:-}", ""), ("${A:-d}", "1"), ("${A:d}", "1"), ("${NONE:-a:b-c}", "a:b-c"), ("${NONE:-${A}}", "1"),
    ("${NONE:-${ALSO:-${A}x}y}z", "1xyz"), ("${DOLLAR}", "${A}$"), ("}", "}"), ("{A}", "{A}"), ("${NONE:-$$}", "$"),
    ("${A:-${NONE}}", "1"), ("é${A}é", "é1é"), ("${NONE:-{}", "{"),
  ])
  func `variables are replaced`(text: String, expected: String) throws {
    #expect(try expand(text) == expected)
  }

  @Test(arguments: [
    ("${NONE}", "NONE is not set"), ("${", "no closing }"), ("${A", "no closing }"), ("${}", "variable's name"),
    ("${1A}", "variable's name"), ("${A-d}", "must be followed by"), ("${A b}", "must be followed by"),
    ("${NONE:-d", "no closing }"),
    ("${NONE:-${ALSO}}", "ALSO is not set"), ("${é}", "variable's name"),
  ])
  func `what makes no sense is said so`(text: String, part: String) {
    let error = #expect(throws: VariableExpansion.Failure.self) { try expand(text) }
    #expect(error?.description.contains(part) == true, "\(String(describing: error))")
  }

  @Test func `depth and length are bounded`() {
    let deep = String(repeating: "${N:-", count: 100) + String(repeating: "}", count: 100)
    #expect(throws: VariableExpansion.Failure.self) { try VariableExpansion.expand(deep) { _ in nil } }
    let big = String(repeating: "b", count: 500_000)
    #expect(throws: VariableExpansion.Failure.self) { try VariableExpansion.expand("${B}${B}${B}") { _ in big } }
  }

  @Test func `no text makes the expansion trap`() {
    let seed = freshSeed("expansion")
    var random = SeededRandom(seed: seed)
    let pieces = ["$", "{", "}", ":", "-", "A", "N", "_", "1", "é", "\0", "${", "${A", "${N:-", "$$", " "]
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
      let result = try? expand(text)
      if !text.contains("$") { #expect(result == text, "seed \(seed): \(text)") }
    }
  }

  @Test func `a dollar sign doubled is a dollar sign, whatever is around it`() throws {
    let seed = freshSeed("escape")
    var random = SeededRandom(seed: seed)
    for _ in 0..<2000 {
      let text = String((0..<Int.random(in: 0...20, using: &random)).map { _ in "${}:-aA".randomElement(using: &random)! })
      let escaped = text.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$")
      #expect(try expand(escaped) == text, "seed \(seed)")
    }
  }
}

struct DotEnvTests {
  private func variables(_ text: String) throws -> [String: String] { try DotEnv(Array(text.utf8), file: ".env").variables }

  @Test func `assignments in all their forms`() throws {
    let text = """
      # a comment
      PLAIN=value
      export EXPORTED=yes
        INDENTED = spaced out   # a comment
      HASH=a#b
      EMPTY=
      SINGLE='as $it "is" \\n'
      DOUBLE="a \\"b\\" \\\\ \\n\\t\\$x \\q"   # comment
      MULTI="line one
      line two"
      export=odd
      LAST=1
      LAST=2
      """
    #expect(
      try variables(text) == [
        "PLAIN": "value", "EXPORTED": "yes", "INDENTED": "spaced out", "HASH": "a#b", "EMPTY": "", "SINGLE": "as $it \"is\" \\n",
        "DOUBLE": "a \"b\" \\ \n\t$x \\q", "MULTI": "line one\nline two", "export": "odd", "LAST": "2",
      ])
    #expect(try variables("\u{FEFF}A=1\r\nB=\"2\"\r\nC=3\r") == ["A": "1", "B": "2", "C": "3"])
    #expect(try variables("") == [:])
  }

  @Test func `all wrong lines are named, without their values`() {
    let text = "A=1\nno assignment hunter2\n1B=hunter2\nC='hunter2\n"
    let error = #expect(throws: ConfigurationError.self) { try variables(text) }
    #expect(error?.problems.map(\.origin.description) == [".env:2:1", ".env:3:1", ".env:4:1"])
    #expect(error?.description.contains("hunter2") == false)
    #expect(throws: ConfigurationError.self) { try variables("A='x'y") }
    #expect(throws: ConfigurationError.self) { try DotEnv(Array("A=".utf8) + [0xFF], file: ".env") }
  }

  @Test func `no bytes make the reader trap`() {
    let seed = freshSeed("dotenv")
    var random = SeededRandom(seed: seed)
    let pieces: [[UInt8]] = ["A", "=", "'", "\"", "\\", "\n", " ", "#", "export", "\r"].map { Array($0.utf8) } + [[0xFF], [0]]
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0...12, using: &random)).flatMap { _ in pieces.randomElement(using: &random)! }
      _ = try? DotEnv(bytes, file: ".env")
    }
  }
}
