import Glibc
import Testing

/// What a person sees whose state is damaged, from the first run that finds it to the run after the repair.
@Suite struct DamagedStateTests {
  private func database(_ scratch: Scratch) throws -> String {
    try #require(scratch.names("state/pairs").first { $0.hasSuffix(".db") }).description
  }

  @Test(.timeLimit(.minutes(10)), arguments: ["flipped", "zeroed", "cut", "another's"])
  func `a damaged state is said so, rebuilt by one command, and nothing is deleted`(_ damage: String) async throws {
    let scratch = try Scratch()
    for number in 0..<300 { try scratch.write("left/\(number % 5)/f\(number)", "text \(number)") }
    #expect(try await scratch.isobar("sync", "left", "right", "--quiet").code == 0)
    let name = "state/pairs/" + (try database(scratch))
    var bytes = try Scratch.bytes("\(scratch.path)/\(name)")
    switch damage {
    case "flipped": for index in stride(from: 5000, to: bytes.count, by: 8192) { bytes[index] ^= 4 }
    case "zeroed": for index in 8192..<bytes.count { bytes[index] = 0 }
    case "cut": bytes.removeLast(bytes.count / 2)
    default:
      try scratch.makeFolder("third")
      #expect(try await scratch.isobar("sync", "left", "third", "--quiet").code == 0)
      let other = try #require(scratch.names("state/pairs").first { $0.hasSuffix(".db") && !name.hasSuffix($0) })
      bytes = try Scratch.bytes("\(scratch.path)/state/pairs/\(other)")
    }
    try scratch.write(name, bytes)
    // What a state with a hole in it could take for a delete of the other side.
    try scratch.remove("left/1/f1")
    try scratch.write("right/2/f2", "edited")
    try scratch.write("left/3/new", "new")

    let pair = String(name.dropFirst("state/pairs/".count).dropLast(".db".count))
    let run = try await scratch.isobar("sync", "left", "right", "--force")
    #expect(run.code == (damage == "another's" ? 2 : 1), "\(run.said)")
    #expect(run.errors.contains("isobar state rebuild"), "\(run.said)")
    #expect(scratch.exists("right/1/f1"))
    let check = try await scratch.isobar("state", "check", "--pair", pair)
    #expect(check.code == 1, "\(check.said)")
    #expect(check.output.contains("damaged") && check.output.contains("isobar state rebuild --pair \(pair)"), "\(check.said)")
    let status = try await scratch.isobar("status")
    #expect(status.output.contains(pair.prefix(8)) || status.output.contains("damaged"), "\(status.said)")
    let rebuild = try await scratch.isobar("state", "rebuild", "--pair", pair)
    #expect(rebuild.code == 0 && rebuild.output.contains("is kept"), "\(rebuild.said)")

    let mended = try await scratch.isobar("sync", "left", "right", "--json")
    #expect(try mended.count("deleted") == 0, "\(mended.said)")
    #expect(try mended.count("conflicts") == 1, "\(mended.said)")
    #expect(try scratch.tree("left") == scratch.tree("right"))
    // What was deleted just before is back; the edit and the version before it are both there.
    #expect(try scratch.names("left").filter { !$0.hasSuffix("/") }.count == 302)
    #expect(try await scratch.isobar("state", "check", "--pair", pair).code == 0)
  }
}
