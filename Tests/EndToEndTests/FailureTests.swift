import Glibc
import Testing

/// What goes wrong outside: one clear message, the right exit code, nothing lost.
@Suite struct FailureTests {
  /// The lines that a person reads; more than two or three are a report, not a message.
  private func lines(_ outcome: Outcome) -> [Substring] { outcome.errors.split(separator: "\n") }

  @Test(.timeLimit(.minutes(10)), arguments: ["rclone", "moto"])
  func `a wrong secret ends with 5 and says to check the credentials`(_ name: String) async throws {
    let server = try await Server.named(name)
    let scratch = try server.scratch()
    try scratch.write("left/a.txt", "a")
    let run = try await scratch.isobar(
      "sync", "left", server.end(), variables: ["AWS_SECRET_ACCESS_KEY": "wrongSecretThatIsNeverShown"])
    #expect(run.code == 5, "\(run.said)")
    #expect(run.errors.contains("credentials") || run.errors.contains("AWS_SECRET_ACCESS_KEY"), "\(run.said)")
    #expect(lines(run).count <= 3, "\(run.said)")
    #expect(!run.errors.contains("wrongSecretThatIsNeverShown") && !run.output.contains("wrongSecretThatIsNeverShown"))
    #expect(try scratch.names("left") == ["a.txt"])
  }

  @Test(.timeLimit(.minutes(10)), arguments: ["rclone", "moto"])
  func `a missing bucket ends with 5 and says what to do`(_ name: String) async throws {
    let server = try await Server.named(name)
    let scratch = try server.scratch()
    try scratch.write("left/a.txt", "a")
    let run = try await scratch.isobar("sync", "left", "s3://no-such-bucket-here?endpoint=\(server.endpoint)&region=us-east-1")
    #expect(run.code == 5, "\(run.said)")
    #expect(run.errors.contains("no-such-bucket-here"), "\(run.said)")
    #expect(run.errors.contains("doctor") || run.errors.contains("name"), "\(run.said)")
    #expect(lines(run).count <= 3, "\(run.said)")
    #expect(try scratch.names("left") == ["a.txt"])
  }

  @Test(.timeLimit(.minutes(10)))
  func `a service that is not there ends with 5, soon`() async throws {
    let scratch = try Scratch(["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"])
    try scratch.write("left/a.txt", "a")
    let begin = ContinuousClock.now
    // Port 1 of loopback: nobody listens, and nobody but root may.
    let run = try await scratch.isobar("sync", "left", "s3://bucket?endpoint=http://127.0.0.1:1&region=us-east-1")
    #expect(run.code == 5, "\(run.said)")
    #expect(run.errors.contains("127.0.0.1:1"), "\(run.said)")
    #expect(lines(run).count <= 3, "\(run.said)")
    #expect(ContinuousClock.now - begin < .seconds(60))
    #expect(try scratch.names("left") == ["a.txt"])
  }

  @Test(.timeLimit(.minutes(10)))
  func `a broken configuration ends with 2 and names file, line and key`() async throws {
    let scratch = try Scratch()
    try scratch.write("isobar.yaml", "stores:\n  cloud:\n    type: s3\n    bukcet: photos\n")
    for arguments in [["sync", "--all"], ["config", "check"]] {
      let run = try await scratch.isobar(arguments)
      #expect(run.code == 2, "\(arguments) \(run.said)")
      #expect(run.errors.contains("isobar.yaml:4"), "\(run.said)")
      #expect(run.errors.contains("bukcet") && run.errors.contains("bucket"), "\(run.said)")
    }
    try scratch.write("isobar.yaml", "stores: [\n")
    let run = try await scratch.isobar("config", "check")
    #expect(run.code == 2, "\(run.said)")
    #expect(run.errors.contains("isobar.yaml:"), "\(run.said)")
  }

  @Test(.timeLimit(.minutes(10)))
  func `a mistyped word ends with 2 and suggests what was meant`() async throws {
    let scratch = try Scratch()
    let command = try await scratch.isobar("snyc", "left", "right")
    #expect(command.code == 2)
    #expect(command.errors.contains("sync"), "\(command.said)")
    let option = try await scratch.isobar("sync", "left", "right", "--dry-rum")
    #expect(option.code == 2)
    #expect(option.errors.contains("--dry-run"), "\(option.said)")
    let missing = try await scratch.isobar("sync", "left", "nowhere/at/all")
    #expect(missing.code != 0, "\(missing.said)")
  }

  @Test(.timeLimit(.minutes(10)))
  func `edge 65: a full disk is one message, nothing half-written, and what was there stays`() async throws {
    let scratch = try Scratch()
    try scratch.makeFolder("small")
    // A file system of its own that is too small, seen by this one run only.
    let mount = "mount -t tmpfs -o size=4m tmpfs small"
    guard try await scratch.run("unshare", "-rm", "sh", "-c", mount).code == 0 else {
      print("skipped: no file system can be mounted here")
      return
    }
    try scratch.write("left/first.txt", "was there")
    try scratch.write("left/tiny.txt", "fits")
    let script = """
      \(mount) && mkdir small/right && "$0" sync left small/right >/dev/null && echo "now different" >left/first.txt \
      && head -c 6000000 /dev/zero >left/too-large.bin && { "$0" sync left small/right; echo "code $?"; } \
      && cp small/right/first.txt small/right/tiny.txt . && ls small/right
      """
    let run = try await scratch.run("unshare", "-rm", "sh", "-c", script, Program.isobar)
    #expect(run.code == 0, "\(run.said)")
    #expect(run.output.contains("code 1"), "\(run.said)")
    #expect(run.errors.contains("space"), "\(run.said)")
    #expect(lines(run).count <= 4, "\(run.said)")
    #expect(try scratch.text("first.txt") == "now different\n", "the small file after it did not get through: \(run.said)")
    #expect(try scratch.text("tiny.txt") == "fits")
    #expect(!run.output.contains("too-large.bin\n"), "a part of a file can be seen: \(run.said)")
  }
}
