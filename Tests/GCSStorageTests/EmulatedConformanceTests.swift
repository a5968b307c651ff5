import Concurrency
import Crypto
import Emulators
import GCSStorage
import HTTPClient
import HTTPMessages
import HTTPServer
import ObjectStorage
import Primitives
import StoreTesting
import Testing

/// The contract of every store, held against the provider on the emulator, which is as strict as the service.
@Suite struct EmulatedConformanceTests {
  enum Way: String, CaseIterable {
    case inProcess = "in this process"
    case socket = "over a socket"
  }

  private static let emulated = Result {
    try EmulatedGCS(GCSEmulatorSettings(access: .tokens, mediaMetadata: .missing))
  }
  private static let loop = EventLoop(name: "gcs-emulated")
  private static let transport = CurlTransport(loop: loop, options: HTTPClientOptions(proxy: .none))
  /// Listens as long as this process lives.
  private static let served = Result {
    let emulator = try GCSEmulator(settings: GCSEmulatorSettings(access: .tokens))
    let port = try HTTPListener(loop: loop, handler: emulator).start()
    return (emulator, try #require(HTTPEndpoint(scheme: .http, host: "127.0.0.1", port: Int(port))))
  }

  private static func store(_ way: Way) async throws -> GCSStore {
    switch way {
    case .inProcess: return try await emulated.get().store()
    case .socket:
      let (emulator, endpoint) = try served.get()
      let name = try #require(GCSBucketName("test-" + Hex.encode(Random.bytes(6))))
      var configuration = GCSConfiguration(bucket: name, endpoint: endpoint)
      configuration.project = "emulator"
      let chain = GCSCredentialChain(
        transport: transport, environment: .init(variables: [:], readFile: { _ in nil }),
        explicit: try emulator.serviceAccountFile(at: endpoint))
      let store = GCSStore(configuration, transport: transport, tokens: GCSTokenProvider(chain: chain))
      try await store.createContainer()
      return store
    }
  }

  @Test(arguments: Way.allCases, StoreConformance.checks)
  func `the emulator keeps the contract`(_ way: Way, _ check: ConformanceCheck) async throws {
    let subject = StoreUnderTest(
      "gcs-emulated \(way.rawValue)",
      exceptions: KnownExceptions.gcs
    ) { try await Self.store(way) }
    try await StoreConformance.run(check, on: subject)
  }
}
