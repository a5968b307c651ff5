public import Primitives
import ProviderSupport

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
  private struct Found: Sendable {
    let credentials: S3Credentials
    let source: CredentialSource
  }

  private let renewal: Renewal<Found>

  /// Lasting credentials.
  public init(_ credentials: S3Credentials) { renewal = Renewal(Found(credentials: credentials, source: .explicit)) }

  /// Credentials that `load` finds, when they are first needed and again before they expire.
  public init(clock: WallClock = .system, load: @escaping @Sendable () async throws -> (S3Credentials, CredentialSource)) {
    renewal = Renewal(margin: .seconds(300), clock: clock, expiration: { $0.credentials.expiration }) {
      let (credentials, source) = try await load()
      return Found(credentials: credentials, source: source)
    }
  }

  /// The chain of the AWS programs; see `CredentialChain`.
  public convenience init(chain: CredentialChain) { self.init(clock: chain.clock, load: { try await chain.resolve() }) }

  /// Whether asking again can give others.
  var canRefresh: Bool { renewal.canRenew }

  /// Where the credentials came from; nil before they were needed.
  public var source: CredentialSource? { renewal.last?.source }

  /// Credentials that are good now.
  /// - Throws: `StorageError` with `.unauthenticated` where there are none.
  public func current() async throws -> S3Credentials { try await renewal.current().credentials }

  /// Says that the service no longer takes `credentials`.
  func forget(_ credentials: S3Credentials) { renewal.forget { $0.credentials == credentials } }
}
