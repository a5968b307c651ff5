import Concurrency
import Crypto
import Emulators
import Files
import GCSStorage
import HTTPClient
import HTTPMessages
import HTTPServer
import ObjectStorage
import Primitives
import Testing

/// The emulator in this process, with a bucket, and stores in it that prove themselves by its service account's key.
struct EmulatedGCS: Sendable {
  static let endpoint = HTTPEndpoint(scheme: .http, host: "127.0.0.1", port: 1)!

  let emulator: GCSEmulator
  let faults: FaultyHandler
  let transport: any HTTPTransport
  let clock: WallClock

  /// An emulator that wants tokens, and where things go wrong as `script` says.
  init(
    _ settings: GCSEmulatorSettings = GCSEmulatorSettings(access: .tokens), clock: WallClock = .system, script: [ScriptedFault] = []
  ) throws {
    emulator = try GCSEmulator(EmulatorOptions(clock: clock), settings: settings)
    faults = FaultyHandler(emulator, EmulatorFaults(script: script), seed: 1)
    transport = InProcessTransport(faults)
    self.clock = clock
  }

  /// Tokens by the service account's key.
  func tokens() throws -> GCSTokenProvider {
    let chain = GCSCredentialChain(
      transport: transport, environment: .init(variables: [:], readFile: { _ in nil }),
      explicit: try emulator.serviceAccountFile(at: Self.endpoint), clock: clock)
    return GCSTokenProvider(chain: chain)
  }

  /// A store in a bucket of its own.
  func store(_ change: (inout GCSConfiguration) -> Void = { _ in }) async throws -> GCSStore {
    let store = try unmadeStore(change)
    try await store.createContainer()
    return store
  }

  /// A store whose bucket is not there yet.
  func unmadeStore(_ change: (inout GCSConfiguration) -> Void = { _ in }) throws -> GCSStore {
    let name = try #require(GCSBucketName("test-" + Hex.encode(Random.bytes(6))))
    var configuration = GCSConfiguration(bucket: name, endpoint: Self.endpoint)
    configuration.project = "emulator"
    change(&configuration)
    return GCSStore(configuration, transport: transport, tokens: try tokens(), clock: clock)
  }
}
