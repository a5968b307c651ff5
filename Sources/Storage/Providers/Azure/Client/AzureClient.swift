import Concurrency
import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives
import ProviderSupport

/// Addresses, authorises and sends one request after the other, and turns what comes back into an answer or a `StorageError`.
///
/// Repeats a request by itself only with a new token where the old one was refused, once. All other retries are a layer's business.
final class AzureClient: Sendable {
  /// The version of the API: the oldest that has the cold tier, copies that a token authorises, and names that XML cannot hold.
  static let version = "2021-12-02"

  let configuration: AzureConfiguration
  let transport: any HTTPTransport
  let credentials: AzureCredentialProvider
  let errors: ErrorMapper
  let clock: WallClock
  /// For steps behind others that could not be taken again: blocks sent or copied, a second change of an object.
  let patience: StepPatience
  /// For the pages of a listing, which are asked for within the time of one call.
  let pagePatience: StepPatience
  private let server: String
  private let containerPath: String

  init(
    configuration: AzureConfiguration, transport: any HTTPTransport, credentials: AzureCredentialProvider, clock: WallClock,
    timer: MonotonicClock, storeName: String
  ) {
    self.configuration = configuration
    self.transport = transport
    self.credentials = credentials
    self.clock = clock
    patience = StepPatience(attempts: 6, budget: nil, backoff: Backoff(base: .milliseconds(500), cap: .seconds(8)), clock: timer)
    pagePatience = StepPatience(attempts: 5, longestWait: .seconds(5), clock: timer)
    errors = ErrorMapper(store: storeName, configuration: configuration)
    server = configuration.endpoint.server.description
    containerPath =
      configuration.endpoint.basePath + "/" + PercentEncoding.encode(configuration.container.text.utf8, keepSlash: false)
  }

  // MARK: Sending

  /// Sends `request`; returns an answer with a status of 200…299.
  /// - Throws: `StorageError` for every other answer, `CancellationError`, and what a source or sink threw.
  @discardableResult
  func send(_ request: AzureRequest, into sink: HTTPSink = .memory(limit: 4 << 20)) async throws -> HTTPResponse {
    let response = try await exchange(request, into: sink)
    guard response.isSuccess else { throw errors.error(response, request: request) }
    return response
  }

  /// Sends `request`; returns the document of its answer.
  func fetch(_ request: AzureRequest, limit: Int) async throws -> (document: XMLElement, response: HTTPResponse) {
    let response = try await send(request, into: .memory(limit: limit))
    do { return (try XMLDocument.parse(response.body, limits: MarkupLimits(byteCount: limit)), response) } catch {
      throw StorageError(
        .internalError, retry: .later, store: errors.store, key: request.key,
        message: "the store's answer to \(request.operation.rawValue) makes no sense: \(error)")
    }
  }

  /// Sends `request`; returns the answer whatever its status.
  func exchange(_ request: AzureRequest, into sink: HTTPSink = .memory(limit: 4 << 20)) async throws -> HTTPResponse {
    var triedToken = false
    while true {
      let credential = try await credentials.current()
      let response: HTTPResponse
      do {
        response = try await transport.send(try build(request, credential), into: sink)
      } catch let error as HTTPError {
        throw errors.error(error, request: request)
      }
      if response.status == 401, !triedToken, case .token(let token) = credential {
        triedToken = true
        credentials.forget(token)
        if credentials.canRefresh { continue }
      }
      return response
    }
  }

  private func build(_ request: AzureRequest, _ credential: AzureCredential) throws -> HTTPRequest {
    let path = path(of: request.target)
    var headers = HTTPHeaders()
    for field in request.headers { try headers.add(field.name, field.value) }
    // In the order in which they are signed, more or less.
    try headers.add("x-ms-date", clock.now().rfc1123)
    try headers.add("x-ms-version", Self.version)
    let needsBody = request.method == .put || request.method == .post
    var query = request.encodedQuery
    try authorise(&headers, &query, request, path: path, credential, length: needsBody ? request.length : nil)
    var built = HTTPRequest(
      method: request.method, url: server + path + (query.isEmpty ? "" : "?" + query),
      headers: headers, body: request.body ?? (needsBody ? .bytes([]) : nil), label: request.operation.rawValue,
      expectedLength: request.expectedLength)
    if let patience = request.operation.firstBytePatience { built.patience.firstByte = patience }
    return built
  }

  // MARK: Who asks

  private func authorise(
    _ headers: inout HTTPHeaders, _ query: inout String, _ request: AzureRequest, path: String, _ credential: AzureCredential,
    length: Int64?
  ) throws {
    switch credential {
    case .anonymous: break
    case .sharedKey(let key):
      try headers.add(
        "authorization",
        key.authorization(request.method, path: path, query: request.query, headers: headers, length: length))
    case .signature(let signature):
      try requirePrivacy(credential)
      query += (query.isEmpty ? "" : "&") + signature.query
    case .token(let token):
      try requirePrivacy(credential)
      try headers.add("authorization", "Bearer " + token.value.reveal())
    }
  }

  /// Who reads a token or a signature on the way can use it.
  private func requirePrivacy(_ credential: AzureCredential) throws {
    guard configuration.endpoint.isPrivate else {
      throw StorageError(
        .invalidArgument, store: errors.store, message: "\(credential.kind) is not sent without TLS: use an https endpoint")
    }
  }

  /// A request as a part of a batch: its first line and its headers.
  func part(_ request: AzureRequest) async throws -> String {
    let credential = try await credentials.current()
    let path = path(of: request.target)
    var headers = HTTPHeaders()
    for field in request.headers { try headers.add(field.name, field.value) }
    try headers.add("x-ms-date", clock.now().rfc1123)
    var query = request.encodedQuery
    try authorise(&headers, &query, request, path: path, credential, length: 0)
    var text = "\(request.method.name) \(path)\(query.isEmpty ? "" : "?" + query) HTTP/1.1\r\n"
    for field in headers { text += "\(field.name): \(field.value)\r\n" }
    return text + "content-length: 0\r\n\r\n"
  }

  /// Lets the service read a blob of this container for a copy.
  /// - Returns: the headers that name it.
  /// - Throws: `.unsupported` where what lets the service read it could be read on the way: the bytes can be sent instead.
  func source(_ name: [UInt8]) async throws -> [(name: String, value: String)] {
    let path = containerPath + "/" + PercentEncoding.encode(name, keepSlash: true)
    let url = server + path
    let credential = try await credentials.current()
    if case .anonymous = credential { return [("x-ms-copy-source", url)] }
    guard configuration.endpoint.isPrivate else {
      throw StorageError(
        .unsupported, store: errors.store,
        message: "cannot let the store copy it: a permission to read it is not sent without TLS; use an https endpoint")
    }
    switch credential {
    case .anonymous: return [("x-ms-copy-source", url)]
    case .sharedKey(let key):
      let blob = Array(configuration.container.text.utf8) + [0x2F] + name
      let signature = AzureSharedAccessSignature.reading(
        blob, by: key, version: Self.version, until: clock.now() + .seconds(3600))
      return [("x-ms-copy-source", url + "?" + signature)]
    case .signature(let signature): return [("x-ms-copy-source", url + "?" + signature.query)]
    case .token(let token):
      return [("x-ms-copy-source", url), ("x-ms-copy-source-authorization", "Bearer " + token.value.reveal())]
    }
  }

  private func path(of target: AzureRequest.Target) -> String {
    switch target {
    case .container: containerPath
    case .blob(let name): containerPath + "/" + PercentEncoding.encode(name, keepSlash: true)
    }
  }
}
