import Glibc
import Primitives
import Testing

/// Runs that are stopped in the middle.
@Suite struct InterruptionTests {
  @Test(.timeLimit(.minutes(10)))
  func `Ctrl-C ends with 130, and the next run goes on`() async throws {
    let server = try await Server.rclone()
    let scratch = try server.scratch()
    for number in 0..<80 { try scratch.write("left/file-\(number)", [UInt8](repeating: UInt8(number), count: 100_000)) }
    let run = try await scratch.isobar(
      "sync", "left", server.end(), "--bandwidth", "1M", "--json",
      interruption: .controlC(after: .seconds(3)) { scratch.isLeased })
    #expect(run.code == 130, "\(run.said)")
    let history = try await scratch.isobar("history")
    #expect(history.code == 0, "\(history.said)")
    let next = try await scratch.isobar("sync", "left", server.end(), "--json")
    #expect(next.code == 0, "\(next.said)")
    #expect(try next.count("transferred") < 80, "what was done before was not recorded")
    try await server.download(to: "seen", of: scratch)
    #expect(try scratch.tree("seen") == scratch.tree("left"))
    #expect(try await scratch.isobar("sync", "left", server.end(), "--json").count("transferred") == 0)
  }

  @Test(.timeLimit(.minutes(10)), arguments: ["folder", "rclone"])
  func `killed at any moment, both sides stay whole and the next run converges`(_ kind: String) async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed of kills between a folder and \(kind): \(seed)")
    var random = SeededRandom(seed: seed)
    let server = kind == "folder" ? nil : try await Server.rclone()
    let scratch = try server?.scratch() ?? Scratch()
    let end = server?.end("killed") ?? "right"
    // Everything that was ever written: a killed run may have carried a content across that the next one keeps as a conflict.
    var known: Set<[UInt8]> = []
    for round in 0..<8 {
      for _ in 0..<12 {
        let content = [UInt8](repeating: UInt8(ascii: "a") + UInt8(round), count: Int.random(in: 0...200_000, using: &random))
        try scratch.write("left/\(Int.random(in: 0..<4, using: &random))/\(Int.random(in: 0..<12, using: &random))", content)
      }
      known.formUnion(try scratch.tree("left").values)
      let delay = Duration.milliseconds(Int.random(in: 1...250, using: &random))
      let killed = try await scratch.isobar("sync", "left", end, interruption: .kill(after: delay))
      #expect([0, 128 + SIGKILL].contains(killed.code), "\(killed.said)")
      // Only the left side changes here, so every file there is still what was written, whole.
      let strange = try scratch.tree("left").filter { !known.contains($0.value) }
      #expect(strange.isEmpty, "\(strange.map { "\(String(decoding: $0.key, as: UTF8.self)): \($0.value.count) bytes" })")
    }
    let last = try await scratch.isobar("sync", "left", end, "--json")
    #expect(last.code == 0, "\(last.said)")
    if let server { try await server.download("killed", to: "right", of: scratch) }
    let (left, right) = (try files(scratch, "left"), try files(scratch, "right"))
    #expect(left == right, "\(Set(left.keys).symmetricDifference(right.keys).map { String(decoding: $0, as: UTF8.self) })")
    #expect(try await scratch.isobar("sync", "left", end, "--json").count("transferred") == 0)
  }

  @Test(.timeLimit(.minutes(10)))
  func `edge 47: of two runs on one pair the second is refused`() async throws {
    let server = try await Server.rclone()
    let scratch = try server.scratch()
    for number in 0..<20 { try scratch.write("left/file-\(number)", [UInt8](repeating: 1, count: 100_000)) }
    async let slow = scratch.isobar(
      "sync", "left", server.end(), "--bandwidth", "20k",
      interruption: .controlC(after: .zero) { access(scratch.path + "/second-has-ended", F_OK) == 0 })
    for _ in 0..<60_000 where !scratch.isLeased { try await Task.sleep(for: .milliseconds(1)) }
    #expect(scratch.isLeased)
    let second = try await scratch.isobar("sync", "left", server.end())
    #expect(second.code == 4, "\(second.said)")
    try scratch.write("second-has-ended", "")
    #expect(try await slow.code == 130)
  }
}

/// A tree without its folders, which a bucket implies.
private func files(_ scratch: Scratch, _ folder: String) throws -> [[UInt8]: [UInt8]] {
  try scratch.tree(folder).filter { $0.key.last != UInt8(ascii: "/") }
}

extension Scratch {
  /// Whether a run holds, or has held, a pair of this folder's state.
  var isLeased: Bool {
    var result = glob_t()
    defer { globfree(&result) }
    guard glob(path + "/state/pairs/*.lock", 0, nil, &result) == 0, let file = result.gl_pathv[0] else { return false }
    // Its holder writes its name into it, once it has the lock.
    var status = stat()
    return stat(file, &status) == 0 && status.st_size > 0
  }
}
