import Testing

/// The built command between two folders.
@Suite struct FolderSyncTests {
  @Test(.timeLimit(.minutes(10)))
  func `both sides get what the other has, and a second run does nothing`() async throws {
    let scratch = try Scratch()
    try scratch.write("left/a.txt", "a")
    try scratch.write("left/deep/er/b.txt", "b")
    try scratch.write("right/c.txt", "c")
    try scratch.makeFolder("right/empty")
    let first = try await scratch.isobar("sync", "left", "right", "--json")
    #expect(first.code == 0, "\(first.said)")
    #expect(try first.count("transferred") == 3)
    #expect(try first.count("bytes") == 3)
    #expect(try scratch.names("left") == ["a.txt", "c.txt", "deep/", "deep/er/", "deep/er/b.txt", "empty/"])
    #expect(try scratch.tree("left") == scratch.tree("right"))
    let second = try await scratch.isobar("sync", "left", "right", "--json")
    #expect(second.code == 0, "\(second.said)")
    for name in ["transferred", "bytes", "deleted", "moved", "conflicts", "failed", "skipped"] {
      #expect(try second.count(name) == 0, "\(name)")
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `edits, deletes and renames of either side reach the other`() async throws {
    let scratch = try Scratch()
    for name in ["edited", "deleted", "renamed", "other"] { try scratch.write("left/\(name).txt", "first \(name)") }
    #expect(try await scratch.isobar("sync", "left", "right").code == 0)
    try scratch.write("right/edited.txt", "second, and longer")
    try scratch.remove("left/deleted.txt")
    try scratch.rename("right/renamed.txt", to: "right/new name.txt")
    let run = try await scratch.isobar("sync", "left", "right", "--json")
    #expect(run.code == 0, "\(run.said)")
    #expect(try run.count("transferred") == 1)
    #expect(try run.count("deleted") == 1)
    #expect(try run.count("moved") == 1)
    #expect(try scratch.names("left") == ["edited.txt", "new name.txt", "other.txt"])
    #expect(try scratch.text("left/edited.txt") == "second, and longer")
    #expect(try scratch.tree("left") == scratch.tree("right"))
  }

  @Test(.timeLimit(.minutes(10)))
  func `a dry run tells the plan and changes nothing`() async throws {
    let scratch = try Scratch()
    try scratch.write("left/a.txt", "hello")
    try scratch.write("right/b.txt", "there")
    let (left, right) = (try scratch.tree("left"), try scratch.tree("right"))
    let plan = try await scratch.isobar("sync", "left", "right", "--dry-run")
    #expect(plan.code == 0, "\(plan.said)")
    #expect(plan.output.contains("a.txt") && plan.output.contains("b.txt"))
    #expect(try scratch.tree("left") == left)
    #expect(try scratch.tree("right") == right)
    #expect(try await scratch.isobar("sync", "left", "right", "--json").count("transferred") == 2)
  }

  @Test(.timeLimit(.minutes(10)))
  func `what changed on both sides is kept from both`() async throws {
    let scratch = try Scratch()
    try scratch.write("left/plan.txt", "one")
    #expect(try await scratch.isobar("sync", "left", "right").code == 0)
    try scratch.write("left/plan.txt", "mine is this")
    try scratch.write("right/plan.txt", "theirs is that one")
    let run = try await scratch.isobar("sync", "left", "right", "--json")
    #expect([0, 3].contains(run.code), "\(run.said)")
    #expect(try run.count("conflicts") == 1)
    #expect(try scratch.tree("left") == scratch.tree("right"))
    #expect(try Set(scratch.tree("left").values) == [Array("mine is this".utf8), Array("theirs is that one".utf8)])
    let after = try await scratch.isobar("sync", "left", "right", "--json")
    #expect(try after.count("transferred") == 0, "the conflict does not settle: \(after.said)")
  }

  @Test(.timeLimit(.minutes(10)))
  func `a conflict that waits ends with 3 and touches neither side`() async throws {
    let scratch = try Scratch()
    try scratch.write("left/plan.txt", "one")
    #expect(try await scratch.isobar("sync", "left", "right").code == 0)
    try scratch.write("left/plan.txt", "mine is this")
    try scratch.write("right/plan.txt", "theirs is that one")
    let run = try await scratch.isobar("sync", "left", "right", "--conflict", "manual", "--json")
    #expect(run.code == 3, "\(run.said)")
    #expect(try scratch.text("left/plan.txt") == "mine is this")
    #expect(try scratch.text("right/plan.txt") == "theirs is that one")
    let list = try await scratch.isobar("conflicts", "list")
    #expect(list.code == 3)
    #expect(list.output.contains("plan.txt"), "\(list.said)")
  }

  @Test(.timeLimit(.minutes(10)))
  func `edge 52: an emptied side stops the run, and nothing is deleted`() async throws {
    let scratch = try Scratch()
    for number in 0..<30 { try scratch.write("left/file-\(number)", "\(number)") }
    #expect(try await scratch.isobar("sync", "left", "right").code == 0)
    for number in 0..<30 { try scratch.remove("left/file-\(number)") }
    let run = try await scratch.isobar("sync", "left", "right")
    #expect(run.code == 4, "\(run.said)")
    #expect(run.errors.contains("--force"))
    #expect(try scratch.names("right").count == 30)
    #expect(try await scratch.isobar("sync", "left", "right", "--force").code == 0)
    #expect(try scratch.names("right").isEmpty)
  }

  @Test(.timeLimit(.minutes(10)))
  func `names are bytes, whatever they are`() async throws {
    let scratch = try Scratch()
    let names = [
      "with space", " leading", "trailing ", "new\nline", "caf\u{e9}", "cafe\u{301}", String(repeating: "n", count: 250), "-rf",
      "%2e%2e",
      "a\\b", "*?[x]", "quote\"'", "\u{1F40B}", "tab\there", "CON", "\u{1}control", "folder with\nnewline/inner",
    ]
    for name in names { try scratch.write("left/\(name)", "content of \(name)") }
    let run = try await scratch.isobar("sync", "left", "right", "--json")
    #expect(run.code == 0, "\(run.said)")
    #expect(try run.count("transferred") == Int64(names.count))
    #expect(try scratch.tree("left") == scratch.tree("right"))
    #expect(try scratch.tree("right").count == names.count + 1)
    #expect(try await scratch.isobar("sync", "left", "right", "--json").count("transferred") == 0)
  }
}
