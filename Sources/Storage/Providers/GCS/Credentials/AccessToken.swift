public import Primitives
import ProviderSupport

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
  private struct Found: Sendable {
    let token: AccessToken
    let source: GCSCredentialSource
  }

  private let renewal: Renewal<Found>

  /// One token, for as long as it lasts.
  public init(_ token: AccessToken) { renewal = Renewal(Found(token: token, source: .explicit)) }

  /// Tokens that `load` gets, when one is first needed and again before it expires.
  public init(clock: WallClock = .system, load: @escaping @Sendable () async throws -> (AccessToken, GCSCredentialSource)) {
    renewal = Renewal(margin: .seconds(240), clock: clock, expiration: { $0.token.expiration }) {
      let (token, source) = try await load()
      return Found(token: token, source: source)
    }
  }

  /// The search of Google's own programs; see `GCSCredentialChain`.
  public convenience init(chain: GCSCredentialChain) { self.init(clock: chain.clock, load: { try await chain.resolve() }) }

  /// Whether asking again can give another.
  var canRefresh: Bool { renewal.canRenew }

  /// Where the token came from; nil before one was needed.
  public var source: GCSCredentialSource? { renewal.last?.source }

  /// A token that is good now.
  /// - Throws: `StorageError` with `.unauthenticated` where there is none.
  public func current() async throws -> AccessToken { try await renewal.current().token }

  /// Says that the service no longer takes `token`.
  func forget(_ token: AccessToken) { renewal.forget { $0.token == token } }
}
