import Glibc
import Markup
import Testing

/// Commands about single files and folders, on folders of this machine.
struct StoreCommandTests {
  let folder = Folder()
  var state: [String: String] { ["ISOBAR_STATE": folder.file("state"), "HOME": folder.path] }

  init() {
    folder.write("one", to: "tree/one.txt")
    folder.write("twotwo", to: "tree/deep/two.txt")
    folder.write("", to: "tree/deep/er/empty")
  }

  func run(_ words: String..., input: Int32 = 0) async -> Outcome {
    await isobar(words: words.map { Array($0.utf8) }, environment: state, input: input)
  }

  @Test func `ls lists one level, everything below, one file, and what is not there is an error`() async throws {
    #expect(await run("ls", folder.file("tree")).output == "deep/\none.txt\n")
    #expect(await run("ls", "-R", folder.file("tree")).output == "deep/\ndeep/er/\ndeep/er/empty\ndeep/two.txt\none.txt\n")
    #expect(await run("ls", "--tree", folder.file("tree")).output == "deep/\n  er/\n    empty\n  two.txt\none.txt\n")
    #expect(await run("ls", folder.file("tree/one.txt")).output == "one.txt\n")
    #expect(await run("ls", "-l", folder.file("tree/one.txt")).output.contains("3 B"))
    #expect(await run("ls", folder.file("tree/nothing")).code == 1)
    let items = try #require(try await run("ls", "--json", folder.file("tree")).json()[0]?["items"]?.arrayValue)
    #expect(items.map { $0["path"]?.stringValue } == ["deep/", "one.txt"])
    #expect(items.map { $0["type"]?.stringValue } == ["folder", "file"] && items[1]["size"]?.integerValue == 3)
  }

  @Test func `stat, du and cat say what is there`() async throws {
    let info = try await run("stat", "--json", folder.file("tree/one.txt")).json()
    #expect(info["size"]?.integerValue == 3 && info["path"]?.stringValue == "one.txt" && info["type"]?.stringValue == "file")
    #expect(await run("stat", folder.file("tree/none")).code == 1)
    let usage = try await run("du", "--json", folder.file("tree")).json()
    #expect(usage["files"]?.integerValue == 3 && usage["bytes"]?.integerValue == 9)
    #expect(usage["folders"]?[0]?["path"]?.stringValue == "deep/" && usage["folders"]?[0]?["files"]?.integerValue == 2)
    #expect(await run("cat", folder.file("tree/one.txt"), folder.file("tree/deep/two.txt")).output == "onetwotwo")
    #expect(await run("cat", "--range", "1-3", folder.file("tree/deep/two.txt")).output == "wot")
    #expect(await run("cat", "--range", "3-1", folder.file("tree/deep/two.txt")).code == 2)
    #expect(await run("cat", folder.file("tree")).code == 2)
  }

  @Test func `get and put copy one file, whole, and replace only where they may`() async throws {
    #expect(await run("get", folder.file("tree/one.txt"), folder.file("new/place/")).code == 0)
    #expect(folder.read("new/place/one.txt") == "one")
    folder.write("kept", to: "new/place/one.txt")
    let refused = await run("get", "--no-clobber", folder.file("tree/one.txt"), folder.file("new/place"))
    #expect(refused.code == 1 && folder.read("new/place/one.txt") == "kept")
    #expect(await run("put", folder.file("tree/deep/two.txt"), folder.file("new/place/one.txt")).code == 0)
    #expect(folder.read("new/place/one.txt") == "twotwo")
    #expect(await run("get", folder.file("tree/one.txt"), "-").output == "one")
    #expect(await run("get", folder.file("tree/deep"), folder.file("new/")).code == 2)
    let source = open(folder.file("tree/one.txt"), O_RDONLY)
    defer { close(source) }
    #expect(await run("put", "-", folder.file("new/stream"), input: source).code == 0)
    #expect(folder.read("new/stream") == "one")
  }

  @Test func `rm deletes files, folders only when told to, and no more than allowed`() async throws {
    #expect(await run("rm", folder.file("tree/deep")).code == 2)
    #expect(await run("rm", folder.file("tree/none")).code == 1)
    #expect(await run("rm", "-f", folder.file("tree/none")).code == 0)
    #expect(await run("rm", "-r", "--max-delete", "1", folder.file("tree/deep")).code == 4)
    #expect(folder.exists("tree/deep/two.txt"))
    let plan = try await run("rm", "-r", "-n", "--json", folder.file("tree/deep")).json()
    #expect(plan["deleted"]?.integerValue == 2 && plan["dryRun"]?.boolValue == true && folder.exists("tree/deep/two.txt"))
    #expect(await run("rm", folder.file("tree/one.txt")).code == 0)
    #expect(await run("rm", "-r", folder.file("tree/deep")).code == 0)
    #expect(!folder.exists("tree/one.txt") && !folder.exists("tree/deep") && folder.exists("tree"))
  }

  @Test func `check finds what differs and what is missing`() async throws {
    #expect(await run("copy", folder.file("tree"), folder.file("copy")).code == 0)
    #expect(await run("check", folder.file("tree"), folder.file("copy")).output == "3 files equal (9 B).\n")
    folder.write("ONE", to: "copy/one.txt")
    folder.write("more", to: "copy/more")
    let outcome = await run("check", folder.file("tree"), folder.file("copy"), "--json")
    #expect(outcome.code == 1)
    let found = try outcome.json()
    #expect(found["differing"]?.integerValue == 1 && found["missingLeft"]?.integerValue == 1 && found["equal"]?.integerValue == 2)
    #expect(found["isEqual"]?.boolValue == false)
    #expect(await run("check", "--one-way", "--by", "sizes", folder.file("tree"), folder.file("copy")).code == 0)
  }

  @Test func `move leaves nothing behind that was carried across`() async throws {
    let outcome = await run("move", folder.file("tree"), folder.file("moved"), "--json")
    #expect(outcome.code == 0)
    #expect(try outcome.json()["moved"]?.integerValue == 3)
    #expect(folder.read("moved/deep/two.txt") == "twotwo" && !folder.exists("tree/deep/two.txt") && !folder.exists("tree/one.txt"))
  }

  @Test func `a target inside its source is refused before a folder is made for it`() async {
    for command in ["copy", "mirror", "move", "download"] {
      #expect(await run(command, folder.file("tree"), folder.file("tree/inside")).code == 2)
      #expect(await run(command, folder.file("tree/deep"), folder.file("tree")).code == 2)
    }
    #expect(!folder.exists("tree/inside") && folder.read("tree/one.txt") == "one")
  }

  @Test func `no option lets rm delete every file of the machine`() async {
    #expect(await run("rm", "-r", "--force", "--dry-run", "/").code == 2)
  }

  @Test func `doctor finds a folder in good health and leaves nothing in it`() async throws {
    let outcome = await run("doctor", folder.file("tree"), "--json")
    #expect(outcome.code == 0)
    let found = try outcome.json()
    #expect(found["usable"]?.boolValue == true && found["kind"]?.stringValue == "local")
    #expect(found["checks"]?.arrayValue?.contains { $0["name"]?.stringValue == "modification times" } == true)
    #expect(!folder.exists("tree/.isobar"))
    #expect(await run("doctor", folder.file("none")).code == 5)
  }
}
