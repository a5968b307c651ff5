import Arguments
import Markup
import Testing

struct RenderingTests {
  @Test(arguments: [("root", []), ("sync", ["sync"]), ("conflicts", ["conflicts"]), ("resolve", ["conflicts", "resolve"])])
  func `help is as recorded`(name: String, path: [String]) throws {
    expectGolden(try #require(HelpRenderer().render(sampleTree, path: path)), "help-\(name).txt")
  }

  @Test func `help of a command that does not exist is nil`() {
    #expect(HelpRenderer().render(sampleTree, path: ["snyc"]) == nil)
  }

  @Test(arguments: [10, 40, 60, 80, 500]) func `help keeps to the width, except where a line is there to be copied`(width: Int)
    throws
  {
    let text = try #require(HelpRenderer(width: width).render(sampleTree, path: ["sync"]))
    for line in text.split(separator: "\n") where !line.hasPrefix("  tide ") { #expect(line.count <= min(max(width, 40), 100)) }
  }

  @Test func `headings are bold only where that is wanted, and nothing else changes`() throws {
    let bold = try #require(HelpRenderer(isBold: true).render(sampleTree, path: ["sync"]))
    #expect(bold.contains("\u{1B}[1mOptions:\u{1B}[0m"))
    let plain = bold.split(separator: "\u{1B}[1m", omittingEmptySubsequences: false).joined()
      .split(separator: "\u{1B}[0m", omittingEmptySubsequences: false).joined()
    #expect(plain == HelpRenderer().render(sampleTree, path: ["sync"]))
  }

  @Test func `nothing hidden is shown anywhere`() throws {
    let texts = [
      try #require(HelpRenderer().render(sampleTree)), CompletionScripts.bash(sampleTree), CompletionScripts.zsh(sampleTree),
      CompletionScripts.fish(sampleTree), ManPage.render(sampleTree, version: "1", date: "2026-11-20"),
      String(decoding: sampleTree.json(), as: UTF8.self),
    ]
    for text in texts {
      #expect(text.contains("dry-run") || text.contains("conflicts"))
      #expect(!text.contains("debug-internals") && !text.contains("selftest"))
    }
  }

  @Test func `the JSON form is as recorded, and JSON`() throws {
    let json = sampleTree.json()
    expectGolden(String(decoding: json, as: UTF8.self), "tree.json")
    _ = try JSONValue.parse(json)
  }

  @Test func `the manual page is as recorded`() {
    expectGolden(ManPage.render(sampleTree, version: "1.2.0", date: "2026-11-20"), "tide.1")
  }

  @Test(.enabled(if: isInstalled("groff"))) func `the manual page formats without a warning and shows what was meant`() {
    let folder = Folder()
    var tree = sampleTree
    tree.discussion += "\n\n.SH is no request here, nor is\n'this; a \\fBbackslash\\fR, \u{E9}, ~ and -- stay."
    _ = folder.add("tide.1", ManPage.render(tree, version: "1.2.0", date: "2026-11-20"))
    #expect(folder.run("groff -man -Tutf8 -ww -z tide.1") == "")
    let text = folder.run("groff -man -Tutf8 -P-c -P-b -P-u tide.1").split(whereSeparator: { $0 == " " || $0 == "\n" }).joined(
      separator: " ")
    #expect(text.contains(".SH is no request here, nor is 'this; a \\fBbackslash\\fR, \u{E9}, ~ and -- stay."))
    #expect(text.contains("--conflict POLICY"))
    #expect(text.contains("tide sync --dry-run 'My docs' cloud:"))
  }
}
