import Crypto
import HTTPMessages
import HTTPServer
import Markup
import Primitives

/// A refusal in the words of OAuth 2 (RFC 6749).
private struct TokenRefusal: Error {
  var status = 400
  var code = "invalid_grant"
  var message: String

  init(_ message: String, code: String = "invalid_grant", status: Int = 400) {
    (self.message, self.code, self.status) = (message, code, status)
  }

  var response: HTTPServerResponse {
    HTTPServerResponse(
      status, headers: ["Content-Type": "application/json; charset=utf-8"],
      body: .bytes(JSONValue.object(["error": .string(code), "error_description": .string(message)]).bytes()))
  }
}

extension GCSEmulator {
  /// Answers at the addresses where tokens are had.
  func answer(_ route: GCSAccessRoute, _ call: GCSCall) async throws -> HTTPServerResponse {
    do {
      switch (route, call.method) {
      case (.token, .post): return try await token(call)
      case (.exchange, .post): return try await exchange(call)
      case (.impersonate(let email), .post): return try await impersonate(email, call)
      case (.instanceToken, .get):
        try checkFlavor(call)
        return instance(.object(tokenMembers()))
      case (.instance(let path), .get): return try instance(path, call)
      default: throw GCSFailure(405, "methodNotAllowed", "Method Not Allowed")
      }
    } catch let refusal as TokenRefusal { return refusal.response }
  }

  private func tokenMembers() -> JSONObject {
    [
      "access_token": .string(accounts.issue()), "expires_in": .integer(GCSAccounts.lifetime.components.seconds),
      "token_type": "Bearer",
    ]
  }

  private func document(_ members: JSONObject) -> HTTPServerResponse {
    HTTPServerResponse(
      200, headers: ["Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-cache, no-store, max-age=0"],
      body: .bytes(JSONValue.object(members).bytes()))
  }

  private func form(_ call: GCSCall) async throws -> GCSQuery {
    let bytes = try await call.body.collect(limit: 1 << 16)
    let type = call.headers["content-type"] ?? ""
    if type.lowercased().hasPrefix("application/x-www-form-urlencoded") {
      return try GCSQuery(String(decoding: bytes, as: UTF8.self))
    }
    throw TokenRefusal("Bad Request", code: "invalid_request")
  }

  private func token(_ call: GCSCall) async throws -> HTTPServerResponse {
    let form = try await form(call)
    switch form["grant_type"] {
    case "urn:ietf:params:oauth:grant-type:jwt-bearer":
      try checkAssertion(form["assertion"] ?? "", audience: "\(call.base)/token")
    case "refresh_token":
      let proofs = try accounts.current()
      guard form["client_id"] == GCSAccounts.clientID, Self.isSame(form["client_secret"], proofs.clientSecret) else {
        throw TokenRefusal("The OAuth client was not found.", code: "invalid_client", status: 401)
      }
      guard Self.isSame(form["refresh_token"], proofs.refreshToken) else {
        throw TokenRefusal("Token has been expired or revoked.")
      }
    default: throw TokenRefusal("Invalid grant_type: \(form["grant_type"] ?? "")", code: "unsupported_grant_type")
    }
    return document(tokenMembers())
  }

  /// A claim of the service account to be itself, signed with its key.
  private func checkAssertion(_ assertion: String, audience: String) throws {
    let parts = assertion.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let head = Self.json(parts[0]), let claims = Self.json(parts[1]), let signature = Self.decode(parts[2])
    else { throw TokenRefusal("Bad Request", code: "invalid_request") }
    let proofs = try accounts.current()
    guard head["alg"]?.stringValue == "RS256", claims["iss"]?.stringValue == GCSAccounts.email else {
      throw TokenRefusal("Invalid grant: account not found")
    }
    if let id = head["kid"]?.stringValue, id != proofs.keyID { throw TokenRefusal("Invalid JWT Signature.") }
    guard proofs.key.verify(signature, of: Array("\(parts[0]).\(parts[1])".utf8)) else {
      throw TokenRefusal("Invalid JWT Signature.")
    }
    // Google's own library for Python names Google's own address wherever it asks.
    guard [audience, "https://oauth2.googleapis.com/token"].contains(claims["aud"]?.stringValue) else {
      throw TokenRefusal("Invalid JWT: Failed audience check. The right audience is \(audience)")
    }
    let now = clock.now().seconds
    guard let start = claims["iat"]?.integerValue, let end = claims["exp"]?.integerValue, start >= 0, start <= now + 300,
      end > now, end > start, end - start <= 3600
    else {
      throw TokenRefusal(
        "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in "
          + "the JWT claim.")
    }
    guard let scope = claims["scope"]?.stringValue, !scope.isEmpty else {
      throw TokenRefusal("Empty or missing scope not allowed.", code: "invalid_scope")
    }
  }

  /// Takes as long wherever they differ.
  private static func isSame(_ given: String?, _ secret: String) -> Bool {
    ConstantTime.isEqual(Array((given ?? "").utf8), Array(secret.utf8))
  }

  private static func decode(_ part: Substring) -> [UInt8]? {
    var text = part.utf8.map { byte -> UInt8 in
      switch byte {
      case UInt8(ascii: "-"): UInt8(ascii: "+")
      case UInt8(ascii: "_"): UInt8(ascii: "/")
      default: byte
      }
    }
    while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
    return Base64.decode(String(decoding: text, as: UTF8.self))
  }

  private static func json(_ part: Substring) -> JSONValue? { decode(part).flatMap { try? JSONValue.parse($0) } }

  // MARK: Workloads

  private func exchange(_ call: GCSCall) async throws -> HTTPServerResponse {
    let form = try await form(call)
    guard form["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange" else {
      throw TokenRefusal("Invalid grant_type.", code: "unsupported_grant_type")
    }
    guard form["audience"] == GCSAccounts.audience else {
      throw TokenRefusal("Invalid value for audience.", code: "invalid_target")
    }
    guard form["requested_token_type"] == "urn:ietf:params:oauth:token-type:access_token",
      form["subject_token_type"] == "urn:ietf:params:oauth:token-type:jwt", form["scope"]?.isEmpty == false
    else { throw TokenRefusal("Invalid request.", code: "invalid_request") }
    guard Self.isSame(form["subject_token"], try accounts.current().subjectToken) else {
      throw TokenRefusal("The subject token is invalid.")
    }
    var members = tokenMembers()
    members["issued_token_type"] = "urn:ietf:params:oauth:token-type:access_token"
    return document(members)
  }

  private func impersonate(_ email: String, _ call: GCSCall) async throws -> HTTPServerResponse {
    guard call.headers["authorization"] != nil else { throw GCSFailure.credentials }
    try accounts.authorize(call.headers)
    guard email == GCSAccounts.email else { throw GCSFailure(404, "notFound", "Not found; Gaia id not found for email \(email)") }
    guard try await call.document()["scope"]?.arrayValue?.isEmpty == false else { throw GCSFailure.required("scope") }
    let end = clock.now() + GCSAccounts.lifetime
    return document(["accessToken": .string(accounts.issue()), "expireTime": .string(Timestamp(seconds: end.seconds).iso8601)])
  }

  // MARK: Metadata server

  private func checkFlavor(_ call: GCSCall) throws {
    guard call.headers["metadata-flavor"] == "Google" else {
      throw GCSFailure(403, "forbidden", "Missing Metadata-Flavor:Google header.")
    }
  }

  private func instance(_ path: String, _ call: GCSCall) throws -> HTTPServerResponse {
    try checkFlavor(call)
    switch path {
    case "": return instance(text: "computeMetadata/")
    case "project/project-id": return instance(text: GCSAccounts.project)
    case "universe/universe-domain", "universe/universe_domain": return instance(text: "googleapis.com")
    case "instance/service-accounts/default/email": return instance(text: GCSAccounts.email)
    case "instance/service-accounts/default", "instance/service-accounts/default/":
      return instance([
        "email": .string(GCSAccounts.email), "aliases": ["default"],
        "scopes": ["https://www.googleapis.com/auth/cloud-platform"],
      ])
    default: throw GCSFailure.noPath
    }
  }

  private func instance(_ json: JSONValue) -> HTTPServerResponse {
    HTTPServerResponse(
      200, headers: ["Content-Type": "application/json", "Metadata-Flavor": "Google"], body: .bytes(json.bytes()))
  }

  private func instance(text: String) -> HTTPServerResponse {
    HTTPServerResponse(
      200, headers: ["Content-Type": "application/text", "Metadata-Flavor": "Google"], body: .bytes(Array(text.utf8)))
  }
}
