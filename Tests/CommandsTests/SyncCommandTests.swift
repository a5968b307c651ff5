import Markup
import Testing

/// `sync` and its kin between folders, as a whole.
struct SyncCommandTests {
  let folder = Folder()
  var left: String { folder.file("left") }
  var right: String { folder.file("right") }
  var state: [String: String] { ["ISOBAR_STATE": folder.file("state"), "HOME": folder.path] }

  init() {
    folder.write("one", to: "left/one.txt")
    folder.write("two", to: "left/deep/two.txt")
    folder.write("three", to: "right/three.txt")
  }

  func run(_ words: String...) async -> Outcome { await isobar(words: words.map { Array($0.utf8) }, environment: state) }

  @Test func `a sync tells each path and what it amounts to, and the second has nothing to do`() async throws {
    let first = await run("sync", left, right)
    #expect(first.code == 0 && first.errors.isEmpty)
    #expect(first.output.contains("sent to the right: one.txt (3 B)\n"))
    #expect(first.output.contains("sent to the left: three.txt (5 B)\n"))
    #expect(first.output.contains("3 files sent (11 B)"))
    #expect(folder.read("right/deep/two.txt") == "two" && folder.read("left/three.txt") == "three")
    let second = try await run("sync", left, right, "--json").json()
    for name in ["transferred", "bytes", "deleted", "moved", "conflicts", "failed", "skipped", "adopted", "metadata", "waiting"] {
      #expect(second[name]?.integerValue == 0, "\(name)")
    }
    for name in ["list", "head", "get", "put", "copy", "delete", "other"] {
      #expect(second["requests"]?[name]?.integerValue == 0, "\(name)")
    }
    #expect(second["seconds"]?.numberValue != nil && second["exitCode"]?.integerValue == 0)
    #expect(second["pairs"]?[0]?["left"]?.stringValue == left)
  }

  @Test func `quiet says nothing, and a plan changes nothing`() async throws {
    let plan = await run("sync", left, right, "--dry-run")
    #expect(plan.output.contains("send to the right: one.txt (3 B)\n") && plan.output.contains("3 files to send (11 B)"))
    #expect(!folder.exists("right/one.txt"))
    let json = try await run("sync", left, right, "-n", "--json").json()
    let actions = try #require(json["plans"]?[0]?["plan"]?["actions"]?.arrayValue)
    #expect(actions.contains { $0["action"]?.stringValue == "transfer" && $0["path"]?.stringValue == "deep/two.txt" })
    #expect(json["dryRun"]?.boolValue == true && json["plans"]?[0]?["plan"]?["transfers"]?.integerValue == 3)
    let quiet = await run("sync", left, right, "--quiet")
    #expect(quiet.code == 0 && quiet.output.isEmpty && quiet.errors.isEmpty)
    #expect(folder.exists("right/one.txt"))
    // What failed is an error.
    folder.write("a file", to: "left/f")
    folder.write("in a folder", to: "right/f/x")
    let failed = await run("sync", left, right, "--quiet")
    #expect(failed.code == 1 && failed.output.isEmpty && failed.errors.contains("failed: f"), "\(failed.errors)")
  }

  @Test func `conflicts that are to be decided by hand wait, are listed, and make the exit code 3`() async throws {
    #expect(await run("sync", left, right).code == 0)
    folder.write("ours!", to: "left/one.txt")
    folder.write("theirs", to: "right/one.txt")
    let outcome = await run("sync", left, right, "--conflict", "manual", "--json")
    #expect(outcome.code == 3)
    #expect(try outcome.json()["waiting"]?.integerValue == 1)
    let list = await run("conflicts", "list")
    #expect(list.code == 3 && list.output.contains("one.txt") && list.output.contains("changed on both sides"))
    let shown = try await run("conflicts", "show", "one.txt", "--json").json()
    #expect(shown["left"]?["size"]?.integerValue == 5 && shown["right"]?["size"]?.integerValue == 6)
    let status = await run("status", "--json")
    #expect(status.code == 3)
    #expect(try status.json()["pairs"]?[0]?["conflicts"]?.integerValue == 1)
  }

  @Test func `a guard stops a run before it changes anything`() async throws {
    for number in 0..<20 { folder.write("x", to: "left/many/\(number)") }
    #expect(await run("sync", left, right).code == 0)
    for number in 0..<20 { folder.delete("left/many/\(number)") }
    let stopped = await run("sync", left, right, "--json")
    #expect(stopped.code == 4)
    #expect(try stopped.json()["error"]?["code"]?.stringValue == "tooManyDeletes")
    #expect(stopped.errors.contains("--force"))
    #expect(folder.exists("right/many/3"))
    #expect(await run("sync", left, right, "--max-delete", "5").code == 4)
    #expect(await run("sync", left, right, "--max-delete", "100%").code == 0)
    #expect(!folder.exists("right/many/3"))
    let trash = try await run("trash", "list", "--json").json()
    #expect(trash["pairs"]?[0]?["trash"]?.arrayValue?.count == 20)
  }

  @Test func `several right ends are kept in step in one run`() async throws {
    folder.write("", to: "other/.keep")
    let outcome = try await run("sync", left, right, folder.file("other"), "--json").json()
    #expect(outcome["pairs"]?.arrayValue?.count == 2)
    #expect(folder.read("other/three.txt") == "three" && folder.exists("left/.keep") && folder.exists("right/.keep"))
  }

  @Test func `a right end that is away does not keep the others from being synced`() async throws {
    let outcome = await run("sync", left, folder.file("away"), right, "--json")
    #expect(outcome.code == 5)
    let json = try outcome.json()
    #expect(json["pairs"]?[0]?["error"]?["code"]?.stringValue == "storeNotFound")
    #expect(json["pairs"]?[1]?["transferred"]?.integerValue == 3 && json["pairs"]?[1]?["error"] == nil)
    #expect(folder.read("right/one.txt") == "one")
  }

  @Test func `an interrupted run says so, with what was done until then, and the next one goes on`() async throws {
    for number in 0..<400 { folder.write("content \(number)", to: "left/many/\(number)") }
    let environment = state
    let words = ["sync", left, right, "--json", "--workers", "1"].map { Array($0.utf8) }
    let target = folder.file("right/many/150")
    let task = Task { await isobar(words: words, environment: environment) }
    // By now it is somewhere in the middle.
    while !Disk.exists(target) { try await Task.sleep(for: .milliseconds(1)) }
    task.cancel()
    let outcome = await task.value
    let json = try outcome.json()
    if outcome.code == 130 {
      #expect(json["error"]?["code"]?.stringValue == "interrupted")
      #expect((json["transferred"]?.integerValue ?? 0) > 0)
    } else {
      #expect(outcome.code == 0)
    }
    #expect(await run("sync", left, right).code == 0)
    #expect(await run("check", left, right).code == 0)
  }

  @Test func `events are JSON lines on standard error`() async throws {
    let outcome = await run("sync", left, right, "--json-progress", "--json")
    _ = try outcome.json()
    let events = try outcome.errors.split(separator: "\n").map { try JSONValue.parse(Array($0.utf8)) }
    let names = Set(events.compactMap { $0["event"]?.stringValue })
    #expect(names.isSuperset(of: ["planned", "started", "finished", "progress"]))
    #expect(events.contains { $0["path"]?.stringValue == "one.txt" && $0["action"]?.stringValue == "transferred" })
  }

  @Test func `a name that is no text is shown escaped, with its bytes beside it in JSON`() async throws {
    let name: [UInt8] = [0x61, 0xFF, 0x0A]
    Disk.write(Array("x".utf8), toBytes: Array(left.utf8) + [0x2F] + name)
    let events = await run("sync", left, right, "--json-progress")
    let lines = try events.errors.split(separator: "\n").map { try JSONValue.parse(Array($0.utf8)) }
    let line = try #require(lines.first { $0["event"]?.stringValue == "finished" && $0["pathBytes"] != nil })
    #expect(line["path"]?.stringValue == "a\\xff\\n" && line["pathBytes"]?.stringValue == "Yf8K")
  }

  @Test func `copy leaves what only the target has, mirror does not`() async throws {
    folder.write("extra", to: "right/extra")
    #expect(await run("copy", left, right).code == 0)
    #expect(folder.exists("right/extra") && folder.read("right/one.txt") == "one" && !folder.exists("left/three.txt"))
    #expect(await run("mirror", left, folder.file("new")).code == 0)
    #expect(folder.read("new/deep/two.txt") == "two")
    let mirror = await run("mirror", left, right, "--force")
    #expect(mirror.code == 0)
    #expect(!folder.exists("right/extra") && !folder.exists("right/three.txt") && folder.exists("right/one.txt"))
  }

  @Test func `filters keep paths out`() async throws {
    folder.write("deep/\n", to: "patterns")
    let outcome = await run("copy", left, right, "--exclude-from", folder.file("patterns"), "--max-size", "10")
    #expect(outcome.code == 0)
    #expect(folder.exists("right/one.txt") && !folder.exists("right/deep/two.txt"))
    #expect(await run("copy", left, right, "--exclude-from", folder.file("missing")).code == 2)
  }

  @Test func `a place that is not there is one clear line`() async throws {
    let outcome = await run("sync", folder.file("nowhere"), right)
    #expect(outcome.code == 5)
    #expect(outcome.errors.contains("nowhere") && outcome.output.isEmpty)
    #expect(!folder.exists("nowhere"))
    #expect(await run("upload", "s3://bucket/x", right).code == 2)
    #expect(await run("sync", left, "cloud:x").errors.contains("there is no store “cloud”"))
    #expect(await run("sync", left).code == 2)
    #expect(await run("sync", left, "--all").code == 2)
    #expect(await run("sync", "--pair", "nothing").code == 2)
  }

  @Test func `a pair of the configuration brings its options`() async throws {
    folder.write(
      """
      stores:
        disk: {type: local, path: right}
      pairs:
        docs: {left: left, right: "disk:sub", filters: {exclude: [deep/]}, direction: copy}
      """, to: "isobar.yaml")
    folder.write("", to: "right/sub/.keep")
    let outcome = await run("sync", "--pair", "docs", "--config", folder.file("isobar.yaml"))
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(folder.exists("right/sub/one.txt") && !folder.exists("right/sub/deep") && !folder.exists("left/.keep"))
    #expect(await run("sync", "--pair", "dcos", "--config", folder.file("isobar.yaml")).errors.contains("Did you mean docs?"))
  }
}
