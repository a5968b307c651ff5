import AzureStorage
import Concurrency
import DropboxStorage
import EncryptionLayer
import Files
import GCSStorage
import Glibc
import HTTPClient
import HTTPMessages
import LocalStorage
import ObjectStorage
import Observability
import Primitives
import S3Storage
import StoreLayers

/// Opens places as stores, with the layers that each needs: the one part that knows every kind of store.
public struct StoreBuilder: Sendable {
  private let runtime: Runtime
  private let probes: ProbeFiles?
  private let uploads: UploadFiles?

  /// - Parameters:
  ///   - runtime: what the stores share.
  ///   - stateFolder: where it is kept from run to run what was found out about S3 services; nil: found out in every run.
  public init(runtime: Runtime, stateFolder: [UInt8]? = nil) {
    self.runtime = runtime
    probes = stateFolder.map { ProbeFiles(folder: $0 + Array("/probes".utf8)) }
    uploads = stateFolder.map { UploadFiles(folder: $0 + Array("/uploads".utf8)) }
  }

  /// Opens a place. Sends no request: whether a bucket is there and lets us in shows at the first call.
  /// - Throws: `StorageError`: a folder that is not there (`.storeNotFound`), a setting that can never work (`.invalidArgument`).
  public func open(_ place: Place) throws -> OpenStore {
    switch place {
    case .folder(let folder): try open(folder)
    case .s3(let bucket): try open(bucket)
    case .gcs(let bucket): try open(bucket)
    case .azure(let container): try open(container)
    case .dropbox(let folder): try open(folder)
    case .store(let store, let subfolder): try open(store, subfolder)
    case .layered(let place): try open(place)
    }
  }

  /// What is made of files lies around everything that the store inside has: its retries send again what was made once, and its
  /// requests are counted and held back as they go over the wire.
  private func open(_ place: LayeredPlace) throws -> OpenStore {
    let inside = try open(place.base)
    let name = inside.identity.displayName
    let stack = LayerStack(runtime: runtime, name: name)
    var ownMeter: RequestMeter?
    if case .mocked = place.form, inside.meter == nil { ownMeter = RequestMeter(store: name, registry: runtime.metrics) }
    let formed = stack.around(forms: place.form, of: inside.store, meter: ownMeter)
    return OpenStore(
      store: try stack.around(view: formed, subfolder: place.subfolder, isReadOnly: place.isReadOnly),
      root: place.isReadOnly ? nil : inside.root, folder: inside.folder, folderPath: inside.folderPath, remote: inside.remote,
      meter: inside.meter ?? ownMeter, isOwned: inside.isOwned, createsContainer: inside.createsContainer && !place.isReadOnly,
      encryption: formed as? EncryptedStore ?? inside.encryption, insideID: inside.insideID ?? inside.identity.stableID)
  }

  private func open(_ place: FolderPlace) throws -> OpenStore {
    let folder = try LocalStore.open(path: place.path, options: place.options)
    let stack = LayerStack(runtime: runtime, name: folder.identity.displayName)
    return OpenStore(
      store: try stack.around(view: folder, subfolder: nil, isReadOnly: place.isReadOnly),
      root: place.isReadOnly ? nil : .of(folder), folder: folder, folderPath: Self.absolute(place.path))
  }

  private func open(_ place: S3Place) throws -> OpenStore {
    var configuration = place.configuration
    // The place in the bucket is the provider's own prefix: a layer would make each key anew, a million times in a long listing.
    configuration.enter(place.subfolder)
    configuration.uploadMemory = min(configuration.uploadMemory, runtime.limits.memory)
    configuration.anonymous = configuration.anonymous || place.credentials.isAnonymous
    let wire = wire(S3Store.self, place.options, "s3://\(configuration.bucket)", parts: configuration.uploadConcurrency)
    let s3 = try S3Store(
      configuration, transport: wire.counted, credentials: credentials(for: place, transport: wire.uncounted), probeCache: probes,
      uploads: uploads, clock: runtime.clock)
    return try open(s3, wire, place.options)
  }

  private func open(_ place: GCSPlace) throws -> OpenStore {
    var configuration = place.configuration
    configuration.enter(place.subfolder)
    configuration.uploadMemory = min(configuration.uploadMemory, runtime.limits.memory)
    let wire = wire(GCSStore.self, place.options, "gs://\(configuration.bucket)", parts: configuration.uploadConcurrency)
    let chain = GCSCredentialChain(
      transport: wire.uncounted,
      environment: .init(variables: runtime.environment, readFile: { SmallFile.read(Array($0.utf8), limit: 1 << 20) }),
      explicit: place.credentials, clock: runtime.clock)
    let gcs = GCSStore(
      configuration, transport: wire.counted, tokens: GCSTokenProvider(chain: chain), clock: runtime.clock)
    return try open(gcs, wire, place.options)
  }

  private func open(_ place: AzurePlace) throws -> OpenStore {
    var configuration = place.configuration
    configuration.enter(place.subfolder)
    configuration.uploadMemory = min(configuration.uploadMemory, runtime.limits.memory)
    let name = "azure://\(configuration.account)/\(configuration.container)"
    let wire = wire(AzureStore.self, place.options, name, parts: configuration.uploadConcurrency)
    let credentials: AzureCredentialProvider =
      switch place.credentials {
      case .given(let credential): AzureCredentialProvider(credential)
      case .application(let tenant, let client, let secret):
        AzureCredentialProvider(
          tenant: tenant, client: client, secret: secret, authority: place.cloud.authority, transport: wire.uncounted,
          clock: runtime.clock)
      case .chain:
        AzureCredentialProvider(
          chain: AzureCredentialChain(
            transport: wire.uncounted,
            environment: .init(variables: runtime.environment, readFile: { SmallFile.read(Array($0.utf8), limit: 1 << 20) }),
            account: configuration.account, cloud: place.cloud, clock: runtime.clock))
      }
    let azure = AzureStore(configuration, transport: wire.counted, credentials: credentials, clock: runtime.clock)
    return try open(azure, wire, place.options)
  }

  private func open(_ place: DropboxPlace) throws -> OpenStore {
    var configuration = place.configuration
    configuration.enter(place.subfolder)
    configuration.uploadMemory = min(configuration.uploadMemory, runtime.limits.memory)
    let wire = wire(DropboxStore.self, place.options, "dropbox:", parts: configuration.uploadConcurrency)
    let tokens = DropboxTokenProvider(
      place.credentials, transport: wire.uncounted, hosts: configuration.hosts, clock: runtime.clock)
    return try open(DropboxStore(configuration, transport: wire.counted, tokens: tokens), wire, place.options)
  }

  /// The ways to a service.
  private struct Wire {
    let name: String
    /// For the store: each request is counted, and waits until the service takes it well.
    let counted: any HTTPTransport
    /// For credentials: their requests are not the store's.
    let uncounted: any HTTPTransport
    let meter: RequestMeter
  }

  /// - Parameter parts: of one object, under way at once.
  private func wire<Store: RemoteStore>(_: Store.Type, _ options: ServiceOptions, _ place: String, parts: Int) -> Wire {
    let name = options.name ?? place
    let transport = runtime.transport(for: options.trust, store: (name, options.bandwidth))
    let meter = RequestMeter(store: name, registry: runtime.metrics)
    let counter = WireCounter(transport, meter: meter, classify: Store.requestClass)
    return Wire(
      name: name, counted: AdaptiveTransport(counter, gate: gate(name, parts: parts)), uncounted: transport, meter: meter)
  }

  private func open(_ remote: any RemoteStore, _ wire: Wire, _ options: ServiceOptions) throws -> OpenStore {
    let stack = LayerStack(runtime: runtime, name: wire.name, bandwidth: options.bandwidth)
    return OpenStore(
      store: try stack.around(view: stack.around(remote: remote, meter: nil), subfolder: nil, isReadOnly: options.isReadOnly),
      remote: remote, meter: wire.meter, createsContainer: options.createsContainer && !options.isReadOnly)
  }

  /// Begins with as many requests as files are worked on at once, and never lets more be under way than the parts of that many files.
  private func gate(_ name: String, parts: Int) -> RequestGate {
    let workers = runtime.limits.workers
    let log = runtime.logger.with(label: "store", ["store": .text(name)])
    let told = Lock(workers)
    let limit = AdaptiveLimit(start: workers, most: workers * max(1, parts))
    return RequestGate(limit) { _, to in
      // A line for a change by a lot, not for each step.
      let isWorthALine = told.withLock { told in
        guard to >= told * 2 || to * 2 <= told else { return false }
        told = to
        return true
      }
      if isWorthALine { log.debug("other number of requests at once", ["requests": .text("\(to)")]) }
    }
  }

  /// A store of the caller's own is counted, so that requests show, and else left as it is.
  private func open(_ store: any ObjectStore, _ subfolder: ObjectKey?) throws -> OpenStore {
    let name = store.identity.displayName
    let meter = store.identity.isLocal ? nil : RequestMeter(store: name, registry: runtime.metrics)
    let counted: any ObjectStore = if let meter { MeteredStore(store, meter: meter) } else { store }
    let stack = LayerStack(runtime: runtime, name: name)
    return OpenStore(
      store: try stack.around(view: counted, subfolder: subfolder, isReadOnly: false), meter: meter, isOwned: false)
  }

  private func credentials(for place: S3Place, transport: any HTTPTransport) -> CredentialsProvider {
    switch place.credentials {
    case .key(let key): CredentialsProvider(key)
    case .profile(let name): CredentialsProvider(chain: chain(for: place, profile: name, transport: transport))
    case .chain, .anonymous: CredentialsProvider(chain: chain(for: place, profile: nil, transport: transport))
    }
  }

  /// Requests for credentials are not counted: they are not the store's.
  private func chain(for place: S3Place, profile: String?, transport: any HTTPTransport) -> CredentialChain {
    var environment = CredentialChain.Environment.current()
    environment.variables = runtime.environment
    return CredentialChain(
      transport: transport, environment: environment, profile: profile, region: place.configuration.region, clock: runtime.clock)
  }

  /// The path without symbolic links; as given if it cannot be resolved.
  private static func absolute(_ path: [UInt8]) -> [UInt8] {
    let text = (path + [0]).withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { realpath($0.baseAddress!, nil) }
    }
    guard let text else { return path }
    defer { free(text) }
    return UnsafeRawBufferPointer(start: text, count: strlen(text)).map { $0 }
  }
}
