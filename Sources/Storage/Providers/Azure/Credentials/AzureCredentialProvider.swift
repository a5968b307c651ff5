import Concurrency
import ObjectStorage
public import Primitives

/// Gives what requests are signed with, and gets a new token before the old one expires; many callers share one refresh.
public final class AzureCredentialProvider: Sendable {
  private struct State {
    var credential: AzureCredential?
    var source: AzureCredentialSource?
  }

  private let state: Lock<State>
  private let flight = SingleFlight<AzureCredential>()
  private let load: @Sendable () async throws -> (AzureCredential, AzureCredentialSource)
  private let clock: WallClock
  /// Whether asking again can give another.
  let canRefresh: Bool

  /// So long before they end tokens are renewed.
  private static let margin = Duration.seconds(240)

  /// One credential, for as long as it lasts.
  public init(_ credential: AzureCredential, source: AzureCredentialSource = .explicit) {
    load = { (credential, source) }
    clock = .system
    canRefresh = false
    state = Lock(State(credential: credential, source: source))
  }

  /// What `load` gets, when it is first needed and again before it expires.
  public init(
    clock: WallClock = .system, load: @escaping @Sendable () async throws -> (AzureCredential, AzureCredentialSource)
  ) {
    self.load = load
    self.clock = clock
    canRefresh = true
    state = Lock(State())
  }

  /// The search of Microsoft's own programs; see `AzureCredentialChain`.
  public convenience init(chain: AzureCredentialChain) {
    self.init(clock: chain.clock, load: { try await chain.resolve() })
  }

  /// Where it came from; nil before one was needed.
  public var source: AzureCredentialSource? { state.withLock { $0.source } }

  /// A credential that is good now.
  /// - Throws: `StorageError` with `.unauthenticated` where there is none.
  func current() async throws -> AzureCredential {
    if let known = state.withLock({ $0.credential }) {
      guard canRefresh, case .token(let token) = known, let expiration = token.expiration else { return known }
      if expiration - clock.now() > Self.margin { return known }
    }
    return try await flight.run { [self] in
      do {
        let (credential, source) = try await load()
        state.withLock { $0 = State(credential: credential, source: source) }
        return credential
      } catch {
        // An old one that still holds is better than none: the next request asks again.
        if let known = state.withLock({ $0.credential }), case .token(let token) = known, let expiration = token.expiration,
          expiration > clock.now()
        {
          return known
        }
        throw error
      }
    }
  }

  /// Says that the service no longer takes `token`.
  func forget(_ token: AzureAccessToken) {
    guard canRefresh else { return }
    state.withLock { state in
      if case .token(let known) = state.credential, known == token { state.credential = nil }
    }
  }
}
