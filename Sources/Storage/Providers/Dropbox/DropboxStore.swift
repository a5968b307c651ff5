public import Concurrency
public import HTTPClient
import HTTPMessages
import Markup
public import ObjectStorage
public import Primitives

/// A folder of a Dropbox, by the API's version 2.
///
/// A file's version is its `rev`, which the service itself compares at every write and delete. Nothing is retried here except a token
/// that has expired, bodies that break off in the middle, pieces of a large upload, and writes that met another one of the account; a
/// layer retries the rest. No request is made before the first call.
public final class DropboxStore: RemoteStore {
  public let identity: StoreIdentity
  let client: DropboxClient
  let memory: AsyncSemaphore
  let commits: WriteQueue<Commit, FileResource>
  let copies: WriteQueue<Relocation, FileResource>
  let moves: WriteQueue<Relocation, FileResource>
  let crowd: Crowd
  let clock: WallClock

  /// A store in the folder that `configuration` names.
  /// - Parameters:
  ///   - transport: shared with other stores if you like; not closed by `close`.
  ///   - clock: tells how old something is.
  ///   - timer: for pauses.
  public init(
    _ configuration: DropboxConfiguration, transport: any HTTPTransport, tokens: DropboxTokenProvider,
    clock: WallClock = .system, timer: MonotonicClock = .system
  ) {
    let name = "dropbox://" + DisplayText.escape(configuration.prefix.dropLast())
    let server = configuration.hosts == .dropbox ? "dropbox" : configuration.hosts.api.description
    let space =
      switch configuration.pathRoot {
      case .home: "home"
      case .root: "root"
      case .namespace(let id): "ns:\(id)"
      }
    let account = PercentEncoding.encode((configuration.account ?? tokens.accountMark).utf8, keepSlash: false)
    identity = StoreIdentity(
      kind: "dropbox", displayName: name,
      stableID: "dropbox:\(server)/\(account)/\(space)/" + PercentEncoding.encode(configuration.prefix, keepSlash: true),
      listsFolders: true, names: DropboxNames.rules)
    client = DropboxClient(
      configuration: configuration, transport: transport, tokens: tokens, timer: timer, storeName: name)
    memory = AsyncSemaphore(
      limit: Int(max(Int64(configuration.uploadMemory), configuration.chunk, configuration.wholeLimit)))
    commits = Commit.queue(client)
    copies = Relocation.queue(.copy, client)
    moves = Relocation.queue(.move, client)
    crowd = Crowd(timer)
    self.clock = clock
  }

  /// How the store is set up.
  public var configuration: DropboxConfiguration { client.configuration }

  /// Where the credentials in use came from.
  public var credentialSource: DropboxCredentials.Source { client.tokens.source }

  /// Those of the service; nothing is tried.
  public func capabilities() async throws -> StoreCapabilities {
    StoreCapabilities(
      ifAbsent: .enforced, ifMatches: .enforced, conditionalDelete: .enforced, serverSideCopy: true, atomicMove: true,
      realFolders: true, modifiedPrecision: 1_000_000_000, listsModified: true,
      maximumKeyLength: ObjectKey.maximumLength - configuration.prefix.count, maximumNameLength: DropboxNames.longest,
      names: DropboxNames.rules, maximumSize: DropboxLimits.largestFile, deleteBatch: DropboxLimits.batch)
  }

  /// The service's own cursors.
  public var changeFeed: (any ChangeFeed)? { DropboxChangeFeed(self) }

  public static func requestClass(of label: String) -> RequestClass {
    DropboxOperation(rawValue: label)?.requestClass ?? .other
  }

  public func openWrite(_ key: ObjectKey, length: Int64?, _ options: WriteOptions) async throws -> any DirectWrite {
    throw StorageError.unsupported("take pushed bytes", store: identity.displayName)
  }

  /// Pieces of an upload are multiples of 4 MiB at places that are known when they are sent; parts of any length are neither.
  public func startMultipart(_ key: ObjectKey, _ options: WriteOptions) async throws -> any MultipartWrite {
    throw StorageError.unsupported("take parts", store: identity.displayName)
  }

  /// A time is changed by writing the file anew, and a file that is written with the bytes it has stays as it is.
  public func updateMetadata(
    _ metadata: ObjectMetadata, of key: ObjectKey, ifMatches: ObjectVersion?
  ) async throws -> WriteReceipt {
    throw StorageError.unsupported("change metadata alone", store: identity.displayName)
  }

  /// The service answers for what is durable: nothing to do.
  public func flush() async throws {}

  /// The transport is the caller's: nothing to do.
  public func close() async {}

  // MARK: names

  /// The path of a key; its bytes are UTF-8 by `DropboxNames`.
  func path(_ key: ObjectKey) -> JSONValue { path(configuration.prefix + key.withoutSlash) }

  /// The path of the store's own folder; the root's is empty.
  var rootPath: JSONValue { path(configuration.prefix.dropLast()) }

  func path(_ bytes: some Collection<UInt8>) -> JSONValue {
    .string(bytes.isEmpty ? "" : "/" + String(decoding: bytes, as: UTF8.self))
  }

  /// Whether the service can be asked for an object of this name at all.
  func isPossible(_ key: ObjectKey) -> Bool { (try? UTF8Span(validating: key.bytes.span)) != nil }

  func checkName(_ key: ObjectKey) throws {
    if let problem = DropboxNames.problem(key) { throw error(.invalidArgument, key, "its name cannot be kept: \(problem)") }
    guard configuration.prefix.count + key.bytes.count <= ObjectKey.maximumLength else {
      throw error(.invalidArgument, key, "its name is longer than the \(ObjectKey.maximumLength) bytes that are kept")
    }
  }

  func error(
    _ code: StorageError.Code, retry: StorageError.Retry = .never, _ key: ObjectKey?, _ message: String,
    mayHaveHappened: Bool = false
  ) -> StorageError {
    StorageError(
      code, retry: retry, store: identity.displayName, key: key, message: message, mayHaveHappened: mayHaveHappened)
  }

  /// A version as a revision. What is none matches no file.
  func revision(_ version: ObjectVersion, _ key: ObjectKey?) throws -> String {
    guard FileResource.isRev(version.text) else { throw error(.preconditionFailed, key, "it changed meanwhile") }
    return version.text
  }

  /// The file or folder that an answer describes.
  func resource(_ json: JSONValue?, _ request: DropboxRequest, kind: FileResource.Kind? = nil) throws -> FileResource {
    guard let json, let resource = FileResource(json, kind: kind) else {
      throw error(
        .internalError, retry: .later, request.key, "the store's answer to \(request.operation.rawValue) describes nothing",
        mayHaveHappened: true)
    }
    return resource
  }
}
