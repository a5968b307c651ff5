import Crypto
import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives

/// A file of credentials as Google's consoles and programs write it. Never shown: most of it is secret.
indirect enum CredentialFile: Sendable {
  case serviceAccount(ServiceAccount)
  case authorizedUser(AuthorizedUser)
  case externalAccount(ExternalAccount)
  case impersonated(CredentialFile, url: String, delegates: [String])

  struct ServiceAccount: Sendable {
    let email: String
    let keyID: String?
    let key: RSASigner
    let tokenURL: String
  }

  struct AuthorizedUser: Sendable {
    let clientID: String
    let clientSecret: Secret
    let refreshToken: Secret
    let tokenURL: String
  }

  struct ExternalAccount: Sendable {
    enum Source: Sendable {
      case file(String)
      case url(String, headers: [(name: String, value: String)])
    }
    let audience: String
    let subjectTokenType: String
    let tokenURL: String
    let source: Source
    /// The field of a JSON answer or file that holds the token; nil where it is the whole text.
    let field: String?
    let impersonationURL: String?
    let client: (id: String, secret: Secret)?
    let workforceProject: String?
  }

  private static let google = "https://oauth2.googleapis.com/token"

  /// Reads a file. Messages name the place and the field, never a value.
  /// - Throws: `StorageError` with `.unauthenticated`.
  init(_ bytes: [UInt8], place: String, depth: Int = 0) throws {
    guard let json = try? JSONValue.parse(bytes, limits: MarkupLimits(byteCount: 1 << 20)), json.objectValue != nil else {
      throw Self.failure("\(place) is no file of credentials: it is not JSON (a path is written file:PATH)")
    }
    try self.init(json, place: place, depth: depth)
  }

  private init(_ json: JSONValue, place: String, depth: Int) throws {
    func text(_ name: String) throws -> String {
      guard let value = json[name]?.stringValue, !value.isEmpty else { throw Self.failure("\(place): “\(name)” is missing") }
      return value
    }
    switch json["type"]?.stringValue {
    case "service_account":
      guard let key = RSASigner(pem: Array(try text("private_key").utf8)) else {
        throw Self.failure("\(place): “private_key” is no RSA key of 2048 bits or more in PEM")
      }
      self = .serviceAccount(
        ServiceAccount(
          email: try text("client_email"), keyID: json["private_key_id"]?.stringValue, key: key,
          tokenURL: try Self.address(json["token_uri"]?.stringValue ?? Self.google, "token_uri", place)))
    case "authorized_user":
      self = .authorizedUser(
        AuthorizedUser(
          clientID: try text("client_id"), clientSecret: Secret(try text("client_secret")),
          refreshToken: Secret(try text("refresh_token")),
          tokenURL: try Self.address(json["token_uri"]?.stringValue ?? Self.google, "token_uri", place)))
    case "external_account":
      let impersonation = json["service_account_impersonation_url"]?.stringValue
      let client = json["client_id"]?.stringValue.flatMap { id in
        json["client_secret"]?.stringValue.map { (id: id, secret: Secret($0)) }
      }
      let (source, field) = try Self.source(json["credential_source"], place)
      self = .externalAccount(
        ExternalAccount(
          audience: try text("audience"), subjectTokenType: try text("subject_token_type"),
          tokenURL: try Self.address(try text("token_url"), "token_url", place), source: source, field: field,
          impersonationURL: try impersonation.map { try Self.address($0, "service_account_impersonation_url", place) },
          client: client, workforceProject: json["workforce_pool_user_project"]?.stringValue))
    case "impersonated_service_account":
      guard depth < 2, let inner = json["source_credentials"] else {
        throw Self.failure("\(place): “source_credentials” is missing, or too deep")
      }
      let delegates = json["delegates"]?.arrayValue?.compactMap(\.stringValue) ?? []
      self = .impersonated(
        try CredentialFile(inner, place: place, depth: depth + 1),
        url: try Self.address(try text("service_account_impersonation_url"), "service_account_impersonation_url", place),
        delegates: delegates)
    case let kind:
      throw Self.failure(
        "\(place): credentials of type “\(DisplayText.escape(kind ?? ""))” are not known: service_account, authorized_user, "
          + "external_account and impersonated_service_account are")
    }
  }

  private static func source(_ json: JSONValue?, _ place: String) throws -> (ExternalAccount.Source, field: String?) {
    guard let json, json.objectValue != nil else { throw failure("\(place): “credential_source” is missing") }
    let format = json["format"]
    var field: String?
    if format?["type"]?.stringValue == "json" {
      guard let name = format?["subject_token_field_name"]?.stringValue, !name.isEmpty else {
        throw failure("\(place): “subject_token_field_name” is missing")
      }
      field = name
    }
    if let file = json["file"]?.stringValue { return (.file(file), field) }
    if json["environment_id"] == nil, json["executable"] == nil, let url = json["url"]?.stringValue {
      guard URLParts(parsing: url) != nil else { throw failure("\(place): “credential_source.url” is no address") }
      let headers = json["headers"]?.objectValue?.members.compactMap { member in
        member.value.stringValue.map { (name: member.key, value: $0) }
      }
      return (.url(url, headers: headers ?? []), field)
    }
    throw failure(
      "\(place): only tokens from a file or an address are supported as “credential_source”, not those of AWS or a program")
  }

  /// Tokens and keys go over TLS only, or stay on this machine.
  private static func address(_ text: String, _ name: String, _ place: String) throws -> String {
    guard let parts = URLParts(parsing: text), parts.endpoint.isPrivate else {
      throw failure("\(place): “\(name)” must be an https address")
    }
    return text
  }

  static func failure(_ message: String) -> StorageError {
    StorageError(.unauthenticated, store: "credentials", message: message)
  }
}
