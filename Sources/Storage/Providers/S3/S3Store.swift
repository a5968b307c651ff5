import Concurrency
public import HTTPClient
public import HTTPMessages
public import ObjectStorage
public import Primitives
import ProviderSupport

/// A bucket of Amazon S3 or of a service that speaks its protocol, or a folder (prefix) in one.
///
/// Services differ in which conditions, checksums and copies they honour. What this one does is found out by trying (`S3Probe`),
/// when the first call needs to know, and kept in `S3ProbeCache`; AWS itself is known. Reads and listings never try anything.
///
/// Nothing is retried here except what the answer says how to put right (region, clock, expired token) and bodies that break off
/// in the middle: a layer retries. No request is made before the first call.
public final class S3Store: RemoteStore {
  public let identity: StoreIdentity
  let client: S3Client
  let preparer: BodyPreparer
  let prober: S3Prober
  let uploads: (any S3UploadRecords)?
  let patience = StepPatience()

  /// A store in the bucket that `configuration` names.
  /// - Parameters:
  ///   - transport: shared with other stores if you like; not closed by `close`.
  ///   - probeCache: keeps from run to run what was found out about the endpoint.
  ///   - uploads: remembers uploads in parts beyond this process's life.
  /// - Throws: `StorageError` with `.invalidArgument` for a region that is no name.
  public init(
    _ configuration: S3Configuration, transport: any HTTPTransport, credentials: CredentialsProvider,
    probeCache: (any S3ProbeCache)? = nil, uploads: (any S3UploadRecords)? = nil, clock: WallClock = .system
  ) throws {
    let prefix = DisplayText.escape(configuration.prefix.dropLast())
    let place = configuration.bucket.text + (prefix.isEmpty ? "" : "/" + prefix)
    let name = "s3://" + place
    let service = configuration.endpoint?.description ?? "aws"
    identity = StoreIdentity(
      kind: "s3", displayName: name,
      stableID: "s3:\(service)/\(configuration.bucket)/" + PercentEncoding.encode(configuration.prefix, keepSlash: true),
      names: NameRules(isUTF8: true))
    client = try S3Client(
      configuration: configuration, transport: transport, credentials: credentials, clock: clock, storeName: name)
    preparer = BodyPreparer(memory: AsyncSemaphore(limit: max(configuration.uploadMemory, 1 << 20)), store: name)
    prober = S3Prober(client: client, cache: probeCache)
    self.uploads = uploads
  }

  /// How the store is set up.
  public var configuration: S3Configuration { client.configuration }

  /// Where the credentials in use came from; nil before the first request.
  public var credentialSource: CredentialSource? { client.credentials.source }

  /// The region that requests are signed for: the configured one, or the bucket's own once an answer has named it.
  public var region: String { client.address.region }

  public func capabilities() async throws -> StoreCapabilities {
    let traits = try await prober.traits()
    let checked = StoreCapabilities.ConditionSupport.checked
    return StoreCapabilities(
      ifAbsent: !traits.putIfAbsent ? .ignored : traits.completeIfAbsent && traits.putIfAbsentIsAtomic ? .enforced : .checked,
      ifMatches: traits.putIfMatch != .none && traits.completeIfMatch != .none ? .enforced : checked,
      conditionalDelete: traits.deleteIfMatch != .none ? .enforced : checked,
      serverSideCopy: true, partCopy: traits.partCopy, multipart: true,
      modifiedPrecision: traits.keepsMetadata ? 1 : nil, mode: traits.keepsMetadata, userMetadata: traits.keepsMetadata,
      updateMetadata: traits.keepsMetadata, storageClasses: true,
      maximumKeyLength: S3Configuration.Limits.keyLength - configuration.prefix.count,
      names: identity.names, maximumSize: S3Configuration.Limits.largestObject, deleteBatch: S3Configuration.Limits.deleteBatch)
  }

  /// The service tells of changes only to queues of its own.
  public var changeFeed: (any ChangeFeed)? { nil }

  public static func requestClass(of label: String) -> RequestClass {
    S3Operation(rawValue: label)?.requestClass ?? .other
  }

  public func openWrite(_ key: ObjectKey, length: Int64?, _ options: WriteOptions) async throws -> any DirectWrite {
    throw StorageError.unsupported("take pushed bytes", store: identity.displayName)
  }

  /// S3 answers for what is durable: nothing to do.
  public func flush() async throws {}

  /// The transport is the caller's: nothing to do.
  public func close() async {}

  /// A URL at which anyone who knows it can use the object with `method` until it expires.
  /// - Parameter expires: from 1 second to 7 days; temporary credentials may end earlier, and the URL with them.
  /// - Throws: `StorageError` with `.invalidArgument` for another time, `.unauthenticated` without credentials.
  public func presign(_ method: HTTPMethod = .get, _ key: ObjectKey, expires: Duration) async throws -> String {
    guard expires >= .seconds(1), expires <= .seconds(604_800) else {
      throw StorageError(
        .invalidArgument, store: identity.displayName, key: key, message: "a presigned URL lasts from 1 second to 7 days")
    }
    return try await client.presign(method: method, path: path(key), expires: expires)
  }

  /// The key in the bucket.
  func path(_ key: ObjectKey) -> [UInt8] { configuration.prefix.isEmpty ? key.bytes : configuration.prefix + key.bytes }

  /// Whether a service can have an object of this name at all: names are UTF-8.
  func isPossible(_ key: ObjectKey) -> Bool { (try? UTF8Span(validating: key.bytes.span)) != nil }

  func error(_ code: StorageError.Code, _ key: ObjectKey?, _ message: String) -> StorageError {
    StorageError(code, store: identity.displayName, key: key, message: message)
  }
}
