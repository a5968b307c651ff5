public import Concurrency
import Crypto
public import HTTPClient
import HTTPMessages
public import ObjectStorage
public import Primitives

/// A container of Azure Blob Storage, or a folder (prefix) in one, by the REST API.
///
/// An object's version is its entity tag, which changes with every write and is the service's own to compare in every condition.
/// Objects are block blobs; append and page blobs that others made are listed and read. Nothing is retried here except a token that
/// has expired, bodies that break off in the middle, and steps of a larger work (blocks of an upload, pages of a listing); a layer
/// retries the rest. No request is made before
/// the first call.
public final class AzureStore: RemoteStore {
  public let identity: StoreIdentity
  let client: AzureClient
  let memory: AsyncSemaphore
  /// Set once the service has shown that it takes no batch requests.
  let lacksBatches = Lock(false)

  /// What names may not have: control characters, which the service refuses, and the backslash, which it makes a slash. A name part
  /// that ends in a dot loses the dot in many clients.
  private static let names = NameRules(isUTF8: true, forbidden: Array(0...0x1F) + [0x5C, 0x7F], trimsEnds: true)

  /// A store in the container that `configuration` names.
  /// - Parameters:
  ///   - transport: shared with other stores if you like; not closed by `close`.
  ///   - timer: for the waits before something is tried again.
  public init(
    _ configuration: AzureConfiguration, transport: any HTTPTransport, credentials: AzureCredentialProvider,
    clock: WallClock = .system, timer: MonotonicClock = .system
  ) {
    let prefix = DisplayText.escape(configuration.prefix.dropLast())
    let name = "azure://\(configuration.account)/\(configuration.container)" + (prefix.isEmpty ? "" : "/" + prefix)
    identity = StoreIdentity(
      kind: "azure", displayName: name,
      stableID: "azure:\(configuration.endpoint)/\(configuration.container)/"
        + PercentEncoding.encode(configuration.prefix, keepSlash: true),
      names: Self.names)
    client = AzureClient(
      configuration: configuration, transport: transport, credentials: credentials, clock: clock, timer: timer,
      storeName: name)
    memory = AsyncSemaphore(
      limit: Int(max(Int64(configuration.uploadMemory), configuration.blockSize(for: 0), configuration.singlePut, 1)))
  }

  /// How the store is set up.
  public var configuration: AzureConfiguration { client.configuration }

  /// Where the credential in use came from; nil before the first request.
  public var credentialSource: AzureCredentialSource? { client.credentials.source }

  /// Those of the service; nothing is tried.
  public func capabilities() async throws -> StoreCapabilities {
    StoreCapabilities(
      ifAbsent: .enforced, ifMatches: .enforced, conditionalDelete: .enforced, serverSideCopy: true, partCopy: true,
      multipart: true, modifiedPrecision: 1, listsModified: true, mode: true, userMetadata: true, updateMetadata: true,
      storageClasses: true, maximumKeyLength: AzureConfiguration.Limits.nameLength - configuration.prefix.count,
      names: identity.names, maximumSize: AzureConfiguration.Limits.largestObject, deleteBatch: AzureConfiguration.Limits.batch)
  }

  /// The service tells of changes only in files that it writes later.
  public var changeFeed: (any ChangeFeed)? { nil }

  public static func requestClass(of label: String) -> RequestClass {
    AzureOperation(rawValue: label)?.requestClass ?? .other
  }

  public func openWrite(_ key: ObjectKey, length: Int64?, _ options: WriteOptions) async throws -> any DirectWrite {
    throw StorageError.unsupported("take pushed bytes", store: identity.displayName)
  }

  /// The service answers for what is durable: nothing to do.
  public func flush() async throws {}

  /// The transport is the caller's: nothing to do.
  public func close() async {}

  // MARK: Names

  /// The key in the container.
  func name(_ key: ObjectKey) -> [UInt8] { configuration.prefix.isEmpty ? key.bytes : configuration.prefix + key.bytes }

  /// Why the service can have no object of this name; nil if it can.
  func problem(of key: ObjectKey) -> String? {
    let name = name(key)
    guard (try? UTF8Span(validating: name.span)) != nil else { return "is not UTF-8" }
    // Those of Latin-1 too: U+0080…U+009F.
    var previous: UInt8 = 0x2F
    for (index, byte) in name.enumerated() {
      if byte < 0x20 || byte == 0x7F || previous == 0xC2 && byte < 0xA0 { return "has a control character" }
      if byte == 0x5C { return "has a backslash, which the service takes for a slash" }
      if byte == 0x2F, previous == 0x2E, index >= configuration.prefix.count { return Self.endsInDot }
      previous = byte
    }
    if previous == 0x2E { return Self.endsInDot }
    // Characters as the service counts them: two for those beyond the first 65,536.
    var characters = 0
    for byte in name where byte & 0xC0 != 0x80 { characters += byte >= 0xF0 ? 2 : 1 }
    if characters > AzureConfiguration.Limits.nameLength { return "is longer than 1024 characters" }
    if name.count(where: { $0 == 0x2F }) >= AzureConfiguration.Limits.segments { return "has more than 254 parts" }
    return nil
  }

  private static let endsInDot = "has a part that ends in a dot, which the service does not keep"

  func isPossible(_ key: ObjectKey) -> Bool { problem(of: key) == nil }

  func checkName(_ key: ObjectKey) throws {
    if let problem = problem(of: key) {
      throw error(.invalidArgument, key, "its name \(problem): Azure Blob Storage allows no such name")
    }
  }

  // MARK: Requests

  func error(_ code: StorageError.Code, _ key: ObjectKey?, _ message: String, retry: StorageError.Retry = .never) -> StorageError {
    StorageError(code, retry: retry, store: identity.displayName, key: key, message: message)
  }

  func request(_ operation: AzureOperation, _ method: HTTPMethod, _ key: ObjectKey) -> AzureRequest {
    AzureRequest(operation, method, .blob(name(key)), key: key)
  }

  /// Puts a condition into a request.
  func add(_ condition: WriteCondition, to request: inout AzureRequest) throws {
    request.condition = condition
    switch condition {
    case .always: break
    case .ifAbsent: request.add("if-none-match", "*")
    case .ifMatches(let version): request.add("if-match", try EntityTag.header(version) ?? unknown(request.key))
    }
  }

  /// What is no entity tag names no state of any object.
  func unknown<Value>(_ key: ObjectKey?) throws -> Value { throw error(.preconditionFailed, key, "it changed meanwhile") }
}
