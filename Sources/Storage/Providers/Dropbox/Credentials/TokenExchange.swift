import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives

/// Asks for tokens (`/oauth2/token`).
struct TokenExchange: Sendable {
  let transport: any HTTPTransport
  let endpoint: HTTPEndpoint
  let clock: WallClock

  /// A new access token.
  func refresh(_ token: Secret, appKey: String, appSecret: Secret?) async throws -> AccessToken {
    var form = [("grant_type", "refresh_token"), ("refresh_token", token.reveal()), ("client_id", appKey)]
    if let appSecret { form.append(("client_secret", appSecret.reveal())) }
    return try accessToken(try await ask(form))
  }

  /// What a code gets that the account's owner was shown.
  /// - Parameter proof: the verifier of the code challenge, or the app's secret.
  func redeem(_ code: Secret, appKey: String, appSecret: Secret?, verifier: Secret?) async throws -> DropboxLogin {
    var form = [("grant_type", "authorization_code"), ("code", code.reveal()), ("client_id", appKey)]
    if let verifier { form.append(("code_verifier", verifier.reveal())) }
    if let appSecret { form.append(("client_secret", appSecret.reveal())) }
    let answer = try await ask(form)
    guard let refresh = answer["refresh_token"]?.stringValue, !refresh.isEmpty else {
      throw DropboxCredentials.failure("the service gives no refresh token for the code")
    }
    let scopes = answer["scope"]?.stringValue?.split(separator: " ").map(String.init) ?? []
    return DropboxLogin(
      appKey: appKey, appSecret: appSecret, refreshToken: Secret(refresh), account: answer["account_id"]?.stringValue,
      scopes: scopes.sorted())
  }

  private func accessToken(_ answer: JSONValue) throws -> AccessToken {
    guard let value = answer["access_token"]?.stringValue, !value.isEmpty else {
      throw DropboxCredentials.failure("the service's answer has no token")
    }
    // A year is more than any token lasts: nothing that is sent may overflow.
    let seconds = answer["expires_in"]?.integerValue.map { min(max($0, 0), 31_536_000) }
    return AccessToken(Secret(value), expiration: seconds.map { clock.now() + .seconds($0) })
  }

  private func ask(_ form: [(String, String)]) async throws -> JSONValue {
    guard endpoint.isPrivate else {
      throw StorageError(
        .invalidArgument, store: "credentials", message: "a login is not sent without TLS: use an https endpoint")
    }
    var headers = HTTPHeaders()
    try headers.add("content-type", "application/x-www-form-urlencoded")
    try headers.add("accept", "application/json")
    let body = form.map { "\($0)=\(PercentEncoding.encode($1.utf8, keepSlash: false))" }.joined(separator: "&")
    var request = HTTPRequest(
      method: .post, url: endpoint.description + "/oauth2/token", headers: headers, body: .bytes(Array(body.utf8)),
      label: "oauth2/token")
    request.patience = Patience(total: .seconds(60))
    let response: HTTPResponse
    do { response = try await transport.send(request, into: .memory(limit: 256 << 10)) } catch let error as HTTPError {
      if error.code == .cancelled { throw CancellationError() }
      throw StorageError(
        .unauthenticated, retry: .later, store: "credentials", message: "Dropbox gives no answer: \(error.message)", cause: error)
    }
    let answer = try? JSONValue.parse(response.body, limits: MarkupLimits(byteCount: 256 << 10))
    guard response.isSuccess, let answer, answer.objectValue != nil else { throw refusal(response, answer) }
    return answer
  }

  /// What a refusal means: `{"error": "invalid_grant", "error_description": …}`.
  private func refusal(_ response: HTTPResponse, _ answer: JSONValue?) -> StorageError {
    let failure = ServiceError(response.body)
    let meaning = ErrorMeaning.of(failure.tags, status: response.status)
    var message = "Dropbox gives no token"
    if meaning.code == .unauthenticated, let advice = meaning.advice { message += ": \(advice)" }
    if let said = answer?["error_description"]?.stringValue { message += ": \(DisplayText.escape(Array(said.utf8.prefix(300))))" }
    let isPassing = response.status >= 500 || response.status == 429
    return StorageError(
      .unauthenticated, retry: isPassing ? .later : .never, store: "credentials", message: message,
      detail: (failure.tags.prefix(4) + ["status \(response.status)"]).joined(separator: ", "))
  }
}
