import AzureStorage
import Configuration
import HTTPMessages
import ObjectStorage
import Primitives

/// Reads the settings of a container of Azure Blob Storage, from the configuration or from the query of a URL.
struct AzureReading {
  let values: OptionValues
  /// The configured store's name; nil for a URL.
  let name: String?
  /// The environment, where the settings do not say who asks.
  let variables: [String: String]

  /// - Parameter account: of a URL; nil where the settings say it.
  func place(account: String?, _ container: String, _ prefix: EndPrefix) throws -> AzurePlace {
    guard let containerName = AzureContainerName(container) else {
      throw EndError(message: "“\(DisplayText.escape(container))” is no container's name: 3 to 63 of a-z, 0-9 and single hyphens")
    }
    let connection = try values.secret("connection_string").map { try AzureConnectionString(try $0.resolve()) }
    let environment = AzureCredentialChain.Environment(variables: variables, readFile: { _ in nil })
    let surrounding = name == nil ? try environment.connectionString() : nil
    guard let accountName = try accountName(account, connection, environment) else {
      throw EndError(message: "“account” is missing: the storage account that the container “\(container)” belongs to")
    }
    guard let cloud = AzureCloud(values.text("cloud") ?? "global") else {
      throw EndError(message: "“cloud” is none: write global, china, government, or the end of the names of its services")
    }
    let endpoint = try endpoint
    try refuseElsewhere(endpoint, cloud)
    var configuration = AzureConfiguration(
      account: accountName, container: containerName, prefix: values.text("prefix") ?? "",
      endpoint: endpoint ?? connection?.endpoint
        ?? surrounding.flatMap { $0.account == accountName ? $0.endpoint : nil }, cloud: cloud)
    configuration.accessTier = values.text("access_tier").flatMap { StorageClass($0) }
    configuration.publicAccess = values.text("public_access").flatMap { AzureConfiguration.PublicAccess(rawValue: $0) } ?? .none
    if let size = values.size("block_size") { configuration.blockSize = size }
    if let size = values.size("block_threshold") { configuration.singlePutThreshold = size }
    if let count = values.count("block_concurrency") { configuration.uploadConcurrency = count }
    if let folder = variables["TMPDIR"], !folder.isEmpty { configuration.spoolFolder = Array(folder.utf8) }
    return AzurePlace(
      configuration, cloud: cloud, subfolder: prefix.bytes, credentials: try credentials(accountName, connection),
      options: ServiceOptions(values, name: name))
  }

  private func accountName(
    _ account: String?, _ connection: AzureConnectionString?, _ environment: AzureCredentialChain.Environment
  ) throws -> AzureAccountName? {
    guard let text = account ?? values.text("account") else { return try connection?.account ?? environment.account() }
    guard let name = AzureAccountName(text) else {
      throw EndError(message: "“\(DisplayText.escape(text))” is no storage account's name: 3 to 24 of a-z and 0-9")
    }
    return name
  }

  /// Whoever wrote a URL must not get the tokens and signatures that were meant for Microsoft.
  private func refuseElsewhere(_ endpoint: AzureEndpoint?, _ cloud: AzureCloud) throws {
    guard name == nil, values.flag("anonymous") != true else { return }
    var isKnown = true
    if case .suffix = cloud { isKnown = false }
    if let endpoint, !endpoint.server.isLocal { isKnown = isKnown && endpoint.server.host.hasSuffix(".\(cloud.suffix)") }
    guard isKnown else {
      throw EndError(
        message:
          "a URL sends no credentials to \(endpoint?.description ?? cloud.suffix): to use that address, set up a store with its "
          + "credentials in the configuration")
    }
  }

  private var endpoint: AzureEndpoint? {
    get throws {
      guard let text = values.text("endpoint") else { return nil }
      guard let endpoint = AzureEndpoint(parsing: text) else {
        throw EndError(
          message:
            "“\(DisplayText.escape(text))” is no address of a blob service: write it as https://ACCOUNT.blob.core.windows.net "
            + "or http://127.0.0.1:10000/devstoreaccount1")
      }
      return endpoint
    }
  }

  private func credentials(
    _ account: AzureAccountName, _ connection: AzureConnectionString?
  ) throws -> AzurePlace.Credentials {
    if values.flag("anonymous") == true { return .given(.anonymous) }
    if let connection { return .given(connection.credential) }
    if let secret = values.secret("account_key") {
      guard let key = AzureSharedKey(account: account, key: try secret.resolve()) else {
        throw EndError(message: "“account_key” is not Base64: it is one of the two keys that the portal shows")
      }
      return .given(.sharedKey(key))
    }
    if let secret = values.secret("sas_token") {
      guard let signature = AzureSharedAccessSignature(try secret.resolve()) else {
        throw EndError(message: "“sas_token” is no signature: it begins like sv=… and has sig=… in it")
      }
      return .given(.signature(signature))
    }
    if let secret = values.secret("client_secret"), let tenant = values.text("tenant_id"), let client = values.text("client_id") {
      return .application(tenant: tenant, client: client, secret: try secret.resolve())
    }
    return .chain
  }
}
