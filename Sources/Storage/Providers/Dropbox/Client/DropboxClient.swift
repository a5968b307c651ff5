import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives
import ProviderSupport

/// Addresses, authorises and sends one request after the other, and turns what comes back into an answer or a `StorageError`.
///
/// Repeats a request by itself with a new token where the old one was refused, once, and a few times where another write held the
/// account's lock. All other retries are a layer's business.
final class DropboxClient: Sendable {
  let configuration: DropboxConfiguration
  let transport: any HTTPTransport
  let tokens: DropboxTokenProvider
  let errors: ErrorMapper
  let timer: MonotonicClock
  /// For the pages of a listing, which are asked for within the time of one call.
  let patience: StepPatience
  /// For the ends of jobs: what became of a thousand files hangs on one answer.
  let jobPatience: StepPatience
  private let team: TeamRoot

  init(
    configuration: DropboxConfiguration, transport: any HTTPTransport, tokens: DropboxTokenProvider, timer: MonotonicClock,
    storeName: String
  ) {
    self.configuration = configuration
    self.transport = transport
    self.tokens = tokens
    self.timer = timer
    patience = StepPatience(attempts: 5, longestWait: .seconds(5), clock: timer)
    jobPatience = StepPatience(attempts: 6, budget: nil, clock: timer)
    errors = ErrorMapper(store: storeName)
    team = TeamRoot()
  }

  /// Sends `request`; returns an answer with a status of 200…299.
  /// - Throws: `StorageError` for every other answer, `CancellationError`, and what a source or sink threw.
  @discardableResult
  func send(_ request: DropboxRequest, into sink: HTTPSink = .memory(limit: 4 << 20)) async throws -> HTTPResponse {
    var attempt = 0
    while true {
      let response = try await exchange(request, into: sink)
      if response.isSuccess { return response }
      let failure = ServiceError(response.body)
      let error = errors.error(response, failure, request: request)
      guard failure.isContention, request.waitsForLock, attempt < Contention.attempts else { throw error }
      try await Contention.pause(attempt, timer, error)
      attempt += 1
    }
  }

  /// Sends `request`; returns the document of its answer.
  func fetch(_ request: DropboxRequest, limit: Int = 4 << 20) async throws -> JSONValue {
    let response = try await send(request, into: .memory(limit: limit))
    do { return try JSONValue.parse(response.body, limits: MarkupLimits(byteCount: limit)) } catch {
      throw StorageError(
        .internalError, retry: .later, store: errors.store, key: request.key,
        message: "the store's answer to \(request.operation.rawValue) makes no sense: \(error)", mayHaveHappened: true)
    }
  }

  /// Sends `request`; returns the answer whatever its status.
  func exchange(_ request: DropboxRequest, into sink: HTTPSink = .memory(limit: 4 << 20)) async throws -> HTTPResponse {
    guard configuration.hosts.isPrivate else {
      throw StorageError(
        .invalidArgument, store: errors.store, key: request.key,
        message: "tokens and files are not sent without TLS: use an https endpoint")
    }
    var triedToken = false
    var triedRoot = false
    while true {
      let needsToken = request.operation != .longpoll
      let token = needsToken ? try await tokens.current() : nil
      let root = needsToken && request.operation != .account ? try await pathRoot() : nil
      let response: HTTPResponse
      do {
        response = try await transport.send(try build(request, token: token, root: root), into: sink)
      } catch let error as HTTPError {
        throw errors.error(error, request: request)
      }
      if response.status == 401, !triedToken, let token, ServiceError(response.body).isAboutToken {
        triedToken = true
        tokens.forget(token)
        if tokens.canRefresh { continue }
      }
      if response.status == 422, !triedRoot, team.forget() {
        triedRoot = true
        continue
      }
      return response
    }
  }

  private func build(_ request: DropboxRequest, token: AccessToken?, root: String?) throws -> HTTPRequest {
    var headers = HTTPHeaders()
    if let token { try headers.add("authorization", "Bearer " + token.value.reveal()) }
    if let root { try headers.add("dropbox-api-path-root", root) }
    var body = request.body
    let endpoint: HTTPEndpoint
    switch request.operation.style {
    case .json, .wait:
      endpoint = request.operation.style == .wait ? configuration.hosts.notify : configuration.hosts.api
      try headers.add("content-type", "application/json")
      body = .bytes(request.argument.bytes())
    case .upload, .download:
      endpoint = configuration.hosts.content
      try headers.add("content-type", "application/octet-stream")
      try headers.add("dropbox-api-arg", HeaderJSON.text(request.argument))
      if body == nil { body = .bytes([]) }
      if let range = request.range { try headers.add("range", range) }
    }
    return HTTPRequest(
      method: .post, url: endpoint.description + "/2/" + request.operation.rawValue, headers: headers, body: body,
      patience: request.patience, label: request.operation.rawValue, expectedLength: request.expectedLength)
  }

  // MARK: Teams

  /// What goes into the header that says what paths are relative to; nil for the service's default.
  private func pathRoot() async throws -> String? {
    switch configuration.pathRoot {
    case .home: nil
    case .namespace(let id): HeaderJSON.text([".tag": "namespace_id", "namespace_id": .string(id.text)])
    case .root:
      HeaderJSON.text([".tag": "root", "root": .string(try await team.id { [self] in try await rootOfAccount() }.text)])
    }
  }

  private func rootOfAccount() async throws -> DropboxNamespaceID {
    let account = try await fetch(DropboxRequest(.account))
    guard let id = account["root_info"]?["root_namespace_id"]?.stringValue.flatMap({ DropboxNamespaceID($0) }) else {
      throw StorageError(.internalError, store: errors.store, message: "the store does not say which space the account's team has")
    }
    return id
  }
}

/// The id of the team's space, asked for once.
private final class TeamRoot: Sendable {
  private let known = Lock<DropboxNamespaceID?>(nil)
  private let flight = SingleFlight<DropboxNamespaceID>()

  func id(_ ask: @escaping @Sendable () async throws -> DropboxNamespaceID) async throws -> DropboxNamespaceID {
    if let id = known.withLock({ $0 }) { return id }
    return try await flight.run { [known] in
      let id = try await ask()
      known.withLock { $0 = id }
      return id
    }
  }

  /// Forgets it, since it has changed.
  /// - Returns: whether it was known.
  func forget() -> Bool {
    known.withLock { known in
      defer { known = nil }
      return known != nil
    }
  }
}
