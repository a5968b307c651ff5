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

  /// Whether a request is for the directory, and not for the account.
  func isFor(_ request: HTTPServerRequest) -> Bool {
    let segments = request.path.split(separator: "/", omittingEmptySubsequences: false)
    return segments.count == 5 && segments[2...] == ["oauth2", "v2.0", "token"] && segments[1] != behaviour.account
      && !AzureAddress.isHostStyle(request.headers["host"], behaviour.account)
  }

  func respond(to request: HTTPServerRequest, now: Timestamp) async throws -> HTTPServerResponse {
    guard request.method == .post else { return HTTPServerResponse(405) }
    let segments = request.path.split(separator: "/")
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
    guard form["scope"] == "https://storage.azure.com/.default" else {
      return refusal(400, "invalid_scope", 70011, "The provided value for the input parameter 'scope' is not valid.")
    }
    let seconds = behaviour.tokenLifetime.components.seconds
    let body: JSONValue = [
      "token_type": "Bearer", "expires_in": .integer(seconds), "ext_expires_in": .integer(seconds),
      "access_token": .string(issue(until: now + behaviour.tokenLifetime)),
    ]
    return json(200, body)
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
