import Markup
import Testing

/// Commands about a pair that was synced before: they find its ends by what the sync remembered.
struct PairCommandTests {
  let folder = Folder()
  var left: String { folder.file("left") }
  var right: String { folder.file("right") }
  var state: [String: String] { ["ISOBAR_STATE": folder.file("state"), "HOME": folder.path] }

  init() async throws {
    folder.write("one", to: "left/one.txt")
    folder.write("two", to: "left/two.txt")
    folder.write("", to: "right/.keep")
    try #require(await run("sync", left, right).code == 0)
  }

  func run(_ words: String...) async -> Outcome { await isobar(words: words.map { Array($0.utf8) }, environment: state) }

  @Test func `undo brings back what the latest run took away, and the next sync carries it across`() async throws {
    folder.delete("left/one.txt")
    folder.write("changed", to: "left/two.txt")
    #expect(await run("sync", left, right).code == 0)
    #expect(!folder.exists("right/one.txt") && folder.read("right/two.txt") == "changed")
    let outcome = await run("undo", "--json")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(try outcome.json()["restored"]?.arrayValue?.count == 2)
    #expect(folder.read("right/one.txt") == "one" && folder.read("right/two.txt") == "two")
    let carried = await run("sync", left, right)
    #expect(carried.code == 0)
    #expect(folder.read("left/one.txt") == "one" && folder.read("left/two.txt") == "two", "\(carried.output)")
    #expect(await run("undo", "99").code == 2)
    #expect(await run("undo", "x").code == 2)
  }

  @Test func `the trash gives back a path, and is emptied only when told how much`() async throws {
    folder.delete("left/one.txt")
    folder.delete("left/two.txt")
    #expect(await run("sync", left, right, "--force").code == 0)
    #expect(await run("trash", "restore", "one.txt").code == 0)
    #expect(folder.read("right/one.txt") == "one" && !folder.exists("right/two.txt"))
    #expect(await run("trash", "restore", "nothing").code == 2)
    #expect(await run("trash", "restore").code == 2)
    #expect(await run("trash", "empty").code == 2)
    #expect(try await run("trash", "empty", "--older-than", "1h", "--json").json()["deleted"]?.integerValue == 0)
    #expect(try await run("trash", "empty", "--all-of-it", "--json").json()["deleted"]?.integerValue == 1)
    #expect(await run("trash", "list").output == "The trash is empty.\n")
  }

  @Test(arguments: [("left", "ours!", "ours!"), ("right", "theirs", "theirs"), ("largest", "theirs", "theirs")])
  func `a conflict that waits is settled as told`(policy: String, onLeft: String, onRight: String) async throws {
    folder.write("ours!", to: "left/one.txt")
    folder.write("theirs", to: "right/one.txt")
    #expect(await run("sync", left, right, "--conflict", "manual").code == 3)
    #expect(await run("conflicts", "resolve", "one.txt").code == 2)
    #expect(await run("conflicts", "resolve", "--conflict", "left").code == 2)
    let outcome = await run("conflicts", "resolve", "one.txt", "--conflict", policy)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(folder.read("left/one.txt") == onLeft && folder.read("right/one.txt") == onRight)
    #expect(await run("conflicts", "list").code == 0)
    #expect(await run("conflicts", "list", "--all").output.contains("settled: \(policy)"))
  }

  @Test func `retry syncs the pair without being told its ends`() async throws {
    folder.write("three", to: "left/three.txt")
    let outcome = try await run("retry", "--json").json()
    #expect(outcome["transferred"]?.integerValue == 1)
    #expect(folder.read("right/three.txt") == "three")
  }

  @Test func `cleanup tells what it took, and takes nothing that is in step`() async throws {
    folder.delete("left/one.txt")
    #expect(await run("sync", left, right).code == 0)
    let kept = try await run("cleanup", "--json").json()
    #expect(kept["pairs"]?[0]?["trash"]?.integerValue == 0)
    let planned = try await run("cleanup", "--older-than", "0s", "--dry-run", "--json").json()
    #expect(planned["pairs"]?[0]?["trash"]?.integerValue == 1)
    let done = try await run("cleanup", "--older-than", "0s", "--json").json()
    #expect(done["pairs"]?[0]?["trash"]?.integerValue == 1)
    #expect(folder.read("left/two.txt") == "two" && folder.read("right/two.txt") == "two")
    #expect(await run("cleanup", "--keep-runs", "0").code == 2)
  }

  @Test func `history shows a run with what it took away`() async throws {
    folder.delete("left/one.txt")
    #expect(await run("sync", left, right).code == 0)
    let runs = try await run("history", "--json").json()
    let number = try #require(runs["pairs"]?[0]?["runs"]?[0]?["run"]?.integerValue)
    let one = try await run("history", "\(number)", "--json").json()
    #expect(
      one["trash"]?[0]?["path"]?.stringValue == "one.txt" && one["run"]?["deleted"]?.integerValue == 1,
      "\(String(decoding: one.bytes(), as: UTF8.self))")
    #expect(await run("history", "\(number)").output.contains("isobar undo \(number)"))
    #expect(await run("history", "77").code == 2)
  }

  @Test func `several pairs are told apart by their ids`() async throws {
    #expect(await run("sync", left, folder.file("other")).code == 5)
    folder.write("", to: "other/.keep")
    #expect(await run("sync", left, folder.file("other")).code == 0)
    #expect(await run("undo").code == 2)
    let pairs = try #require(try await run("status", "--json").json()["pairs"]?.arrayValue)
    #expect(pairs.count == 2)
    let id = try #require(pairs.first { $0["right"]?.stringValue == right }?["pair"]?.stringValue)
    #expect(try await run("status", "--pair", String(id.prefix(8)), "--json").json()["pairs"]?.arrayValue?.count == 1)
    #expect(await run("retry", "--pair", id).code == 0)
    #expect(await run("retry", "--pair", "zzzz").code == 2)
    #expect(await run("state", "check").code == 0)
    #expect(await run("state", "rebuild", "--pair", id).code == 0)
    #expect(try await run("sync", left, right, "--json").json()["adopted"]?.integerValue == 3)
  }
}
