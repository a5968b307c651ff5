import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives

/// Gets tokens of Microsoft Entra ID for the storage service, from the sign-in service or from the machine.
struct TokenService: Sendable {
  let transport: any HTTPTransport
  let clock: WallClock

  /// Whom tokens are for. The same in all clouds.
  static let audience = "https://storage.azure.com/"

  /// How an application proves that it is itself.
  enum Proof: Sendable {
    case secret(Secret)
    /// A token of somebody whom the application trusts: workload identity federation.
    case assertion(Secret)
  }

  /// A token for an application.
  func token(authority: HTTPEndpoint, tenant: String, client: String, _ proof: Proof) async throws -> AzureAccessToken {
    var form = [("grant_type", "client_credentials"), ("client_id", client), ("scope", Self.audience + ".default")]
    switch proof {
    case .secret(let secret): form.append(("client_secret", secret.reveal()))
    case .assertion(let token):
      form.append(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"))
      form.append(("client_assertion", token.reveal()))
    }
    let body = form.map { "\($0)=\(PercentEncoding.encode($1.utf8, keepSlash: false))" }.joined(separator: "&")
    let request = HTTPRequest(
      method: .post, url: "\(authority)/\(PercentEncoding.encode(tenant.utf8, keepSlash: false))/oauth2/v2.0/token",
      headers: ["content-type": "application/x-www-form-urlencoded"], body: .bytes(Array(body.utf8)),
      patience: Patience(total: .seconds(60)), label: "credentials")
    return try await ask(request, "the sign-in service \(authority.hostAndPort)")
  }

  /// A token of the machine's identity by the address that App Service, Functions and Container Apps give their programs.
  func token(endpoint: String, header: Secret, client: String?) async throws -> AzureAccessToken {
    guard let parts = URLParts(parsing: endpoint), parts.query == nil else {
      throw Self.failure("IDENTITY_ENDPOINT is no address")
    }
    var url = "\(parts.endpoint)\(parts.path)?api-version=2019-08-01&resource=" + Self.encodedAudience
    if let client { url += "&client_id=" + PercentEncoding.encode(client.utf8, keepSlash: false) }
    var headers = HTTPHeaders()
    try headers.add("x-identity-header", header.reveal())
    let request = HTTPRequest(
      method: .get, url: url, headers: headers, patience: Patience(total: .seconds(30)), label: "credentials")
    return try await ask(request, "the managed identity at IDENTITY_ENDPOINT")
  }

  /// A token of the machine's identity; nil where there is no such machine.
  func instanceToken(client: String?) async throws -> AzureAccessToken? {
    var url = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=" + Self.encodedAudience
    if let client { url += "&client_id=" + PercentEncoding.encode(client.utf8, keepSlash: false) }
    let request = HTTPRequest(
      method: .get, url: url, headers: ["metadata": "true"], patience: Patience(connect: .seconds(1), total: .seconds(10)),
      label: "credentials")
    let response: HTTPResponse
    do { response = try await transport.send(request, into: .memory(limit: 256 << 10)) } catch let error as HTTPError {
      if error.code == .cancelled { throw CancellationError() }
      // Not on such a machine: nobody answers.
      return nil
    }
    // Other makers' machines have a server at this address too, which knows no such path.
    if response.status == 404 || response.status == 405 { return nil }
    return try read(response, "the machine's managed identity")
  }

  private static var encodedAudience: String { PercentEncoding.encode(audience.utf8, keepSlash: false) }

  private func ask(_ request: HTTPRequest, _ place: String) async throws -> AzureAccessToken {
    do { return try read(try await transport.send(request, into: .memory(limit: 256 << 10)), place) } catch let error as HTTPError {
      if error.code == .cancelled { throw CancellationError() }
      throw StorageError(
        .unauthenticated, retry: .later, store: "credentials", message: "\(place) gives no answer: \(error.message)", cause: error)
    }
  }

  /// `{"access_token": …, "expires_in": 3599}`; numbers come as texts from some.
  private func read(_ response: HTTPResponse, _ place: String) throws -> AzureAccessToken {
    let answer = try? JSONValue.parse(response.body)
    guard response.isSuccess else { throw refusal(response, answer, place) }
    guard let answer, let value = answer["access_token"]?.stringValue, !value.isEmpty else {
      throw Self.failure("the answer of \(place) has no token")
    }
    func number(_ name: String) -> Int64? { answer[name]?.integerValue ?? answer[name]?.stringValue.flatMap { Int64($0) } }
    let now = clock.now()
    // A year is more than any token lasts: nothing that is sent may overflow.
    let seconds = number("expires_in") ?? number("expires_on").map { $0 - now.seconds }
    return AzureAccessToken(Secret(value), expiration: seconds.map { now + .seconds(min(max($0, 0), 31_536_000)) })
  }

  /// What a refusal means: `{"error": "invalid_client", "error_description": "AADSTS7000215: …"}`.
  private func refusal(_ response: HTTPResponse, _ answer: JSONValue?, _ place: String) -> StorageError {
    let code = answer?["error"]?.stringValue ?? ""
    let said = answer?["error_description"]?.stringValue ?? "status \(response.status)"
    let advice: String =
      switch code {
      case "invalid_client": "; the secret is wrong or has expired: make a new one for the application"
      case "unauthorized_client": "; the application is not known in this tenant: check AZURE_TENANT_ID and AZURE_CLIENT_ID"
      case "invalid_request" where said.contains("identity"), "identity_not_found":
        "; give the machine a managed identity, or name it with AZURE_CLIENT_ID"
      default: ""
      }
    let isPassing = response.status >= 500 || response.status == 429 || response.status == 410
    // The description goes on with ids and times: its first line says it.
    let line = said.utf8.prefix { $0 != 0x0A && $0 != 0x0D }.prefix(300)
    return StorageError(
      .unauthenticated, retry: isPassing ? .later : .never, store: "credentials",
      message: "\(place) gives no token: \(DisplayText.escape(line))\(advice)",
      detail: code.isEmpty ? "status \(response.status)" : DisplayText.escape(Array(code.utf8.prefix(64))))
  }

  static func failure(_ message: String) -> StorageError {
    StorageError(.unauthenticated, store: "credentials", message: message)
  }
}
