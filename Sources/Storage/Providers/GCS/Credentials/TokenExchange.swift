import Crypto
import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives

/// Exchanges what a file of credentials proves for an access token.
struct TokenExchange: Sendable {
  let transport: any HTTPTransport
  let clock: WallClock
  let readFile: @Sendable (String) -> [UInt8]?

  /// All that can be done with buckets and objects; what an account may do of it is for IAM to say.
  static let storage = "https://www.googleapis.com/auth/devstorage.full_control"
  /// What taking another account needs.
  static let platform = "https://www.googleapis.com/auth/cloud-platform"

  func token(for file: CredentialFile) async throws -> AccessToken { try await token(for: file, scope: Self.storage) }

  private func token(for file: CredentialFile, scope: String) async throws -> AccessToken {
    switch file {
    case .serviceAccount(let account):
      let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", try assertion(account, scope: scope)),
      ]
      return try await ask(account.tokenURL, form)
    case .authorizedUser(let user):
      let form = [
        ("grant_type", "refresh_token"), ("client_id", user.clientID), ("client_secret", user.clientSecret.reveal()),
        ("refresh_token", user.refreshToken.reveal()),
      ]
      return try await ask(user.tokenURL, form)
    case .externalAccount(let account):
      let own = try await exchange(account, scope: account.impersonationURL == nil ? scope : Self.platform)
      guard let url = account.impersonationURL else { return own }
      return try await impersonate(url, delegates: [], with: own, scope: scope)
    case .impersonated(let inner, let url, let delegates):
      return try await impersonate(
        url, delegates: delegates, with: try await token(for: inner, scope: Self.platform), scope: scope)
    }
  }

  /// The signed claim of a service account to be itself, good for an hour.
  func assertion(_ account: CredentialFile.ServiceAccount, scope: String) throws -> String {
    let now = clock.now().seconds
    var header: JSONObject = ["alg": "RS256", "typ": "JWT"]
    if let id = account.keyID { header = ["alg": "RS256", "typ": "JWT", "kid": .string(id)] }
    let claims: JSONObject = [
      "iss": .string(account.email), "scope": .string(scope), "aud": .string(account.tokenURL), "iat": .integer(now),
      "exp": .integer(now + 3600),
    ]
    let text = Base64.encodeForURL(JSONValue.object(header).bytes()) + "." + Base64.encodeForURL(JSONValue.object(claims).bytes())
    guard let signature = account.key.sign(Array(text.utf8)) else {
      throw CredentialFile.failure("OpenSSL refuses to sign with the service account's key")
    }
    return text + "." + Base64.encodeForURL(signature)
  }

  // MARK: Workload identity

  private func exchange(_ account: CredentialFile.ExternalAccount, scope: String) async throws -> AccessToken {
    let subject = try await subjectToken(account)
    var form = [
      ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("audience", account.audience),
      ("scope", scope), ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
      ("subject_token", subject.reveal()), ("subject_token_type", account.subjectTokenType),
    ]
    if account.client == nil, let project = account.workforceProject {
      form.append(("options", String(decoding: JSONValue.object(["userProject": .string(project)]).bytes(), as: UTF8.self)))
    }
    var headers: [(String, String)] = []
    if let client = account.client {
      headers.append(("authorization", "Basic " + Base64.encode("\(client.id):\(client.secret.reveal())".utf8)))
    }
    return try await ask(account.tokenURL, form, headers: headers)
  }

  private func subjectToken(_ account: CredentialFile.ExternalAccount) async throws -> Secret {
    let bytes: [UInt8]
    let place: String
    switch account.source {
    case .file(let path):
      place = "the token file \(DisplayText.escape(path))"
      guard let found = readFile(path) else { throw CredentialFile.failure("\(place) cannot be read") }
      bytes = found
    case .url(let url, let fields):
      place = "the address that gives the workload's token"
      var headers = HTTPHeaders()
      for field in fields { try headers.add(field.name, field.value) }
      let response = try await send(HTTPRequest(method: .get, url: url, headers: headers), place)
      guard response.isSuccess else { throw refusal(response, place) }
      bytes = response.body
    }
    if let field = account.field {
      guard let token = (try? JSONValue.parse(bytes))?[field]?.stringValue, !token.isEmpty else {
        throw CredentialFile.failure("\(place) has no text in its field “\(DisplayText.escape(field))”")
      }
      return Secret(token)
    }
    let text = String(decoding: bytes.filter { $0 > 0x20 && $0 < 0x7F }, as: UTF8.self)
    guard !text.isEmpty else { throw CredentialFile.failure("\(place) gives nothing") }
    return Secret(text)
  }

  private func impersonate(_ url: String, delegates: [String], with token: AccessToken, scope: String) async throws -> AccessToken {
    let place = "the service that lends service accounts"
    var headers = HTTPHeaders()
    try headers.add("authorization", "Bearer " + token.value.reveal())
    try headers.add("content-type", "application/json")
    let body: JSONObject = [
      "scope": .array([.string(scope)]), "lifetime": "3600s", "delegates": .array(delegates.map { .string($0) }),
    ]
    let response = try await send(
      HTTPRequest(method: .post, url: url, headers: headers, body: .bytes(JSONValue.object(body).bytes())), place)
    guard response.isSuccess else { throw refusal(response, place) }
    guard let answer = try? JSONValue.parse(response.body), let value = answer["accessToken"]?.stringValue, !value.isEmpty else {
      throw CredentialFile.failure("\(place) gives no token")
    }
    return AccessToken(Secret(value), expiration: answer["expireTime"]?.stringValue.flatMap { Timestamp(iso8601: $0) })
  }

  // MARK: Requests

  private func ask(_ url: String, _ form: [(String, String)], headers fields: [(String, String)] = []) async throws -> AccessToken {
    let host = URLParts(parsing: url)?.endpoint.hostAndPort ?? ""
    let place = "the token service \(host)"
    var headers = HTTPHeaders()
    try headers.add("content-type", "application/x-www-form-urlencoded")
    for (name, value) in fields { try headers.add(name, value) }
    let body = form.map { "\($0)=\(PercentEncoding.encode($1.utf8, keepSlash: false))" }.joined(separator: "&")
    let response = try await send(HTTPRequest(method: .post, url: url, headers: headers, body: .bytes(Array(body.utf8))), place)
    guard response.isSuccess else { throw refusal(response, place) }
    guard let token = Self.token(response.body, now: clock.now()) else {
      throw CredentialFile.failure("the answer of \(place) has no token")
    }
    return token
  }

  /// The token of an answer: `{"access_token": …, "expires_in": 3599}`.
  static func token(_ body: [UInt8], now: Timestamp) -> AccessToken? {
    guard let answer = try? JSONValue.parse(body), let value = answer["access_token"]?.stringValue, !value.isEmpty else {
      return nil
    }
    let seconds = answer["expires_in"]?.integerValue ?? answer["expires_in"]?.stringValue.flatMap { Int64($0) }
    // A year is more than any token lasts: nothing that is sent may overflow.
    return AccessToken(Secret(value), expiration: seconds.map { now + .seconds(min(max($0, 0), 31_536_000)) })
  }

  private func send(_ request: HTTPRequest, _ place: String) async throws -> HTTPResponse {
    var request = request
    request.patience = Patience(total: .seconds(60))
    request.label = "credentials"
    do { return try await transport.send(request, into: .memory(limit: 256 << 10)) } catch let error as HTTPError {
      if error.code == .cancelled { throw CancellationError() }
      throw StorageError(
        .unauthenticated, retry: .later, store: "credentials", message: "\(place) gives no answer: \(error.message)", cause: error)
    }
  }

  /// What a refusal means: `{"error": "invalid_grant", "error_description": …}`, or as the storage service says it.
  private func refusal(_ response: HTTPResponse, _ place: String) -> StorageError {
    let answer = try? JSONValue.parse(response.body)
    let code = answer?["error"]?.stringValue ?? answer?["error"]?["status"]?.stringValue ?? ""
    let said = answer?["error_description"]?.stringValue ?? answer?["error"]?["message"]?.stringValue ?? "status \(response.status)"
    let advice: String =
      switch code {
      case "invalid_grant": "; the key or login was revoked or has expired, or this machine's clock is wrong"
      case "invalid_client", "unauthorized_client": "; the client of the login is not known any more: log in again"
      case "PERMISSION_DENIED": "; the account needs the role Service Account Token Creator"
      default: ""
      }
    let isPassing = response.status >= 500 || response.status == 429
    return StorageError(
      .unauthenticated, retry: isPassing ? .later : .never, store: "credentials",
      message: "\(place) gives no token: \(DisplayText.escape(Array(said.utf8.prefix(300))))\(advice)",
      detail: code.isEmpty ? "status \(response.status)" : DisplayText.escape(Array(code.utf8.prefix(64))))
  }
}
