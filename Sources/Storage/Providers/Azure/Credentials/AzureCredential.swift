public import Primitives

/// What requests carry to say who asks.
public enum AzureCredential: Sendable {
  /// Nothing: for containers that anybody may read.
  case anonymous
  /// An account's key, which may do everything.
  case sharedKey(AzureSharedKey)
  /// A shared access signature.
  case signature(AzureSharedAccessSignature)
  /// A token of Microsoft Entra ID.
  case token(AzureAccessToken)

  /// What kind it is, for people.
  public var kind: String {
    switch self {
    case .anonymous: "none"
    case .sharedKey: "the account's key"
    case .signature: "a shared access signature"
    case .token: "a token of Microsoft Entra ID"
    }
  }
}

/// A token of Microsoft Entra ID for the storage service.
public struct AzureAccessToken: Sendable, Equatable {
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

/// Where credentials come from.
public enum AzureCredentialSource: String, Sendable, Hashable, CustomStringConvertible {
  case explicit = "given explicitly"
  case connectionString = "AZURE_STORAGE_CONNECTION_STRING"
  case accountKey = "AZURE_STORAGE_KEY"
  case sharedAccessSignature = "AZURE_STORAGE_SAS_TOKEN"
  case clientSecret = "AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
  case federatedToken = "the workload's token of AZURE_FEDERATED_TOKEN_FILE"
  case identityEndpoint = "the managed identity at IDENTITY_ENDPOINT"
  case instanceMetadata = "the machine's managed identity"

  public var description: String { rawValue }
}
