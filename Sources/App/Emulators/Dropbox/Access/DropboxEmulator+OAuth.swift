import Crypto
import HTTPMessages
import HTTPServer
import Markup
import Primitives

extension DropboxEmulator {
  /// `GET /oauth2/authorize`: says yes at once. A client with a redirect gets its code there, others see it on a page.
  func authorize(_ request: HTTPServerRequest) throws -> HTTPServerResponse {
    guard request.method == .get else { return .text("GET only", status: 405) }
    guard let form = DropboxForm((request.query ?? "").utf8) else { return .text("Invalid query", status: 400) }
    guard form["client_id"] == rules.appKey else { return .text("Invalid client_id: no such app", status: 400) }
    guard form["response_type"] == "code" else { return .text("Invalid response_type", status: 400) }
    var grant = DropboxTokens.Grant(scopes: Set(DropboxScope.allCases), expires: now + 600, redirect: form["redirect_uri"])
    if let text = form["scope"] {
      guard let scopes = DropboxScope.list(text) else { return .text("Invalid scope", status: 400) }
      grant.scopes = scopes
    }
    if let challenge = form["code_challenge"] {
      guard form["code_challenge_method"] == "S256", challenge.utf8.count == 43 else {
        return .text("Invalid code_challenge: only S256 is taken here", status: 400)
      }
      grant.challenge = challenge
    }
    grant.access = form["token_access_type"] == "offline" ? .offline : .online
    let code = try depot.table.transaction { try tokens($0).issue(.code, grant) }
    guard let redirect = form["redirect_uri"] else {
      return .text(
        "<!doctype html><title>Access code</title><p>Enter this code: <code id=\"code\">\(code)</code></p>", status: 200,
        type: "text/html; charset=utf-8")
    }
    // Only to programs on the user's machine: this page asks nobody.
    guard let url = URLParts(parsing: redirect), url.endpoint.scheme == .http,
      ["localhost", "127.0.0.1", "::1"].contains(url.endpoint.host)
    else {
      return .text("Invalid redirect_uri: not a loopback address", status: 400)
    }
    let state = form["state"].map { "&state=" + PercentEncoding.encode($0.utf8, keepSlash: false) } ?? ""
    var headers = HTTPHeaders()
    try headers.add("Location", "\(redirect)\(redirect.contains("?") ? "&" : "?")code=\(code)\(state)")
    return HTTPServerResponse(302, headers: headers)
  }

  /// `POST /oauth2/token`: codes and refresh tokens for access tokens.
  func token(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
    guard request.method == .post else { return .text("POST only", status: 405) }
    guard let body = try? await request.body.collect(limit: 64 << 10), let form = DropboxForm(body) else {
      return Self.refused("invalid_request", "the form cannot be read")
    }
    return try depot.table.transaction { rows in
      let tokens = tokens(rows)
      switch form["grant_type"] {
      case "authorization_code": return try exchange(form, request.headers, tokens)
      case "refresh_token": return try refresh(form, request.headers, tokens)
      default: return Self.refused("unsupported_grant_type", "grant_type must be authorization_code or refresh_token")
      }
    }
  }

  private func exchange(_ form: DropboxForm, _ headers: HTTPHeaders, _ tokens: DropboxTokens) throws -> HTTPServerResponse {
    guard let code = form["code"], let grant = try tokens.grant(code, .code), (grant.expires ?? 0) > now else {
      return Self.refused("invalid_grant", "code doesn't exist or has expired")
    }
    try tokens.revoke(code, .code)
    guard grant.redirect == form["redirect_uri"] else {
      return Self.refused("invalid_grant", "redirect_uri does not match the one of the authorization")
    }
    if let challenge = grant.challenge {
      guard form["client_id"] == rules.appKey else { return Self.refused("invalid_client", "Invalid client_id or client_secret") }
      guard let verifier = form["code_verifier"], Self.challenge(of: verifier) == challenge else {
        return Self.refused("invalid_grant", "invalid code verifier")
      }
    } else if !isClient(form, headers) {
      return Self.refused("invalid_client", "Invalid client_id or client_secret")
    }
    var json = try accessToken(grant.scopes, tokens)
    json["uid"] = .string(DropboxAccount.namespace)
    json["account_id"] = .string(DropboxAccount.id)
    if grant.access == .offline {
      var kept = DropboxTokens.Grant(scopes: grant.scopes)
      // One that came by PKCE is refreshed without the secret.
      kept.challenge = grant.challenge
      json["refresh_token"] = .string(try tokens.issue(.refresh, kept))
    }
    return .json(.object(json))
  }

  private func refresh(_ form: DropboxForm, _ headers: HTTPHeaders, _ tokens: DropboxTokens) throws -> HTTPServerResponse {
    guard let token = form["refresh_token"], let grant = try tokens.grant(token, .refresh) else {
      return Self.refused("invalid_grant", "refresh token is invalid or revoked")
    }
    let isPublic = grant.challenge != nil && form["client_id"] == rules.appKey && form["client_secret"] == nil
    guard isPublic || isClient(form, headers) else {
      return Self.refused("invalid_client", "Invalid client_id or client_secret")
    }
    var scopes = grant.scopes
    if let text = form["scope"] {
      guard let wanted = DropboxScope.list(text), wanted.isSubset(of: scopes) else {
        return Self.refused("invalid_scope", "the refresh token does not have that scope")
      }
      scopes = wanted
    }
    return .json(.object(try accessToken(scopes, tokens)))
  }

  private func accessToken(_ scopes: Set<DropboxScope>, _ tokens: DropboxTokens) throws -> JSONObject {
    let seconds = rules.tokenLifetime.components.seconds
    let token = try tokens.issue(.access, DropboxTokens.Grant(scopes: scopes, expires: now + seconds))
    return [
      "access_token": .string(token), "token_type": "bearer", "expires_in": .integer(seconds),
      "scope": .string(DropboxScope.text(scopes)),
    ]
  }

  /// Whether the request has the app's key and secret, in the form or as Basic authentication.
  private func isClient(_ form: DropboxForm, _ headers: HTTPHeaders) -> Bool {
    let given: [UInt8]
    if let key = form["client_id"], let secret = form["client_secret"] {
      given = Array("\(key):\(secret)".utf8)
    } else if let basic = headers["authorization"], basic.hasPrefix("Basic "),
      let decoded = Base64.decode(String(basic.dropFirst(6)))
    {
      given = decoded
    } else {
      return false
    }
    return ConstantTime.isEqual(given, Array("\(rules.appKey):\(rules.appSecret)".utf8))
  }

  /// What a verifier's challenge is (RFC 7636): its SHA-256 in URL-safe Base64 without padding.
  static func challenge(of verifier: String) -> String? {
    guard (43...128).contains(verifier.utf8.count) else { return nil }
    let text = Base64.encode(SHA256.hash(Array(verifier.utf8)))
    return String(text.filter { $0 != "=" }.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
  }

  private static func refused(_ error: String, _ description: String) -> HTTPServerResponse {
    .json(.object(["error": .string(error), "error_description": .string(description)]), status: 400)
  }
}
