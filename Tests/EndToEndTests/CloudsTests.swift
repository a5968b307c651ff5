import Glibc
import StoreTesting
import Testing

/// The built command against the services that it emulates itself, judged by the services' own libraries (`scripts/clouds`, `scripts/storm`).
@Suite(.serialized) struct CloudsTests {
  /// Runs a script of the package with the command that was built with these tests.
  private func run(_ script: String, _ arguments: String...) async throws -> Outcome {
    let root = #filePath.replacing("/Tests/EndToEndTests/CloudsTests.swift", with: "")
    let scratch = try Scratch()
    var environment = surroundings
    environment["ISOBAR_COMMAND"] = Program.isobar
    let outcome = try await Program.run(
      "/bin/bash", ["\(root)/scripts/\(script)"] + arguments, environment: environment, in: scratch.path)
    // So the scripts end where the libraries cannot be had.
    if outcome.code == 77, !ServiceFixture.isRequired { try Test.cancel("skipped: \(outcome.errors)") }
    return outcome
  }

  /// The environment of this process: where packages come from is said there.
  private var surroundings: [String: String] {
    var found: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      let parts = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { found[String(parts[0])] = String(parts[1]) }
      next += 1
    }
    return found
  }

  @Test(.timeLimit(.minutes(10)))
  func `a folder stays equal with S3, Azure, Google Cloud Storage and Dropbox at once while all five change`() async throws {
    let outcome = try await run("clouds", "--rounds", "2", "--files", "60", "--large", "17")
    #expect(outcome.code == 0, "\(outcome.said)")
    #expect(outcome.output.contains("round 2:") && outcome.output.contains("texts that were written are still somewhere"))
  }

  @Test(.timeLimit(.minutes(10)))
  func `nothing is lost and nothing doubled on a connection that breaks all the time`() async throws {
    let outcome = try await run("storm", "--files", "300")
    #expect(outcome.code == 0, "\(outcome.said)")
    for service in ["s3", "azure", "gcs", "dropbox"] { #expect(outcome.output.contains("\(service): 301 files up")) }
  }
}
