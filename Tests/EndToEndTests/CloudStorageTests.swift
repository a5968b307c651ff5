import Glibc
import StoreTesting
import Testing

/// The built command between a folder and a server that speaks Google Cloud Storage's API, with rclone as the witness.
@Suite struct CloudStorageTests {
  private struct Cloud {
    let endpoint: String
    let project: String
    let bucket: String

    init() async throws {
      let fixture: ServiceFixture
      do {
        fixture = try await ServiceFixture.shared("gcs-fake")
        // rclone is the judge; its server's script installs it.
        _ = try await ServiceFixture.shared("s3-rclone")
      } catch let reason as ServiceFixture.Unavailable {
        if ServiceFixture.isRequired { throw reason }
        try Test.cancel("skipped: \(reason)")
      }
      endpoint = try #require(fixture.variables["GCS_ENDPOINT"])
      project = try #require(fixture.variables["GCS_PROJECT"])
      bucket = "e2e-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
    }

    func end(_ prefix: String) -> String {
      "gs://\(bucket)/\(prefix)?endpoint=\(endpoint)&anonymous=true&project=\(project)&create_bucket=true"
    }

    /// Runs rclone, to which the server is known as `lab:`.
    func judge(_ scratch: Scratch, _ arguments: String...) async throws -> Outcome {
      let home = getenv("HOME").map { String(cString: $0) } ?? "/root"
      let lab = getenv("ISOBAR_LAB").map { String(cString: $0) } ?? home + "/.cache/isobar-lab"
      var environment = scratch.environment
      environment["RCLONE_CONFIG"] = scratch.path + "/rclone.conf"
      environment["RCLONE_CONFIG_LAB_TYPE"] = "google cloud storage"
      environment["RCLONE_CONFIG_LAB_ENDPOINT"] = endpoint + "/storage/v1/"
      environment["RCLONE_CONFIG_LAB_ANONYMOUS"] = "true"
      return try await Program.run(lab + "/venv/rclone/bin/rclone", arguments, environment: environment, in: scratch.path)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a folder and a bucket get in step, rclone sees the same files and times, and Isobar sees rclone's`() async throws {
    let cloud = try await Cloud()
    let scratch = try Scratch()
    for number in 0..<120 { try scratch.write("left/folder \(number % 7)/file \(number) é.txt", "content \(number)") }
    try scratch.write("left/empty file", "")
    // In chunks.
    try scratch.write("left/large.bin", (0..<20_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 7) })
    let first = try await scratch.isobar("sync", "left", cloud.end("docs"), "--json")
    #expect(first.code == 0, "\(first.said)")
    #expect(try first.count("transferred") == 122)
    let check = try await cloud.judge(scratch, "check", "left", "lab:\(cloud.bucket)/docs", "--exclude", "/.isobar/**")
    #expect(check.code == 0, "\(check.said)")
    let copy = try await cloud.judge(scratch, "copy", "lab:\(cloud.bucket)/docs", "right", "--exclude", "/.isobar/**")
    #expect(copy.code == 0, "\(copy.said)")
    #expect(try scratch.tree("right") == scratch.tree("left"))
    #expect(try modified(scratch, "right/large.bin") == modified(scratch, "left/large.bin"))
    let second = try await scratch.isobar("sync", "left", cloud.end("docs"), "--json")
    #expect(second.code == 0, "\(second.said)")
    #expect(try second.count("transferred") == 0)
    #expect(try Array(second.requests.keys) == ["list"], "\(second.said)")
    // What rclone writes comes down with its time.
    try scratch.write("other/by rclone.txt", "hello")
    let put = try await cloud.judge(scratch, "copy", "other", "lab:\(cloud.bucket)/docs/new")
    #expect(put.code == 0, "\(put.said)")
    let third = try await scratch.isobar("sync", "left", cloud.end("docs"), "--json")
    #expect(try third.count("transferred") == 1, "\(third.said)")
    #expect(try modified(scratch, "left/new/by rclone.txt") == modified(scratch, "other/by rclone.txt"))
    // Another machine, and a deletion that comes through.
    let other = try Scratch()
    #expect(try await other.isobar("sync", "left", cloud.end("docs")).code == 0)
    #expect(try other.tree("left") == scratch.tree("left"))
  }

  @Test(.timeLimit(.minutes(5)))
  func `the doctor examines the bucket, and a missing one is named`() async throws {
    let cloud = try await Cloud()
    let scratch = try Scratch()
    let missing = try await scratch.isobar("doctor", cloud.end(""))
    #expect(missing.said.contains("there is no bucket"), "\(missing.said)")
    try scratch.write("left/a.txt", "a")
    #expect(try await scratch.isobar("sync", "left", cloud.end("")).code == 0)
    let put = try await scratch.isobar("put", "left/a.txt", cloud.end("b.txt"))
    #expect(put.code == 0, "\(put.said)")
    let found = try await scratch.isobar("doctor", cloud.end(""))
    #expect(found.said.contains("ifGenerationMatch"), "\(found.said)")
    #expect(try await scratch.isobar("cat", cloud.end("b.txt")).said.contains("a"))
  }

  private func modified(_ scratch: Scratch, _ name: String) throws -> String {
    var status = stat()
    guard stat("\(scratch.path)/\(name)", &status) == 0 else { throw Failure(name, errno) }
    return "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
  }
}
