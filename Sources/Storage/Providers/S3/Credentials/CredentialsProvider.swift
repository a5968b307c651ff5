import Concurrency
import ObjectStorage
public import Primitives

/// Where credentials come from.
public enum CredentialSource: Sendable, Hashable, CustomStringConvertible {
  case explicit
  case environment
  case profile(String)
  case process(profile: String)
  case assumedRole(profile: String)
  case webIdentity
  case container
  case instance

  public var description: String {
    switch self {
    case .explicit: "given explicitly"
    case .environment: "environment variables"
    case .profile(let name): "profile “\(name)”"
    case .process(let name): "the credential_process of profile “\(name)”"
    case .assumedRole(let name): "the role of profile “\(name)”"
    case .webIdentity: "web identity token"
    case .container: "container credentials endpoint"
    case .instance: "instance metadata service"
    }
  }
}

/// Gives the credentials to sign with, and gets new ones before they expire; many callers share one refresh.
public final class CredentialsProvider: Sendable {
  private struct State {
    var credentials: S3Credentials?
    var source: CredentialSource?
  }

  private let state = Lock(State())
  private let flight = SingleFlight<S3Credentials>()
  private let load: @Sendable () async throws -> (S3Credentials, CredentialSource)
  private let clock: WallClock
  /// Whether asking again can give others.
  let canRefresh: Bool

  /// So long before they end credentials are renewed.
  private static let margin = Duration.seconds(300)

  /// Lasting credentials.
  public init(_ credentials: S3Credentials) {
    load = { (credentials, .explicit) }
    clock = .system
    canRefresh = false
    state.withLock { $0 = State(credentials: credentials, source: .explicit) }
  }

  /// Credentials that `load` finds, when they are first needed and again before they expire.
  public init(clock: WallClock = .system, load: @escaping @Sendable () async throws -> (S3Credentials, CredentialSource)) {
    self.load = load
    self.clock = clock
    canRefresh = true
  }

  /// The chain of the AWS programs; see `CredentialChain`.
  public convenience init(chain: CredentialChain) { self.init(clock: chain.clock, load: { try await chain.resolve() }) }

  /// Where the credentials came from; nil before they were needed.
  public var source: CredentialSource? { state.withLock { $0.source } }

  /// Credentials that are good now.
  /// - Throws: `StorageError` with `.unauthenticated` where there are none.
  public func current() async throws -> S3Credentials {
    if let known = state.withLock({ $0.credentials }) {
      guard let expiration = known.expiration else { return known }
      if expiration - clock.now() > Self.margin { return known }
    }
    return try await flight.run { [self] in
      do {
        let (credentials, source) = try await load()
        state.withLock { $0 = State(credentials: credentials, source: source) }
        return credentials
      } catch {
        // Old ones that still hold are better than none: the next request asks again.
        if let known = state.withLock({ $0.credentials }), let expiration = known.expiration, expiration > clock.now() {
          return known
        }
        throw error
      }
    }
  }

  /// Says that the service no longer takes `credentials`.
  func forget(_ credentials: S3Credentials) {
    guard canRefresh else { return }
    state.withLock { state in
      if state.credentials == credentials { state.credentials = nil }
    }
  }
}
