import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives
import ProviderSupport

/// Addresses, authorises and sends one request after the other, and turns what comes back into an answer or a `StorageError`.
///
/// Repeats a request by itself only with a new token where the old one was refused, once. All other retries are a layer's business.
final class GCSClient: Sendable {
  let configuration: GCSConfiguration
  let transport: any HTTPTransport
  let tokens: GCSTokenProvider
  let errors: ErrorMapper
  let clock: WallClock
  /// For the chunks of an upload.
  let patience = StepPatience()
  private let bucketPath: String

  init(
    configuration: GCSConfiguration, transport: any HTTPTransport, tokens: GCSTokenProvider, clock: WallClock, storeName: String
  ) {
    self.configuration = configuration
    self.transport = transport
    self.tokens = tokens
    self.clock = clock
    errors = ErrorMapper(store: storeName, configuration: configuration)
    bucketPath = "b/" + PercentEncoding.encode(configuration.bucket.text.utf8, keepSlash: false)
  }

  // MARK: Paths

  /// The bucket itself, or what lies below it in the API.
  func bucket(_ rest: String = "") -> GCSRequest.Target { .path("/storage/v1/\(bucketPath)\(rest)") }

  /// An object by its name in the bucket.
  func object(_ name: [UInt8], _ rest: String = "") -> GCSRequest.Target { .path(objectPath(name) + rest) }

  func objectPath(_ name: [UInt8]) -> String {
    "/storage/v1/\(bucketPath)/o/" + PercentEncoding.encode(name, keepSlash: false)
  }

  /// Where a copy of one object to another is asked for.
  func rewrite(_ source: [UInt8], to destination: [UInt8]) -> GCSRequest.Target {
    object(source, "/rewriteTo/\(bucketPath)/o/" + PercentEncoding.encode(destination, keepSlash: false))
  }

  var uploads: GCSRequest.Target { .path("/upload/storage/v1/\(bucketPath)/o") }
  var batch: GCSRequest.Target { .path("/batch/storage/v1") }

  // MARK: Sending

  /// Sends `request`; returns an answer with a status of 200…299.
  /// - Throws: `StorageError` for every other answer, `CancellationError`, and what a source or sink threw.
  func send(_ request: GCSRequest, into sink: HTTPSink = .memory(limit: 4 << 20)) async throws -> HTTPResponse {
    let response = try await exchange(request, into: sink)
    guard response.isSuccess else { throw errors.error(response, request: request) }
    return response
  }

  /// Sends `request`; returns the document of its answer.
  func fetch(_ request: GCSRequest, limit: Int = 4 << 20) async throws -> JSONValue {
    let response = try await send(request, into: .memory(limit: limit))
    return try document(response, request)
  }

  func document(_ response: HTTPResponse, _ request: GCSRequest) throws -> JSONValue {
    do { return try JSONValue.parse(response.body) } catch {
      throw StorageError(
        .internalError, retry: .later, store: errors.store, key: request.key,
        message: "the store's answer to \(request.operation.rawValue) makes no sense: \(error)")
    }
  }

  /// Sends `request`; returns the answer whatever its status.
  func exchange(_ request: GCSRequest, into sink: HTTPSink = .memory(limit: 4 << 20)) async throws -> HTTPResponse {
    var triedToken = false
    while true {
      let token = configuration.anonymous ? nil : try await tokens.current()
      let response: HTTPResponse
      do {
        response = try await transport.send(try build(request, token: token), into: sink)
      } catch let error as HTTPError {
        throw errors.error(error, request: request)
      }
      if response.status == 401, !triedToken, let token {
        triedToken = true
        tokens.forget(token)
        if tokens.canRefresh { continue }
      }
      return response
    }
  }

  private func build(_ request: GCSRequest, token: AccessToken?) throws -> HTTPRequest {
    var headers = HTTPHeaders()
    for field in request.headers { try headers.add(field.name, field.value) }
    var url: String
    switch request.target {
    case .path(let path):
      var request = request
      if let project = configuration.userProject { request.ask("userProject", project) }
      url = configuration.endpoint.description + path
      if !request.query.isEmpty { url += "?" + request.encodedQuery }
      if let token { try headers.add("authorization", "Bearer " + token.value.reveal()) }
    case .session(let parts):
      url = parts.endpoint.description + parts.path + (parts.query.map { "?" + $0 } ?? "")
      // The address is a secret of its own; the token goes to the service that was configured and to nobody else.
      if let token, parts.endpoint == configuration.endpoint { try headers.add("authorization", "Bearer " + token.value.reveal()) }
    }
    let needsBody = request.method == .put || request.method == .post
    return HTTPRequest(
      method: request.method, url: url, headers: headers, body: request.body ?? (needsBody ? .bytes([]) : nil),
      label: request.operation.rawValue, expectedLength: request.expectedLength)
  }
}
