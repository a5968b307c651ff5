import Testing

/// Encrypted stores from the outside.
@Suite struct EncryptedStoreCommandTests {
  @Test(.timeLimit(.minutes(10)))
  func `a copy of what is stored can be opened, and two stores are never mixed`() async throws {
    let scratch = try Scratch()
    try scratch.write(
      "isobar.yaml",
      ["box", "backup", "other"].map {
        "  \($0): {type: local, path: \($0), create: true}\n  \($0)-vault: {type: encrypt, over: \"\($0):\", identity: \"file:key\", names: encrypted}\n"
      }.reduce("stores:\n", +))
    #expect(try await scratch.isobar("keys", "generate", "key").code == 0)
    for name in ["a", "b/c", "b/d"] { try scratch.write("left/\(name)", "text of \(name)") }
    for name in ["box", "other"] { #expect(try await scratch.isobar("sync", "left", "\(name)-vault:").code == 0) }

    let mirrored = try await scratch.isobar("mirror", "box:", "backup:")
    #expect(mirrored.code == 0, "\(mirrored.said)")
    for name in ["a", "b/c", "b/d"] {
      #expect(try await scratch.isobar("cat", "backup-vault:\(name)").output == "text of \(name)")
    }
    #expect(try await scratch.isobar("check", "box:", "backup:").code == 0)
    let again = try await scratch.isobar("mirror", "box:", "backup:", "--json")
    #expect(try again.count("transferred") == 0, "\(again.said)")

    let before = try scratch.tree("other")
    for command in ["mirror", "sync", "copy"] {
      let mixed = try await scratch.isobar(command, "box:", "other:", "--force")
      #expect(mixed.code == 2 && mixed.errors.contains("keys of its own"), "\(mixed.said)")
    }
    #expect(try scratch.tree("other") == before)
    #expect(try await scratch.isobar("cat", "other-vault:a").output == "text of a")

    // What is moved away leaves the keys of what may come later, or could not be moved.
    let moved = try await scratch.isobar("move", "backup:", "moved")
    #expect(moved.code == 0, "\(moved.said)")
    #expect(scratch.exists("backup/.isobar/encryption") && scratch.exists("moved/.isobar/encryption"))
  }
}
