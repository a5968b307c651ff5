import Concurrency
public import HTTPClient
import HTTPMessages
import ObjectStorage
public import Primitives

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
  private let known: Lock<AccessToken?>
  private let flight = SingleFlight<AccessToken>()
  private let load: (@Sendable () async throws -> AccessToken)?
  private let clock: WallClock
  /// Where what it works with came from.
  public let source: DropboxCredentials.Source
  /// What tells their account from others.
  let accountMark: String

  /// So long before they end tokens are renewed.
  private static let margin = Duration.seconds(240)

  /// Tokens of `credentials`.
  /// - Parameters:
  ///   - transport: for new tokens.
  ///   - hosts: where they are asked for.
  public init(
    _ credentials: DropboxCredentials, transport: any HTTPTransport, hosts: DropboxHosts = .dropbox, clock: WallClock = .system
  ) {
    self.clock = clock
    source = credentials.source
    accountMark = credentials.accountMark
    switch credentials.kind {
    case .accessToken(let token):
      known = Lock(AccessToken(token))
      load = nil
    case .refreshToken(let token, let appKey, let appSecret):
      known = Lock(nil)
      let exchange = TokenExchange(transport: transport, endpoint: hosts.api, clock: clock)
      load = { try await exchange.refresh(token, appKey: appKey, appSecret: appSecret) }
    }
  }

  /// Whether asking again can give another.
  var canRefresh: Bool { load != nil }

  /// A token that is good now.
  /// - Throws: `StorageError` with `.unauthenticated` where there is none.
  func current() async throws -> AccessToken {
    if let token = known.withLock({ $0 }) {
      guard let expiration = token.expiration, canRefresh else { return token }
      if expiration - clock.now() > Self.margin { return token }
    }
    guard let load else { throw DropboxCredentials.failure("there is no token") }
    return try await flight.run { [self] in
      do {
        let token = try await load()
        known.withLock { $0 = token }
        return token
      } catch {
        // An old one that still holds is better than none: the next request asks again.
        if let token = known.withLock({ $0 }), let expiration = token.expiration, expiration > clock.now() { return token }
        throw error
      }
    }
  }

  /// Says that the service no longer takes `token`.
  func forget(_ token: AccessToken) {
    guard canRefresh else { return }
    known.withLock { known in
      if known == token { known = nil }
    }
  }
}
