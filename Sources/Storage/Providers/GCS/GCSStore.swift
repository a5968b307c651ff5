import Concurrency
import Crypto
public import HTTPClient
import HTTPMessages
import Markup
public import ObjectStorage
public import Primitives

/// A bucket of Google Cloud Storage, or a folder (prefix) in one, by the JSON API.
///
/// An object's version is its generation, so that every condition is the service's own to compare. Nothing is retried here except a
/// token that has expired, bodies that break off in the middle, and chunks of a large upload; a layer retries the rest. No request is
/// made before the first call.
public final class GCSStore: RemoteStore {
  public let identity: StoreIdentity
  let client: GCSClient
  let memory: AsyncSemaphore
  /// Set once the service has shown that it takes no batch requests.
  let lacksBatches = Lock(false)

  /// Names below this are parts of objects under way; no listing shows them.
  static let parts = Array(".isobar/parts/".utf8)

  /// A store in the bucket that `configuration` names.
  /// - Parameter transport: shared with other stores if you like; not closed by `close`.
  public init(
    _ configuration: GCSConfiguration, transport: any HTTPTransport, tokens: GCSTokenProvider, clock: WallClock = .system
  ) {
    let prefix = DisplayText.escape(configuration.prefix.dropLast())
    let name = "gs://" + configuration.bucket.text + (prefix.isEmpty ? "" : "/" + prefix)
    let isGoogle = configuration.endpoint == GCSConfiguration.google
    identity = StoreIdentity(
      kind: "gcs", displayName: name,
      stableID: "gcs:\(isGoogle ? "google" : configuration.endpoint.description)/\(configuration.bucket)/"
        + PercentEncoding.encode(configuration.prefix, keepSlash: true),
      names: NameRules(isUTF8: true, forbidden: [0x0A, 0x0D]))
    client = GCSClient(configuration: configuration, transport: transport, tokens: tokens, clock: clock, storeName: name)
    memory = AsyncSemaphore(
      limit: Int(max(Int64(configuration.uploadMemory), configuration.chunk, configuration.resumableThreshold)))
  }

  /// How the store is set up.
  public var configuration: GCSConfiguration { client.configuration }

  /// Where the token in use came from; nil before the first request.
  public var credentialSource: GCSCredentialSource? { client.tokens.source }

  /// Those of the service; nothing is tried.
  public func capabilities() async throws -> StoreCapabilities {
    StoreCapabilities(
      ifAbsent: .enforced, ifMatches: .enforced, conditionalDelete: .enforced, serverSideCopy: true, multipart: true,
      modifiedPrecision: 1, listsModified: true, mode: true, userMetadata: true, updateMetadata: true, storageClasses: true,
      maximumKeyLength: GCSConfiguration.Limits.keyLength - configuration.prefix.count, names: identity.names,
      maximumSize: GCSConfiguration.Limits.largestObject, deleteBatch: GCSConfiguration.Limits.batch)
  }

  /// The service tells of changes only to queues of its own.
  public var changeFeed: (any ChangeFeed)? { nil }

  public static func requestClass(of label: String) -> RequestClass {
    GCSOperation(rawValue: label)?.requestClass ?? .other
  }

  public func openWrite(_ key: ObjectKey, length: Int64?, _ options: WriteOptions) async throws -> any DirectWrite {
    throw StorageError.unsupported("take pushed bytes", store: identity.displayName)
  }

  /// The service answers for what is durable: nothing to do.
  public func flush() async throws {}

  /// The transport is the caller's: nothing to do.
  public func close() async {}

  /// The key in the bucket.
  func name(_ key: ObjectKey) -> [UInt8] { configuration.prefix.isEmpty ? key.bytes : configuration.prefix + key.bytes }

  /// Whether the service can have an object of this name at all.
  func isPossible(_ key: ObjectKey) -> Bool {
    (try? UTF8Span(validating: key.bytes.span)) != nil && !key.bytes.contains { $0 == 0x0A || $0 == 0x0D }
  }

  func error(_ code: StorageError.Code, _ key: ObjectKey?, _ message: String, retry: StorageError.Retry = .never) -> StorageError {
    StorageError(code, retry: retry, store: identity.displayName, key: key, message: message)
  }

  /// Puts a condition into a request.
  func add(_ condition: WriteCondition, to request: inout GCSRequest) throws {
    request.condition = condition
    switch condition {
    case .always: break
    case .ifAbsent: request.ask("ifGenerationMatch", "0")
    case .ifMatches(let version): request.ask("ifGenerationMatch", try generation(version, request.key))
    }
  }

  /// A version as a generation. What is none matches no object: “0” would mean that there is none.
  func generation(_ version: ObjectVersion, _ key: ObjectKey?) throws -> String {
    guard ObjectResource.isGeneration(version.text) else { throw error(.preconditionFailed, key, "it changed meanwhile") }
    return version.text
  }

  /// The object that an answer describes.
  func resource(_ json: JSONValue, _ request: GCSRequest) throws -> ObjectResource {
    guard let resource = ObjectResource(json) else {
      var error = error(.internalError, request.key, "the store's answer to \(request.operation.rawValue) describes no object")
      error.mayHaveHappened = true
      throw error
    }
    return resource
  }
}
