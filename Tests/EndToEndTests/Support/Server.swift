import Glibc
import StoreTesting
import Testing

/// A real S3 server, with a bucket for each test, looked at from outside by rclone.
struct Server: Sendable {
  let name: String
  let variables: [String: String]
  let bucket: String

  /// A new bucket at rclone's server.
  static func rclone() async throws -> Server { try await server("s3-rclone") }
  /// A new bucket at moto, which checks signatures.
  static func moto() async throws -> Server { try await server("s3-moto", ["MOTO_AUTH": "1"]) }

  /// A server by its short name.
  static func named(_ name: String) async throws -> Server { try await name == "moto" ? moto() : rclone() }

  private static func server(_ script: String, _ settings: [String: String] = [:]) async throws -> Server {
    let fixture: ServiceFixture
    do {
      fixture = try await ServiceFixture.shared(script, settings: settings)
      // rclone is also the judge; its server's script installs it.
      _ = try await ServiceFixture.shared("s3-rclone")
    } catch let reason as ServiceFixture.Unavailable {
      if ServiceFixture.isRequired { throw reason }
      try Test.cancel("skipped: \(reason)")
    }
    let number = UInt64.random(in: 0...UInt64.max)
    let server = Server(name: script, variables: fixture.variables, bucket: "e2e-" + String(number, radix: 36))
    let scratch = try Scratch()
    let made = try await server.judge(scratch, "mkdir", "lab:\(server.bucket)")
    guard made.code == 0 else { throw ServiceFixture.Unavailable("no bucket at \(script): \(made.errors)") }
    return server
  }

  var endpoint: String { variables["S3_ENDPOINT"] ?? "" }

  /// What a program needs to reach the server; the endpoint is given apart.
  var credentials: [String: String] {
    variables.filter { ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].contains($0.key) }
  }

  /// The bucket, or a place in it, as an end.
  func end(_ prefix: String = "") -> String {
    "s3://\(bucket)\(prefix.isEmpty ? "" : "/" + prefix)?endpoint=\(endpoint)&region=us-east-1"
  }

  /// A folder whose programs know the credentials.
  func scratch() throws -> Scratch { try Scratch(credentials) }

  /// Runs rclone, to which the server is known as `lab:`.
  func judge(_ scratch: Scratch, _ arguments: String...) async throws -> Outcome {
    let home = getenv("HOME").map { String(cString: $0) } ?? "/root"
    let lab = getenv("ISOBAR_LAB").map { String(cString: $0) } ?? home + "/.cache/isobar-lab"
    var environment = scratch.environment
    environment["RCLONE_CONFIG"] = scratch.path + "/rclone.conf"
    environment["RCLONE_CONFIG_LAB_TYPE"] = "s3"
    environment["RCLONE_CONFIG_LAB_PROVIDER"] = "Other"
    environment["RCLONE_CONFIG_LAB_ENDPOINT"] = endpoint
    environment["RCLONE_CONFIG_LAB_ACCESS_KEY_ID"] = variables["AWS_ACCESS_KEY_ID"]
    environment["RCLONE_CONFIG_LAB_SECRET_ACCESS_KEY"] = variables["AWS_SECRET_ACCESS_KEY"]
    return try await Program.run(lab + "/venv/rclone/bin/rclone", arguments, environment: environment, in: scratch.path)
  }

  /// Copies the bucket into a folder with rclone, names as they are, without what Isobar keeps for itself.
  func download(_ prefix: String = "", to folder: String, of scratch: Scratch) async throws {
    let outcome = try await judge(
      scratch, "copy", "lab:\(bucket)/\(prefix)", "\(scratch.path)/\(folder)", "--exclude", "/.isobar/**", "--local-encoding",
      "None",
      "--s3-encoding", "None")
    guard outcome.code == 0 else { throw ServiceFixture.Unavailable("rclone cannot read the bucket: \(outcome.errors)") }
  }
}
