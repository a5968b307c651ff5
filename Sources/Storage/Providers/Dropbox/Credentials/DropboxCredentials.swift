import Crypto
import Markup
import ObjectStorage
public import Primitives

/// What proves to the service that we may use an account. Never shown.
public struct DropboxCredentials: Sendable, Equatable {
  /// What is known.
  public enum Kind: Sendable, Equatable {
    /// A token as it is sent; good for about four hours.
    case accessToken(Secret)
    /// What new tokens are got with; good until the account's owner takes it back. An app that logged in with a code challenge has no
    /// secret.
    case refreshToken(Secret, appKey: String, appSecret: Secret?)
  }

  /// Where they came from.
  public enum Source: String, Sendable, CustomStringConvertible {
    case settings = "the settings"
    case environment = "the environment"
    case login = "a login (isobar login dropbox)"

    public var description: String { rawValue }
  }

  /// See `Kind`.
  public var kind: Kind
  /// See `Source`.
  public var source: Source
  /// The account's id, where it is known: `dbid:AAH4f99…`. For `DropboxConfiguration.account`.
  public var account: String?

  /// Credentials.
  public init(_ kind: Kind, source: Source = .settings, account: String? = nil) {
    self.kind = kind
    self.source = source
    self.account = account
  }

  /// What tells the account from others, without asking the service: its id, or where that is not known, what follows from the token
  /// alone. Not secret.
  var accountMark: String {
    if let account { return account }
    return switch kind {
    case .accessToken(let token): "token-" + Self.fingerprint(of: token)
    case .refreshToken(let token, let appKey, _): "app-\(appKey)-" + Self.fingerprint(of: token)
    }
  }

  /// A few bytes of a hash: they tell tokens apart and lead back to none.
  private static func fingerprint(of token: Secret) -> String {
    Hex.encode(SHA256.hash(Array(("isobar dropbox account " + token.reveal()).utf8)).prefix(8))
  }

  /// Those of the environment: `DROPBOX_ACCESS_TOKEN`, or `DROPBOX_REFRESH_TOKEN` with `DROPBOX_APP_KEY` and, unless the login was made
  /// with a code challenge, `DROPBOX_APP_SECRET`. A refresh token goes first, since it outlasts the other.
  /// - Returns: nil if there are none.
  /// - Throws: `StorageError` `.unauthenticated` for a refresh token without its app's key.
  public static func environment(_ variables: [String: String]) throws -> DropboxCredentials? {
    func value(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let refresh = value("DROPBOX_REFRESH_TOKEN") {
      guard let key = value("DROPBOX_APP_KEY") else {
        throw failure("DROPBOX_REFRESH_TOKEN is set without DROPBOX_APP_KEY: a refresh token belongs to an app")
      }
      return DropboxCredentials(
        .refreshToken(Secret(refresh), appKey: key, appSecret: value("DROPBOX_APP_SECRET").map { Secret($0) }),
        source: .environment)
    }
    return value("DROPBOX_ACCESS_TOKEN").map { DropboxCredentials(.accessToken(Secret($0)), source: .environment) }
  }

  /// The first of: those given, those of the environment, those of a login.
  /// - Parameters:
  ///   - explicit: of the settings.
  ///   - variables: environment variables.
  ///   - login: the content of the file that a login left; nil if there is none.
  /// - Throws: `StorageError` `.unauthenticated` where there are none, which says how to get some.
  public static func find(
    explicit: DropboxCredentials? = nil, variables: [String: String], login: [UInt8]?
  ) throws -> DropboxCredentials {
    if let explicit { return explicit }
    if let found = try environment(variables) { return found }
    if let login { return try DropboxLogin(login).credentials }
    throw failure(
      "no credentials found: log in with isobar login dropbox, or set DROPBOX_REFRESH_TOKEN and DROPBOX_APP_KEY, or "
        + "DROPBOX_ACCESS_TOKEN for a few hours")
  }

  static func failure(_ message: String) -> StorageError {
    StorageError(.unauthenticated, store: "credentials", message: message)
  }
}
