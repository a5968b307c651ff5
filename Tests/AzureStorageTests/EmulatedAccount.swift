import AzureStorage
import Concurrency
import Crypto
import Emulators
import HTTPClient
import HTTPMessages
import HTTPServer
import ObjectStorage
import Primitives

/// How the tests reach the emulated account.
enum EmulatedAccount: String, Sendable, CaseIterable, CustomStringConvertible {
  /// With the account's key, in this process.
  case key
  /// With a token of its directory, over a connection; large objects begin at 100 KiB.
  case socket

  var description: String { rawValue }

  /// One for all tests of a kind: each works in a container of its own.
  private static let emulator = try! AzureEmulator.open(EmulatorOptions())
  private static let loop = EventLoop(name: "azure-tests")
  private static let client = CurlTransport(loop: loop, options: HTTPClientOptions(proxy: .none))
  /// The port of the emulator; the listener lives as long as the process.
  private static let listener = HTTPListener(loop: loop, handler: emulator)
  private static let port = try! listener.start()

  private var transport: any HTTPTransport { self == .socket ? Self.client : InProcessTransport(Self.emulator) }

  /// A store in a new container.
  func store(_ change: (inout AzureConfiguration) -> Void = { _ in }) async throws -> AzureStore {
    try await store(watch: { $0 }, change)
  }

  /// A store in a new container.
  /// - Parameter watch: what stands between the store and the emulator.
  func store(
    watch: (any HTTPTransport) -> any HTTPTransport, _ change: (inout AzureConfiguration) -> Void
  ) async throws -> AzureStore {
    let server = HTTPEndpoint(scheme: .http, host: "127.0.0.1", port: self == .socket ? Int(Self.port) : 10000)!
    var configuration = AzureConfiguration(
      account: TestAccount.name, container: AzureContainerName("test-" + Hex.encode(Random.bytes(6)))!,
      endpoint: AzureEndpoint(server: server, basePath: "/devstoreaccount1"))
    if self == .socket { configuration.singlePutThreshold = 100 << 10 }
    change(&configuration)
    let store = AzureStore(configuration, transport: watch(transport), credentials: credentials(server))
    try await store.createContainer()
    return store
  }

  private func credentials(_ server: HTTPEndpoint) -> AzureCredentialProvider {
    guard self == .socket else { return AzureCredentialProvider(.sharedKey(TestAccount.key)) }
    let behaviour = Self.emulator.behaviour
    return AzureCredentialProvider(
      tenant: behaviour.tenant, client: behaviour.clientID, secret: behaviour.clientSecret, authority: server, transport: transport)
  }
}

/// Lets requests through, counts those of an operation, and cuts the line after some.
final class WatchedTransport: HTTPTransport {
  private struct State {
    var counts: [String: Int] = [:]
    var bytes: Int64 = 0
    var allowed: Int?
  }

  private let base: any HTTPTransport
  private let state = Lock(State())

  init(_ base: any HTTPTransport) { self.base = base }

  /// From now on only so many blocks get through; nil: all.
  func cut(after blocks: Int?) { state.withLock { $0.allowed = blocks } }

  /// How many requests of each operation went through since the last call, and the bytes of blocks.
  func reset() -> (counts: [String: Int], bytes: Int64) {
    state.withLock { state in
      defer {
        state.counts = [:]
        state.bytes = 0
      }
      return (state.counts, state.bytes)
    }
  }

  func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
    let isBlock = request.label == "Put Block"
    let isCut = state.withLock { state in
      if isBlock, let allowed = state.allowed {
        if allowed == 0 { return true }
        state.allowed = allowed - 1
      }
      state.counts[request.label, default: 0] += 1
      if isBlock { state.bytes += request.body?.length ?? 0 }
      return false
    }
    // A failure that nobody repeats, so that the test does not wait.
    if isCut { throw HTTPError(.tlsFailed, "cut", host: "127.0.0.1") }
    return try await base.send(request, into: sink)
  }

  func close() async { await base.close() }
}

/// Loses the answers to some requests, which were done.
final class LosingTransport: HTTPTransport {
  private let base: any HTTPTransport
  private let lost: Lock<[String: Int]>

  init(_ base: any HTTPTransport, _ lost: Lock<[String: Int]>) {
    self.base = base
    self.lost = lost
  }

  func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
    let response = try await base.send(request, into: sink)
    let isLost = lost.withLock { lost in
      guard let count = lost[request.label], count > 0 else { return false }
      lost[request.label] = count - 1
      return true
    }
    if isLost { throw HTTPError(.connectionReset, "reset", requestMayHaveBeenSent: true) }
    return response
  }

  func close() async { await base.close() }
}
