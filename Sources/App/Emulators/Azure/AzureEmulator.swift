public import HTTPMessages
public import HTTPServer
import Files
import Primitives

/// Azure Blob Storage, strictly: it refuses what the service refuses, with the service's status, code and body.
///
/// One account, addressed as `/ACCOUNT/CONTAINER/BLOB` or, behind something that ends TLS, as `ACCOUNT.blob.…/CONTAINER/BLOB`. Its
/// directory answers at `/TENANT/oauth2/v2.0/token`. What it does not have: versions, soft delete, finding by tags, hierarchical
/// namespaces, customer keys.
public final class AzureEmulator: Emulator {
  public static let kind = EmulatorKind.azure

  /// How the account is set up.
  public let behaviour: AzureBehaviour
  private let store: AzureStore
  private let gate: AzureGate
  private let operations: AzureOperations

  /// An emulator of the development account over what `depot` holds.
  public convenience init(_ options: EmulatorOptions, depot: EmulatorDepot) {
    self.init(options, depot: depot, AzureBehaviour())
  }

  /// An emulator over what `depot` holds.
  public init(_ options: EmulatorOptions, depot: EmulatorDepot, _ behaviour: AzureBehaviour) {
    self.behaviour = behaviour
    store = AzureStore(depot, behaviour, clock: options.clock)
    gate = AzureGate(behaviour)
    operations = AzureOperations(store: store, gate: gate)
  }

  public func environment(at endpoint: HTTPEndpoint) -> [EmulatorSetting] {
    let base = "\(endpoint)/\(behaviour.account)"
    let key = behaviour.key.reveal()
    return [
      EmulatorSetting("AZURE_STORAGE_ACCOUNT", behaviour.account),
      EmulatorSetting("AZURE_STORAGE_KEY", key),
      EmulatorSetting("AZURE_STORAGE_BLOB_ENDPOINT", base),
      EmulatorSetting(
        "AZURE_STORAGE_CONNECTION_STRING",
        "DefaultEndpointsProtocol=\(endpoint.scheme.rawValue);AccountName=\(behaviour.account);AccountKey=\(key);BlobEndpoint=\(base);"
      ),
      EmulatorSetting("AZURE_AUTHORITY_HOST", "\(endpoint)"),
      EmulatorSetting("AZURE_TENANT_ID", behaviour.tenant),
      EmulatorSetting("AZURE_CLIENT_ID", behaviour.clientID),
      EmulatorSetting("AZURE_CLIENT_SECRET", behaviour.clientSecret.reveal()),
    ]
  }

  public func refusal(status: Int, retryAfter: Int?) -> HTTPServerResponse {
    let fault =
      switch status {
      case 500: AzureFault(500, "InternalError", "Server encountered an internal error. Please try again after some time.")
      case 503: AzureFault(503, "ServerBusy", "The server is currently unable to receive requests. Please retry your request.")
      case 429: AzureFault(429, "TooManyRequests", "Too many requests have been sent.")
      default: AzureFault(status, "OperationTimedOut", "The operation could not be completed within the permitted time.")
      }
    var response = AzureAnswer.refusal(fault, method: .get, requestID: AzureID.make(), now: store.now())
    if let retryAfter { try? response.headers.add("Retry-After", String(retryAfter)) }
    return response
  }

  public func close() async { store.depot.close() }

  public func respond(to request: HTTPServerRequest) async throws -> HTTPServerResponse {
    if gate.tokens.isFor(request) { return try await gate.tokens.respond(to: request, now: store.now()) }
    let id = AzureID.make()
    var response: HTTPServerResponse
    do {
      response = try await operations.answer(request).response
    } catch let fault as AzureFault {
      response = AzureAnswer.refusal(fault, method: request.method, requestID: id, now: store.now())
    } catch let error as FileError where error.code == .noSpace {
      response = refusal(status: 503, retryAfter: nil)
    }
    try response.headers.set("Server", "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0")
    try response.headers.set("x-ms-request-id", id)
    if let version = request.headers["x-ms-version"] ?? (try? AzureQuery(request.query))?["sv"],
      AzureAccessSignature.isVersion(version)
    {
      try response.headers.set("x-ms-version", version)
    }
    if let client = request.headers["x-ms-client-request-id"], client.utf8.count <= 1024 {
      try response.headers.set("x-ms-client-request-id", client)
    }
    return response
  }
}
