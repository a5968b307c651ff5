public import Primitives
import ProviderSupport

/// Gives what requests are signed with, and gets a new token before the old one expires; many callers share one refresh.
public final class AzureCredentialProvider: Sendable {
  private struct Found: Sendable {
    let credential: AzureCredential
    let source: AzureCredentialSource

    var token: AzureAccessToken? { if case .token(let token) = credential { token } else { nil } }
  }

  private let renewal: Renewal<Found>

  /// One credential, for as long as it lasts.
  public init(_ credential: AzureCredential, source: AzureCredentialSource = .explicit) {
    renewal = Renewal(Found(credential: credential, source: source))
  }

  /// What `load` gets, when it is first needed and again before it expires.
  public init(
    clock: WallClock = .system, load: @escaping @Sendable () async throws -> (AzureCredential, AzureCredentialSource)
  ) {
    renewal = Renewal(margin: .seconds(240), clock: clock, expiration: { $0.token?.expiration }) {
      let (credential, source) = try await load()
      return Found(credential: credential, source: source)
    }
  }

  /// The search of Microsoft's own programs; see `AzureCredentialChain`.
  public convenience init(chain: AzureCredentialChain) {
    self.init(clock: chain.clock, load: { try await chain.resolve() })
  }

  /// Whether asking again can give another.
  var canRefresh: Bool { renewal.canRenew }

  /// Where it came from; nil before one was needed.
  public var source: AzureCredentialSource? { renewal.last?.source }

  /// A credential that is good now.
  /// - Throws: `StorageError` with `.unauthenticated` where there is none.
  func current() async throws -> AzureCredential { try await renewal.current().credential }

  /// Says that the service no longer takes `token`.
  func forget(_ token: AzureAccessToken) { renewal.forget { $0.token == token } }
}
