import Crypto
public import HTTPClient
import HTTPMessages
import ObjectStorage
public import Primitives

/// A login under way: a page on which the account's owner allows the app in, and the code that he is shown there.
///
/// Without a secret of the app the code is good only to who began the login (PKCE, RFC 7636): nothing that the app's maker would have
/// to keep secret lies on this machine.
public struct DropboxAuthorization: Sendable {
  /// What Isobar asks an app to be allowed.
  public static let scopes = ["account_info.read", "files.content.read", "files.content.write", "files.metadata.read"]

  private let appKey: String
  private let appSecret: Secret?
  private let verifier: Secret?
  private let hosts: DropboxHosts

  /// Begins a login.
  /// - Parameters:
  ///   - appSecret: only where the app was made to use one.
  ///   - random: 32 bytes that nobody can guess; nil for the system's.
  public init(
    appKey: String, appSecret: Secret? = nil, hosts: DropboxHosts = .dropbox, random: [UInt8]? = nil
  ) {
    self.appKey = appKey
    self.appSecret = appSecret
    self.hosts = hosts
    verifier = appSecret == nil ? Secret(Base64.encodeForURL(random ?? Random.bytes(32))) : nil
  }

  /// The page to open in a browser. It shows a code, which `login` takes.
  public var page: String {
    var query = [
      ("client_id", appKey), ("response_type", "code"), ("token_access_type", "offline"),
      ("scope", Self.scopes.joined(separator: " ")),
    ]
    if let verifier {
      query.append(("code_challenge", Base64.encodeForURL(SHA256.hash(Array(verifier.reveal().utf8)))))
      query.append(("code_challenge_method", "S256"))
    }
    return hosts.authorize.description + "/oauth2/authorize?"
      + query.map { "\($0)=\(PercentEncoding.encode($1.utf8, keepSlash: false))" }.joined(separator: "&")
  }

  /// Ends the login with the code. One request.
  /// - Throws: `StorageError` `.unauthenticated` if the code is none, or too old; it is good once and for a few minutes.
  public func login(code: Secret, transport: any HTTPTransport) async throws -> DropboxLogin {
    // The time is not asked for: a login has no token that ends.
    let exchange = TokenExchange(transport: transport, endpoint: hosts.api, clock: .system)
    return try await exchange.redeem(code, appKey: appKey, appSecret: appSecret, verifier: verifier)
  }
}
