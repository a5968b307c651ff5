public import HTTPClient
public import HTTPMessages
import ObjectStorage
public import Primitives

/// Looks for credentials where `az` and Microsoft's clients do: the connection string, key or signature of the environment, an
/// application's secret or federated token, the managed identity of the machine.
///
/// The first place that is set up decides: if it fails the search ends with its error rather than going on as somebody else. What the
/// environment has for another account than the one asked for is passed over.
public struct AzureCredentialChain: Sendable {
  /// What the search depends on, so that it can be tested without the machine's own settings.
  public struct Environment: Sendable {
    /// Environment variables.
    public var variables: [String: String]
    /// The content of a small file; nil if it cannot be read.
    public var readFile: @Sendable (String) -> [UInt8]?

    /// An environment.
    public init(variables: [String: String], readFile: @escaping @Sendable (String) -> [UInt8]?) {
      self.variables = variables
      self.readFile = readFile
    }

    func variable(_ name: String) -> String? {
      guard let value = variables[name], !value.isEmpty else { return nil }
      return value
    }

    /// `AZURE_STORAGE_CONNECTION_STRING`, which also says where the account is; nil if it is not set.
    public func connectionString() throws -> AzureConnectionString? {
      try variable("AZURE_STORAGE_CONNECTION_STRING").map { try AzureConnectionString(Secret($0)) }
    }

    /// The account that the environment names, by `AZURE_STORAGE_ACCOUNT` or a connection string.
    public func account() throws -> AzureAccountName? {
      try variable("AZURE_STORAGE_ACCOUNT").flatMap { AzureAccountName($0) } ?? connectionString()?.account
    }
  }

  /// See `Environment`.
  public var environment: Environment
  /// Whose storage is asked for.
  public var account: AzureAccountName
  /// Decides where tokens come from, unless `AZURE_AUTHORITY_HOST` says it.
  public var cloud: AzureCloud
  let transport: any HTTPTransport
  let clock: WallClock

  /// A search.
  public init(
    transport: any HTTPTransport, environment: Environment, account: AzureAccountName, cloud: AzureCloud = .global,
    clock: WallClock = .system
  ) {
    self.transport = transport
    self.environment = environment
    self.account = account
    self.cloud = cloud
    self.clock = clock
  }

  /// A credential from the first place found, and which that is.
  /// - Throws: `StorageError` with `.unauthenticated`, which names the places that were looked at.
  public func resolve() async throws -> (AzureCredential, AzureCredentialSource) {
    if let connection = try environment.connectionString(), connection.account == account {
      return (connection.credential, .connectionString)
    }
    let named = environment.variable("AZURE_STORAGE_ACCOUNT")
    if named == nil || named == account.text {
      if let text = environment.variable("AZURE_STORAGE_KEY") {
        guard let key = AzureSharedKey(account: account, key: Secret(text)) else {
          throw TokenService.failure("AZURE_STORAGE_KEY is not Base64")
        }
        return (.sharedKey(key), .accountKey)
      }
      if let text = environment.variable("AZURE_STORAGE_SAS_TOKEN") {
        guard let sas = AzureSharedAccessSignature(Secret(text)) else {
          throw TokenService.failure("AZURE_STORAGE_SAS_TOKEN is no signature: it has no “sig”")
        }
        return (.signature(sas), .sharedAccessSignature)
      }
    }
    let service = TokenService(transport: transport, clock: clock)
    if let found = try await applicationToken(service) { return found }
    let client = environment.variable("AZURE_CLIENT_ID")
    if let endpoint = environment.variable("IDENTITY_ENDPOINT"), let header = environment.variable("IDENTITY_HEADER") {
      return (.token(try await service.token(endpoint: endpoint, header: Secret(header), client: client)), .identityEndpoint)
    }
    if let token = try await service.instanceToken(client: client) { return (.token(token), .instanceMetadata) }
    throw TokenService.failure(
      "no credentials found for the account \(account): set AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or "
        + "AZURE_STORAGE_CONNECTION_STRING, or AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; looked at the environment "
        + "and the machine's managed identity")
  }

  private func applicationToken(_ service: TokenService) async throws -> (AzureCredential, AzureCredentialSource)? {
    guard let tenant = environment.variable("AZURE_TENANT_ID"), let client = environment.variable("AZURE_CLIENT_ID") else {
      return nil
    }
    let authority = try authority()
    if let secret = environment.variable("AZURE_CLIENT_SECRET") {
      let token = try await service.token(authority: authority, tenant: tenant, client: client, .secret(Secret(secret)))
      return (.token(token), .clientSecret)
    }
    guard let path = environment.variable("AZURE_FEDERATED_TOKEN_FILE") else { return nil }
    guard let bytes = environment.readFile(path) else {
      throw TokenService.failure(
        "the file \(DisplayText.escape(path)), which AZURE_FEDERATED_TOKEN_FILE names, cannot be read")
    }
    let text = String(decoding: bytes.filter { $0 > 0x20 && $0 < 0x7F }, as: UTF8.self)
    guard !text.isEmpty else { throw TokenService.failure("the file of AZURE_FEDERATED_TOKEN_FILE is empty") }
    let token = try await service.token(authority: authority, tenant: tenant, client: client, .assertion(Secret(text)))
    return (.token(token), .federatedToken)
  }

  private func authority() throws -> HTTPEndpoint {
    guard let text = environment.variable("AZURE_AUTHORITY_HOST") else { return cloud.authority }
    guard let endpoint = HTTPEndpoint(parsing: text.contains("://") ? text : "https://" + text) else {
      throw TokenService.failure("AZURE_AUTHORITY_HOST is no address")
    }
    return endpoint
  }
}

extension AzureCredentialProvider {
  /// Tokens for an application that has a secret.
  public convenience init(
    tenant: String, client: String, secret: Secret, authority: HTTPEndpoint = AzureCloud.global.authority,
    transport: any HTTPTransport, clock: WallClock = .system
  ) {
    let service = TokenService(transport: transport, clock: clock)
    self.init(clock: clock) {
      (.token(try await service.token(authority: authority, tenant: tenant, client: client, .secret(secret))), .explicit)
    }
  }
}
