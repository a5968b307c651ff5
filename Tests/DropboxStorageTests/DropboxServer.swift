import Concurrency
import DropboxStorage
import Emulators
import HTTPClient
import HTTPMessages
import HTTPServer
import Primitives

/// An emulated Dropbox in this process, and stores in it.
struct DropboxServer: Sendable {
  let emulator: DropboxEmulator
  let rules: DropboxRules
  let requests = RequestLog()
  private let handler: any HTTPHandler

  /// One for tests that mind no others.
  static let shared = Result { try DropboxServer() }

  init(rules: DropboxRules = DropboxRules(), clock: WallClock = .system, faults: EmulatorFaults? = nil) throws {
    self.rules = rules
    let options = EmulatorOptions(clock: clock, faults: faults ?? EmulatorFaults())
    let emulator = try DropboxEmulator(options, rules: rules, depot: .open(.dropbox, options))
    self.emulator = emulator
    handler = faults == nil ? emulator : FaultyHandler(emulator, options)
  }

  /// Notes what is asked for.
  final class RequestLog: Sendable {
    private let routes = Lock<[String]>([])
    func note(_ route: String) { routes.withLock { $0.append(route) } }
    var all: [String] { routes.withLock { $0 } }
    func count(_ route: String) -> Int { all.count { $0 == route } }
    func clear() { routes.withLock { $0 = [] } }
  }

  private struct NotingTransport: HTTPTransport {
    let base: any HTTPTransport
    let log: RequestLog

    func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
      log.note(request.label)
      return try await base.send(request, into: sink)
    }

    func close() async {}
  }

  var transport: any HTTPTransport { NotingTransport(base: InProcessTransport(handler), log: requests) }

  static let hosts = DropboxHosts(all: HTTPEndpoint(scheme: .https, host: "dropbox.test")!)

  /// A store in a folder.
  func store(
    _ folder: String = "", transport: (any HTTPTransport)? = nil, change: (inout DropboxConfiguration) -> Void = { _ in }
  ) -> DropboxStore {
    let credentials = DropboxCredentials(.accessToken(Secret(rules.developerToken)))
    return store(folder, credentials: credentials, transport: transport, change: change)
  }

  func store(
    _ folder: String = "", credentials: DropboxCredentials, clock: WallClock = .system, transport: (any HTTPTransport)? = nil,
    change: (inout DropboxConfiguration) -> Void = { _ in }
  ) -> DropboxStore {
    var configuration = DropboxConfiguration(folder: folder, hosts: Self.hosts)
    change(&configuration)
    let transport = transport ?? self.transport
    return DropboxStore(
      configuration, transport: transport,
      tokens: DropboxTokenProvider(credentials, transport: transport, hosts: Self.hosts, clock: clock))
  }
}
