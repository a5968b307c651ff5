public import HTTPClient
import HTTPMessages
public import Primitives
import ProviderSupport

/// What a request carries to say who asks.
struct AccessToken: Sendable, Equatable {
  let value: Secret
  /// When it ends; nil if nobody says.
  let expiration: Timestamp?

  init(_ value: Secret, expiration: Timestamp? = nil) {
    self.value = value
    self.expiration = expiration
  }
}

/// Gives the token to send, and gets a new one before it expires; many callers share one refresh.
public final class DropboxTokenProvider: Sendable {
  private let renewal: Renewal<AccessToken>
  /// Where what it works with came from.
  public let source: DropboxCredentials.Source
  /// What tells their account from others.
  let accountMark: String

  /// Tokens of `credentials`.
  /// - Parameters:
  ///   - transport: for new tokens.
  ///   - hosts: where they are asked for.
  public init(
    _ credentials: DropboxCredentials, transport: any HTTPTransport, hosts: DropboxHosts = .dropbox, clock: WallClock = .system
  ) {
    source = credentials.source
    accountMark = credentials.accountMark
    switch credentials.kind {
    case .accessToken(let token): renewal = Renewal(AccessToken(token))
    case .refreshToken(let token, let appKey, let appSecret):
      let exchange = TokenExchange(transport: transport, endpoint: hosts.api, clock: clock)
      renewal = Renewal(margin: .seconds(240), clock: clock, expiration: \.expiration) {
        try await exchange.refresh(token, appKey: appKey, appSecret: appSecret)
      }
    }
  }

  /// Whether asking again can give another.
  var canRefresh: Bool { renewal.canRenew }

  /// A token that is good now.
  /// - Throws: `StorageError` with `.unauthenticated` where there is none.
  func current() async throws -> AccessToken { try await renewal.current() }

  /// Says that the service no longer takes `token`.
  func forget(_ token: AccessToken) { renewal.forget { $0 == token } }
}
