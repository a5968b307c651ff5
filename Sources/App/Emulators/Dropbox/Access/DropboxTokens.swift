import Crypto
import Markup
import Primitives

/// The codes and tokens that were given, inside one transaction. Kept as hashes.
struct DropboxTokens {
  let rows: EmulatorRows
  let now: Int64
  let rules: DropboxRules

  enum Kind: String, Sendable {
    case code
    case access
    case refresh
  }

  /// What is known of a token.
  struct Grant: Sendable {
    var scopes: Set<DropboxScope>
    /// Seconds since 1970; nil: never.
    var expires: Int64?
    /// A code's: the hash that the verifier must have.
    var challenge: String?
    /// A code's: where it was sent.
    var redirect: String?
    /// A code's: whether a refresh token goes with it.
    var access: Access = .online
  }

  enum Access: String, Sendable {
    case online
    case offline
  }

  /// Makes a token.
  func issue(_ kind: Kind, _ grant: Grant) throws -> String {
    let prefix = kind == .access ? "sl.u." : ""
    let token = prefix + Hex.encode(Random.bytes(24))
    try keep(token, kind, grant)
    return token
  }

  /// Makes `token` known.
  func keep(_ token: String, _ kind: Kind, _ grant: Grant) throws {
    var json: JSONObject = ["scopes": .string(DropboxScope.text(grant.scopes)), "access": .string(grant.access.rawValue)]
    if let expires = grant.expires { json["expires"] = .integer(expires) }
    if let challenge = grant.challenge { json["challenge"] = .string(challenge) }
    if let redirect = grant.redirect { json["redirect"] = .string(redirect) }
    try rows.put("token", key(token, kind), .object(json))
  }

  /// What `token` is good for, also if it has expired; nil: it was never given, or was taken back.
  func grant(_ token: String, _ kind: Kind) throws -> Grant? {
    if kind == .access, ConstantTime.isEqual(Array(token.utf8), Array(rules.developerToken.utf8)) {
      return Grant(scopes: Set(DropboxScope.allCases))
    }
    if kind == .refresh, let known = rules.refreshToken, ConstantTime.isEqual(Array(token.utf8), Array(known.utf8)) {
      return Grant(scopes: Set(DropboxScope.allCases))
    }
    guard let json = try rows.get("token", key(token, kind)), let scopes = json["scopes"]?.stringValue.flatMap(DropboxScope.list)
    else { return nil }
    return Grant(
      scopes: scopes, expires: json["expires"]?.integerValue, challenge: json["challenge"]?.stringValue,
      redirect: json["redirect"]?.stringValue, access: json["access"]?.stringValue.flatMap(Access.init) ?? .online)
  }

  /// Takes a token back: a code is good once.
  func revoke(_ token: String, _ kind: Kind) throws { try rows.remove("token", key(token, kind)) }

  private func key(_ token: String, _ kind: Kind) -> [UInt8] {
    Array(kind.rawValue.utf8) + [0] + SHA256.hash(Array(token.utf8))
  }

  /// Whether the token of a request may do what needs `scope`.
  /// - Throws: `DropboxRefusal.unauthorized`.
  func check(_ token: String, for scope: DropboxScope?) throws {
    guard let grant = try grant(token, .access) else { throw DropboxRefusal.unauthorized(.void("invalid_access_token")) }
    if let expires = grant.expires, expires <= now { throw DropboxRefusal.unauthorized(.void("expired_access_token")) }
    if let scope, !grant.scopes.contains(scope) {
      throw DropboxRefusal.unauthorized(.fields("missing_scope", ["required_scope": .string(scope.rawValue)]))
    }
  }
}
