import Markup
import Testing

/// Command lines that make no sense.
struct UsageTests {
  @Test(arguments: [
    [], ["snyc"], ["status", "--jsno"], ["history", "x"], ["history", "--limit", "many"], ["history", "--limit", "0"],
    ["conflicts"],
    ["conflicts", "lst"], ["completions"], ["completions", "tcsh"], ["version", "please"], ["--color=1", "version"],
    ["status", "-q", "-v"], ["--log-level", "loud", "version"], ["--", "version"], ["state", "rebuild", "extra", "words"],
    ["version", "\u{1B}[2J"],
  ])
  func `a wrong command line exits with 2, tells what is wrong, and prints nothing`(words: [String]) async {
    let folder = Folder()
    let outcome = await isobar(words: words.map { Array($0.utf8) }, environment: ["ISOBAR_STATE": folder.path])
    #expect(outcome.code == 2)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("isobar: "))
    #expect(!outcome.errors.contains("\u{1B}"))
  }

  @Test func `an error of a command is an object too where JSON is asked for`() async throws {
    let folder = Folder()
    let outcome = await isobar("history", "3", "--json", "--state", folder.path)
    #expect(outcome.code == 2)
    let error = try #require(try outcome.json()["error"])
    #expect(error["code"]?.stringValue == "usage")
    #expect(error["exitCode"]?.integerValue == 2)
    #expect(outcome.errors.contains(error["message"]?.stringValue ?? "-"))
  }

  @Test func `a state folder that was named but is not there is not made`() async {
    let folder = Folder()
    let outcome = await isobar("status", "--state", folder.file("typo"))
    #expect(outcome.code == 2)
    #expect(!folder.exists("typo"))
  }

  @Test func `the state is found by the environment`() async {
    let folder = Folder()
    let outcome = await isobar("status", environment: ["XDG_STATE_HOME": folder.path])
    #expect(outcome.code == 0)
    #expect(outcome.output.contains(folder.file("isobar")))
    #expect(await isobar("status").code == 2)
  }
}
