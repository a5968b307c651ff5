import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives

/// Addresses, signs and sends one request after the other, and turns what comes back into an answer or a `StorageError`.
///
/// Repeats a request by itself only where the answer says how to put it right: another region, a clock that is wrong, a session
/// token that has expired; each once. All other retries are a layer's business.
final class S3Client: Sendable {
  let configuration: S3Configuration
  let transport: any HTTPTransport
  let credentials: CredentialsProvider
  let errors: ErrorMapper
  let clock: WallClock
  private let signer = RequestSigner()
  private let place: Lock<S3Address>
  /// What the service's clock is ahead of ours; zero unless it refused a request for it.
  private let clockOffset = Lock(Duration.zero)

  private static let emptyHash = Hex.encode(SHA256.hash([UInt8]()))

  init(
    configuration: S3Configuration, transport: any HTTPTransport, credentials: CredentialsProvider, clock: WallClock,
    storeName: String
  ) throws {
    self.configuration = configuration
    self.transport = transport
    self.credentials = credentials
    self.clock = clock
    errors = ErrorMapper(store: storeName, configuration: configuration)
    let region = configuration.region ?? "us-east-1"
    guard let address = S3Address(configuration, region: region) else {
      throw StorageError(
        .invalidArgument, store: storeName, message: "“\(region)” is not the name of a region")
    }
    place = Lock(address)
  }

  /// Where requests go now.
  var address: S3Address { place.withLock { $0 } }

  /// Whether this is AWS itself, where what the service can do is known without trying.
  var isAWS: Bool { configuration.endpoint.map(S3Address.isAWS) ?? true }

  /// Whether bodies are signed: over TLS the connection protects them.
  var signsPayloads: Bool { address.service.scheme == .http && !configuration.anonymous }

  /// Sends `request`; returns an answer with a status of 200…299.
  /// - Throws: `StorageError` for every other answer, `CancellationError`, and what a source or sink threw.
  func send(_ request: S3Request, into sink: HTTPSink = .memory(limit: 1 << 20)) async throws -> HTTPResponse {
    let (response, failure) = try await exchange(request, into: sink)
    if let failure { throw errors.error(response, failure, request: request) }
    return response
  }

  /// Sends `request`; returns the answer whatever its status, with what it says if it is a refusal.
  func exchange(_ request: S3Request, into sink: HTTPSink = .memory(limit: 1 << 20)) async throws -> (HTTPResponse, ServiceError?) {
    var triedRegion = false
    var triedClock = false
    var triedCredentials = false
    while true {
      let address = address
      let credentials = configuration.anonymous ? nil : try await credentials.current()
      let response: HTTPResponse
      do {
        response = try await transport.send(try build(request, address: address, credentials: credentials), into: sink)
      } catch let error as HTTPError {
        throw errors.error(error, request: request)
      }
      if response.isSuccess { return (response, nil) }
      let failure = ServiceError.parse(response.body) ?? ServiceError()
      if !triedRegion, adoptRegion(from: response, failure, address: address) {
        triedRegion = true
        continue
      }
      if !triedClock, adoptClock(from: response, failure) {
        triedClock = true
        continue
      }
      if !triedCredentials, let credentials, ErrorMapper.meansExpired(failure.code) {
        triedCredentials = true
        self.credentials.forget(credentials)
        if self.credentials.canRefresh { continue }
      }
      return (response, failure)
    }
  }

  /// The address of an object that anyone who knows it may use until it expires.
  func presign(method: HTTPMethod, path: [UInt8], query: QueryItems = QueryItems(), expires: Duration) async throws -> String {
    let address = address
    let encoded = address.path(path)
    guard !configuration.anonymous else {
      return address.origin + encoded
    }
    let credentials = try await credentials.current()
    let parts = RequestSigner.Parts(
      method: method.name, path: encoded, headers: [("host", address.host)], payloadHash: RequestSigner.unsignedPayload)
    let signed = signer.presignedQuery(
      parts, query: query, credentials: credentials, region: address.region, time: now, expires: expires)
    return address.origin + encoded + "?" + signed
  }

  private var now: Timestamp {
    let offset = clockOffset.withLock { $0 }
    return offset == .zero ? clock.now() : clock.now() + offset
  }

  private func build(_ request: S3Request, address: S3Address, credentials: S3Credentials?) throws -> HTTPRequest {
    let path = address.path(request.path)
    let query = request.query.canonical
    var fields = request.headers
    if configuration.requesterPays { fields.append(("x-amz-request-payer", "requester")) }
    let body: HTTPBody?
    var payloadHash = Self.emptyHash
    switch request.body {
    case .none:
      body = request.method == .put || request.method == .post ? .bytes([]) : nil
    case .bytes(let bytes, let sha256):
      body = .bytes(bytes)
      payloadHash =
        address.service.scheme == .https ? RequestSigner.unsignedPayload : Hex.encode(sha256 ?? SHA256.hash(bytes))
    case .stream(let length, let sha256, let makeSource):
      body = HTTPBody(length: length, makeSource: makeSource)
      payloadHash = address.service.scheme == .https ? RequestSigner.unsignedPayload : Hex.encode(sha256)
    }
    if let credentials {
      let time = now
      fields.append(("x-amz-content-sha256", payloadHash))
      fields.append(("x-amz-date", time.amzBasic))
      if let token = credentials.sessionToken { fields.append(("x-amz-security-token", token.reveal())) }
      fields.append(("host", address.host))
      let authorization = signer.authorization(
        RequestSigner.Parts(method: request.method.name, path: path, query: query, headers: fields, payloadHash: payloadHash),
        credentials: credentials, region: address.region, time: time)
      fields.removeLast()
      fields.append(("authorization", authorization))
    }
    var headers = HTTPHeaders()
    for field in fields { try headers.add(field.name, field.value) }
    let url = query.isEmpty ? address.origin + path : address.origin + path + "?" + query
    var built = HTTPRequest(
      method: request.method, url: url, headers: headers, body: body, label: request.operation.rawValue,
      expectedLength: request.expectedLength)
    if let patience = request.operation.firstBytePatience { built.patience.firstByte = patience }
    return built
  }

  /// Whether the answer names another region than the one asked; remembers it.
  private func adoptRegion(from response: HTTPResponse, _ failure: ServiceError, address: S3Address) -> Bool {
    let isAboutPlace =
      response.status == 301 || response.status == 307 || response.status == 400 || response.status == 403
      || failure.code == "IllegalLocationConstraintException"
    guard isAboutPlace, let region = response.headers["x-amz-bucket-region"] ?? failure.region, region != address.region,
      let better = S3Address(configuration, region: region)
    else { return false }
    place.withLock { $0 = better }
    return true
  }

  /// Whether the answer shows that the clocks differ by more than what is allowed; adopts the service's.
  private func adoptClock(from response: HTTPResponse, _ failure: ServiceError) -> Bool {
    guard response.status == 403 || response.status == 400, let text = response.headers["date"],
      let date = Timestamp(rfc1123: text)
    else { return false }
    let difference = date - now
    let isSkewed = difference > .seconds(600) || difference < .seconds(-600)
    guard isSkewed,
      failure.code.isEmpty || failure.code == "RequestTimeTooSkewed" || failure.code == "RequestExpired"
        || failure.code == "AccessDenied"
    else { return false }
    clockOffset.withLock { $0 += difference }
    return true
  }
}
