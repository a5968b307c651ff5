import Testing

/// Objects one at a time, and comparing two places.
@Suite struct SingleObjectTests {
  @Test(.timeLimit(.minutes(2)))
  func `single objects go by name`() async throws {
    let server = try await Server.rclone()
    let scratch = try server.scratch()
    try scratch.write("single.txt", "by itself")
    let put = try await scratch.isobar("put", "single.txt", server.end("copy/single.txt"))
    #expect(put.code == 0, "\(put.said)")
    #expect(try await scratch.isobar("cat", server.end("copy/single.txt")).output == "by itself")
    let get = try await scratch.isobar("get", server.end("copy/single.txt"), "back.txt")
    #expect(get.code == 0, "\(get.said)")
    #expect(try scratch.text("back.txt") == "by itself")
    #expect(try await scratch.isobar("rm", server.end("copy/single.txt")).code == 0)
    #expect(try await scratch.isobar("cat", server.end("copy/single.txt")).code != 0)
  }

  @Test(.timeLimit(.minutes(2)))
  func `check compares two places and finds what differs`() async throws {
    let server = try await Server.rclone()
    let scratch = try server.scratch()
    for number in 0..<20 { try scratch.write("left/\(number)/a.txt", "number \(number)") }
    #expect(try await scratch.isobar("copy", "left", server.end("copy")).code == 0)
    let check = try await scratch.isobar("check", "left", server.end("copy"))
    #expect(check.code == 0, "\(check.said)")
    try scratch.write("left/7/a.txt", "nummer 7")
    let differing = try await scratch.isobar("check", "left", server.end("copy"))
    #expect(differing.code == 1, "\(differing.said)")
    #expect((differing.output + differing.errors).contains("7/a.txt"))
  }
}
