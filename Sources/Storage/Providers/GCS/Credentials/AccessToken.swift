import Concurrency
import ObjectStorage
public import Primitives

/// What a request carries to say who asks.
public struct AccessToken: Sendable, Equatable {
  /// The token.
  public let value: Secret
  /// When it ends; nil if nobody says.
  public let expiration: Timestamp?

  /// A token.
  public init(_ value: Secret, expiration: Timestamp? = nil) {
    self.value = value
    self.expiration = expiration
  }
}

/// Where tokens come from.
public enum GCSCredentialSource: Sendable, Hashable, CustomStringConvertible {
  case explicit
  /// The file that `GOOGLE_APPLICATION_CREDENTIALS` names.
  case environment(String)
  /// What `gcloud auth application-default login` left.
  case wellKnownFile(String)
  case metadataServer

  public var description: String {
    switch self {
    case .explicit: "given explicitly"
    case .environment(let path): "the file of GOOGLE_APPLICATION_CREDENTIALS, \(path)"
    case .wellKnownFile(let path): "gcloud's application default credentials, \(path)"
    case .metadataServer: "the machine's metadata server"
    }
  }
}

/// Gives the token to send, and gets a new one before it expires; many callers share one refresh.
public final class GCSTokenProvider: Sendable {
  private struct State {
    var token: AccessToken?
    var source: GCSCredentialSource?
  }

  private let state = Lock(State())
  private let flight = SingleFlight<AccessToken>()
  private let load: @Sendable () async throws -> (AccessToken, GCSCredentialSource)
  private let clock: WallClock
  /// Whether asking again can give another.
  let canRefresh: Bool

  /// So long before they end tokens are renewed.
  private static let margin = Duration.seconds(240)

  /// One token, for as long as it lasts.
  public init(_ token: AccessToken) {
    load = { (token, .explicit) }
    clock = .system
    canRefresh = false
    state.withLock { $0 = State(token: token, source: .explicit) }
  }

  /// Tokens that `load` gets, when one is first needed and again before it expires.
  public init(clock: WallClock = .system, load: @escaping @Sendable () async throws -> (AccessToken, GCSCredentialSource)) {
    self.load = load
    self.clock = clock
    canRefresh = true
  }

  /// The search of Google's own programs; see `GCSCredentialChain`.
  public convenience init(chain: GCSCredentialChain) { self.init(clock: chain.clock, load: { try await chain.resolve() }) }

  /// Where the token came from; nil before one was needed.
  public var source: GCSCredentialSource? { state.withLock { $0.source } }

  /// A token that is good now.
  /// - Throws: `StorageError` with `.unauthenticated` where there is none.
  public func current() async throws -> AccessToken {
    if let known = state.withLock({ $0.token }) {
      guard let expiration = known.expiration, canRefresh else { return known }
      if expiration - clock.now() > Self.margin { return known }
    }
    return try await flight.run { [self] in
      do {
        let (token, source) = try await load()
        state.withLock { $0 = State(token: token, source: source) }
        return token
      } catch {
        // An old one that still holds is better than none: the next request asks again.
        if let known = state.withLock({ $0.token }), let expiration = known.expiration, expiration > clock.now() { return known }
        throw error
      }
    }
  }

  /// Says that the service no longer takes `token`.
  func forget(_ token: AccessToken) {
    guard canRefresh else { return }
    state.withLock { state in
      if state.token == token { state.token = nil }
    }
  }
}
