import Testing

/// Taking back what a run did.
@Suite struct UndoTests {
  @Test(.timeLimit(.minutes(1)))
  func `undo brings back what a run deleted and replaced`() async throws {
    let scratch = try Scratch()
    try scratch.write("left/gone.txt", "please stay")
    try scratch.write("left/kept.txt", "old words")
    #expect(try await scratch.isobar("sync", "left", "right").code == 0)
    try scratch.remove("left/gone.txt")
    try scratch.write("left/kept.txt", "new words, more of them")
    #expect(try await scratch.isobar("sync", "left", "right").code == 0)
    #expect(!scratch.exists("right/gone.txt"))
    let undo = try await scratch.isobar("undo")
    #expect(undo.code == 0, "\(undo.said)")
    #expect(try scratch.text("right/gone.txt") == "please stay")
    #expect(try scratch.text("right/kept.txt") == "old words")
    #expect(try await scratch.isobar("sync", "left", "right").code == 0)
    #expect(try scratch.text("left/gone.txt") == "please stay")
    #expect(try scratch.tree("left") == scratch.tree("right"))
  }
}
