public import Primitives

/// How the emulated account is set up, and how long it takes for what the service does in its own time.
public struct AzureBehaviour: Sendable {
  /// The account's name.
  public var account: String
  /// The account's key, in Base64.
  public var key: Secret
  /// The directory that issues tokens.
  public var tenant: String
  /// The application that may ask for tokens.
  public var clientID: String
  /// Its password.
  public var clientSecret: Secret
  /// How long a token is good for.
  public var tokenLifetime: Duration
  /// How long a copy is pending; the service answers at once where source and destination are in one account.
  public var copy: Duration
  /// How long it takes out of the archive.
  public var rehydration: Duration
  /// How long a deleted container's name is taken; half a minute and more at the service.
  public var containerDeletion: Duration

  /// The account that the service's own tools know as the development account: its name and key are public.
  public init(
    account: String = "devstoreaccount1",
    key: Secret = Secret("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="),
    tenant: String = "5c1f7a70-3d3b-4c57-8b6e-2f0d9c4e1a11", clientID: String = "c6b7d2a4-0d5e-4a8b-9d0f-1b5f6f0a7e11",
    clientSecret: Secret = Secret("isobar-emulator-secret"), tokenLifetime: Duration = .seconds(3599), copy: Duration = .zero,
    rehydration: Duration = .seconds(3600), containerDeletion: Duration = .zero
  ) {
    self.account = account
    self.key = key
    self.tenant = tenant
    self.clientID = clientID
    self.clientSecret = clientSecret
    self.tokenLifetime = tokenLifetime
    self.copy = copy
    self.rehydration = rehydration
    self.containerDeletion = containerDeletion
  }
}
