import Testing

/// The built command between a folder and real S3 servers, with rclone as the witness.
@Suite struct StoreSyncTests {
  @Test(.timeLimit(.minutes(10)), arguments: ["rclone", "moto"])
  func `a folder and a bucket get in step, and a second run asks only for the listing`(_ name: String) async throws {
    let server = try await Server.named(name)
    let scratch = try server.scratch()
    for number in 0..<300 { try scratch.write("left/folder \(number % 7)/file \(number).txt", "content \(number)") }
    try scratch.write("left/empty file", "")
    try scratch.write("left/larger.bin", [UInt8](repeating: 7, count: 300_000))
    let first = try await scratch.isobar("sync", "left", server.end("docs"), "--json")
    #expect(first.code == 0, "\(first.said)")
    #expect(try first.count("transferred") == 302)
    try await server.download("docs", to: "seen", of: scratch)
    #expect(try scratch.tree("seen") == scratch.tree("left"))
    let second = try await scratch.isobar("sync", "left", server.end("docs"), "--json")
    #expect(second.code == 0, "\(second.said)")
    #expect(try second.count("transferred") == 0)
    let requests = try second.requests
    #expect(Array(requests.keys) == ["list"], "\(requests)")
    // From here on the state of another machine: an empty folder and no memory.
    let other = try server.scratch()
    let third = try await other.isobar("sync", "left", server.end("docs"), "--json")
    #expect(third.code == 0, "\(third.said)")
    #expect(try other.tree("left") == scratch.tree("left"))
    let fourth = try await other.isobar("sync", "left", server.end("docs"), "--json")
    #expect(try fourth.count("transferred") == 0)
    #expect(try Array(fourth.requests.keys) == ["list"], "\(fourth.said)")
  }

  @Test(.timeLimit(.minutes(10)), arguments: ["rclone", "moto"])
  func `with --verify read each file that was sent is read back once`(_ name: String) async throws {
    let server = try await Server.named(name)
    let scratch = try server.scratch()
    for number in 0..<20 { try scratch.write("left/file \(number).txt", "content \(number)") }
    // In parts.
    try scratch.write("left/large.bin", (0..<20_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 7) })
    let first = try await scratch.isobar("sync", "--verify", "read", "left", server.end("docs"), "--json")
    #expect(first.code == 0, "\(first.said)")
    #expect(try first.count("transferred") == 21)
    #expect(try first.count("readBack") == 21)
    #expect(try first.requests["get"] == 21, "\(first.said)")
    try scratch.write("left/file 3.txt", "another content")
    let second = try await scratch.isobar("sync", "--verify", "read", "left", server.end("docs"))
    #expect(second.said.contains("1 read back"), "\(second.said)")
  }

  @Test(.timeLimit(.minutes(10)))
  func `two machines see each other's changes through the bucket`() async throws {
    let server = try await Server.rclone()
    let (ada, bob) = (try server.scratch(), try server.scratch())
    try ada.write("left/shared.txt", "by ada")
    try ada.write("left/old name.txt", "moves around")
    #expect(try await ada.isobar("sync", "left", server.end()).code == 0)
    #expect(try await bob.isobar("sync", "left", server.end()).code == 0)
    try bob.write("left/shared.txt", "by bob, and longer")
    try bob.rename("left/old name.txt", to: "left/new name.txt")
    try ada.write("left/more.txt", "from ada")
    let moving = try await bob.isobar("sync", "left", server.end(), "--json")
    #expect(moving.code == 0, "\(moving.said)")
    #expect(try moving.count("moved") == 1)
    #expect(try moving.count("transferred") == 1)
    #expect(try await ada.isobar("sync", "left", server.end()).code == 0)
    #expect(try await bob.isobar("sync", "left", server.end()).code == 0)
    #expect(try ada.tree("left") == bob.tree("left"))
    #expect(try ada.text("left/shared.txt") == "by bob, and longer")
    #expect(try ada.names("left") == ["more.txt", "new name.txt", "shared.txt"])
  }

  @Test(.timeLimit(.minutes(10)))
  func `a conflict through the bucket keeps both versions`() async throws {
    let server = try await Server.rclone()
    let (ada, bob) = (try server.scratch(), try server.scratch())
    try ada.write("left/plan.txt", "first")
    #expect(try await ada.isobar("sync", "left", server.end()).code == 0)
    #expect(try await bob.isobar("sync", "left", server.end()).code == 0)
    try ada.write("left/plan.txt", "ada's is this")
    try bob.write("left/plan.txt", "bob's is that one")
    #expect(try await ada.isobar("sync", "left", server.end()).code == 0)
    let run = try await bob.isobar("sync", "left", server.end(), "--json")
    #expect([0, 3].contains(run.code), "\(run.said)")
    #expect(try run.count("conflicts") == 1)
    #expect(try await ada.isobar("sync", "left", server.end()).code == 0)
    #expect(try ada.tree("left") == bob.tree("left"))
    #expect(try Set(ada.tree("left").values) == [Array("ada's is this".utf8), Array("bob's is that one".utf8)])
  }

  // Names with a newline are in the conformance suite: moto refuses them, and rclone's server, once it reads its folder again, lists
  // them with the symbol that stands for it.
  @Test(.timeLimit(.minutes(10)), arguments: ["rclone", "moto"])
  func `odd names reach the bucket and come back byte for byte`(_ name: String) async throws {
    let server = try await Server.named(name)
    let scratch = try server.scratch()
    let names = [
      "with space", " leading", "caf\u{e9}", "cafe\u{301}", String(repeating: "n", count: 250), "percent%2Fslash",
      "plus+and&",
      "quote\"'<>", "\u{1F40B}", "tab\there", "folder with\ttab/inner",
    ]
    for name in names { try scratch.write("left/\(name)", "content of \(name)") }
    let run = try await scratch.isobar("sync", "left", server.end("odd"), "--json")
    #expect(run.code == 0, "\(run.said)")
    let other = try server.scratch()
    #expect(try await other.isobar("sync", "left", server.end("odd")).code == 0)
    #expect(try other.tree("left") == scratch.tree("left"))
    #expect(try await scratch.isobar("sync", "left", server.end("odd"), "--json").count("transferred") == 0)
  }

  @Test(.timeLimit(.minutes(10)))
  func `rclone reads our modification times, and we read its`() async throws {
    let server = try await Server.moto()
    let scratch = try server.scratch()
    try scratch.write("left/ours.txt", "ours")
    try scratch.touch("left/ours.txt", seconds: 1_234_567_890, nanoseconds: 123_456_789)
    #expect(try await scratch.isobar("sync", "left", server.end("times")).code == 0)
    let seen = try await server.judge(
      scratch, "lsf", "--format", "tp", "--time-format", "unixnano", "lab:\(server.bucket)/times/ours.txt")
    #expect(seen.output.hasPrefix("1234567890123456789;"), "\(seen.said)")
    try scratch.write("theirs/theirs.txt", "theirs")
    try scratch.touch("theirs/theirs.txt", seconds: 1_111_111_111, nanoseconds: 987_654_321)
    let copied = try await server.judge(scratch, "copy", "\(scratch.path)/theirs", "lab:\(server.bucket)/times")
    #expect(copied.code == 0, "\(copied.said)")
    #expect(try await scratch.isobar("sync", "left", server.end("times")).code == 0)
    #expect(try scratch.modified("left/theirs.txt") == 1_111_111_111_987_654_321)
  }

  @Test(.timeLimit(.minutes(10)))
  func `one-way copies remember too`() async throws {
    let server = try await Server.rclone()
    let scratch = try server.scratch()
    for number in 0..<20 { try scratch.write("left/\(number)/a.txt", "number \(number)") }
    let first = try await scratch.isobar("copy", "left", server.end("copy"), "--json")
    #expect(first.code == 0, "\(first.said)")
    #expect(try first.count("transferred") == 20)
    let second = try await scratch.isobar("copy", "left", server.end("copy"), "--json")
    #expect(try second.count("transferred") == 0)
    #expect(try Array(second.requests.keys) == ["list"], "\(second.said)")
  }
}
