import Crypto
import HTTPMessages
import HTTPServer
import Markup
import Primitives

/// Issues and checks bearer tokens, as the directory service does for applications ("OAuth 2.0 client credentials flow").
///
/// A token says when it ends and carries a code made with the account's key, so that none is kept.
struct AzureTokens {
  let behaviour: AzureBehaviour
  let key: [UInt8]

  /// Whether a request is for the directory, and not for the account: no path of the account begins with another name.
  func isFor(_ request: HTTPServerRequest) -> Bool {
    guard !AzureAddress.isHostStyle(request.headers["host"], behaviour.account) else { return false }
    let segments = request.path.split(separator: "/")
    return segments.first.map { $0 != behaviour.account } ?? false
      && (segments.dropFirst().starts(with: ["oauth2", "v2.0", "token"]) || Self.isDiscovery(segments))
  }

  private static func isDiscovery(_ segments: [Substring]) -> Bool {
    segments == ["common", "discovery", "instance"] || segments.suffix(2) == [".well-known", "openid-configuration"]
  }

  func respond(to request: HTTPServerRequest, now: Timestamp) async throws -> HTTPServerResponse {
    let segments = request.path.split(separator: "/")
    if Self.isDiscovery(segments) {
      guard request.method == .get else { return HTTPServerResponse(405) }
      return discover(segments, host: request.headers["host"] ?? "localhost")
    }
    guard request.method == .post, segments.count == 4 else { return HTTPServerResponse(404) }
    guard segments[0] == behaviour.tenant else {
      return refusal(400, "invalid_request", 90002, "Tenant '\(segments[0])' not found.")
    }
    let bytes: [UInt8]
    do { bytes = try await request.body.collect(limit: 64 << 10) } catch is BodyTooLong { return HTTPServerResponse(413) }
    guard let form = try? AzureQuery(Substring(String(decoding: bytes, as: UTF8.self))) else { return HTTPServerResponse(400) }
    guard form["grant_type"] == "client_credentials" else {
      return refusal(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
    }
    guard form["client_id"] == behaviour.clientID else {
      return refusal(400, "unauthorized_client", 700016, "Application was not found in the directory.")
    }
    guard let secret = form["client_secret"], Secret(secret) == behaviour.clientSecret else {
      return refusal(401, "invalid_client", 7_000_215, "Invalid client secret provided.")
    }
    guard isScope(form["scope"] ?? "") else {
      return refusal(400, "invalid_scope", 70011, "The provided value for the input parameter 'scope' is not valid.")
    }
    let seconds = behaviour.tokenLifetime.components.seconds
    let body: JSONValue = [
      "token_type": "Bearer", "expires_in": .integer(seconds), "ext_expires_in": .integer(seconds),
      "access_token": .string(issue(until: now + behaviour.tokenLifetime)),
    ]
    return json(200, body)
  }

  /// Storage, of all accounts or of this one, beside what libraries ask for of their own accord.
  private func isScope(_ text: String) -> Bool {
    let scopes = Set(text.split(separator: " ").map { String($0) })
    let resources = ["https://storage.azure.com", "https://\(behaviour.account).blob.core.windows.net"].map { $0 + "/.default" }
    return scopes.subtracting(["openid", "offline_access", "profile"]).count == 1 && resources.contains(where: scopes.contains)
  }

  /// What libraries ask first: who the directory is, and where it issues tokens.
  private func discover(_ segments: [Substring], host: String) -> HTTPServerResponse {
    // Where there is a port nobody has ended TLS.
    let base = "\(host.contains(":") ? "http" : "https")://\(host)/\(behaviour.tenant)"
    guard segments.last == "instance" else {
      return json(
        200,
        [
          "token_endpoint": .string(base + "/oauth2/v2.0/token"), "issuer": .string(base + "/v2.0"),
          "authorization_endpoint": .string(base + "/oauth2/v2.0/authorize"),
          "jwks_uri": .string(base + "/discovery/v2.0/keys"), "response_types_supported": ["code"],
        ])
    }
    let known: JSONValue = [
      "preferred_network": .string(host), "preferred_cache": .string(host), "aliases": [.string(host)],
    ]
    return json(
      200,
      [
        "tenant_discovery_endpoint": .string(base + "/v2.0/.well-known/openid-configuration"), "api-version": "1.1",
        "metadata": [known],
      ])
  }

  func issue(until end: Timestamp) -> String {
    let text = end.decimalSeconds
    return "isobar.\(text.split(separator: ".").joined(separator: "_")).\(code(text))"
  }

  /// - Throws: a challenge, unless the token was issued here and is still good.
  func check(_ token: Substring, now: Timestamp) throws(AzureFault) {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "isobar" else { throw .challenge("InvalidAuthenticationInfo", tenant: behaviour.tenant) }
    let text = parts[1].split(separator: "_").joined(separator: ".")
    guard Secret(code(text)) == Secret(String(parts[2])), let end = Timestamp(decimalSeconds: text), now < end else {
      throw .challenge("InvalidAuthenticationInfo", tenant: behaviour.tenant)
    }
  }

  private func code(_ text: String) -> String { Hex.encode(AzureSharedKey.signature("token\n" + text, key: key)) }

  private func refusal(_ status: Int, _ error: String, _ number: Int64, _ text: String) -> HTTPServerResponse {
    json(
      status,
      [
        "error": .string(error), "error_description": .string("AADSTS\(number): \(text)"), "error_codes": [.integer(number)],
      ])
  }

  private func json(_ status: Int, _ body: JSONValue) -> HTTPServerResponse {
    HTTPServerResponse(
      status, headers: ["Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"], body: .bytes(body.bytes()))
  }
}
