import HTTPMessages
import ObjectStorage
public import Primitives

/// What a connection string says, as the Azure portal and `az storage account show-connection-string` print it:
/// `DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net`, `UseDevelopmentStorage=true`, or a
/// `BlobEndpoint` with a `SharedAccessSignature`.
public struct AzureConnectionString: Sendable {
  /// The account that it is of.
  public let account: AzureAccountName
  /// Where the account's blob service is.
  public let endpoint: AzureEndpoint
  /// What it gives to sign in with.
  public let credential: AzureCredential

  /// The account and key that all emulators share; they are public.
  static let developmentAccount = "devstoreaccount1"
  static let developmentKey =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

  /// Reads one.
  /// - Throws: `StorageError` with `.unauthenticated` that names the field with the fault, and no secret.
  public init(_ secret: Secret) throws {
    var fields: [String: String] = [:]
    for field in secret.reveal().split(separator: ";") where !field.allSatisfy({ $0 == " " }) {
      guard let equals = field.firstIndex(of: "=") else { throw Self.failure("has a field without “=”") }
      let name = field[..<equals].lowercased().filter { $0 != " " }
      guard fields.updateValue(String(field[field.index(after: equals)...]), forKey: name) == nil else {
        throw Self.failure("names “\(DisplayText.escape(name))” twice")
      }
    }
    let isDevelopment = fields["usedevelopmentstorage"]?.lowercased() == "true"
    let explicit = try fields["blobendpoint"].map { text -> AzureEndpoint in
      guard let endpoint = AzureEndpoint(parsing: text) else { throw Self.failure("has a BlobEndpoint that is no address") }
      return endpoint
    }
    guard let name = fields["accountname"] ?? (isDevelopment ? Self.developmentAccount : explicit.flatMap(Self.account)) else {
      throw Self.failure("does not say AccountName")
    }
    guard let account = AzureAccountName(name) else { throw Self.failure("has an AccountName that is none") }
    self.account = account
    endpoint = try explicit ?? Self.endpoint(account, fields, isDevelopment: isDevelopment)
    if let key = fields["accountkey"] ?? (isDevelopment ? Self.developmentKey : nil) {
      guard let key = AzureSharedKey(account: account, key: Secret(key)) else {
        throw Self.failure("has an AccountKey that is not Base64")
      }
      credential = .sharedKey(key)
    } else if let text = fields["sharedaccesssignature"] {
      guard let sas = AzureSharedAccessSignature(Secret(text)) else {
        throw Self.failure("has a SharedAccessSignature without “sig”")
      }
      credential = .signature(sas)
    } else {
      credential = .anonymous
    }
  }

  private static func endpoint(_ account: AzureAccountName, _ fields: [String: String], isDevelopment: Bool) throws
    -> AzureEndpoint
  {
    if isDevelopment {
      let proxy = fields["developmentstorageproxyuri"] ?? "http://127.0.0.1"
      guard let endpoint = AzureEndpoint(parsing: "\(proxy):10000/\(account)") else {
        throw failure("has a DevelopmentStorageProxyUri that is no address")
      }
      return endpoint
    }
    let scheme = fields["defaultendpointsprotocol"] ?? "https"
    let suffix = fields["endpointsuffix"] ?? AzureCloud.global.suffix
    guard let endpoint = AzureEndpoint(parsing: "\(scheme)://\(account).blob.\(suffix)"), endpoint.basePath.isEmpty else {
      throw failure("has a DefaultEndpointsProtocol or an EndpointSuffix that makes no address")
    }
    return endpoint
  }

  /// The account that an address names: the first part of the host, or of the path where the host is an address.
  private static func account(_ endpoint: AzureEndpoint) -> String? {
    if !endpoint.basePath.isEmpty { return endpoint.basePath.split(separator: "/").last.map(String.init) }
    return endpoint.server.host.split(separator: ".").first.map(String.init)
  }

  private static func failure(_ what: String) -> StorageError {
    StorageError(.unauthenticated, store: "credentials", message: "the connection string \(what)")
  }
}
