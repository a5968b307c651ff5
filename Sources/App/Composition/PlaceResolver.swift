import Compression
import CompressionLayer
public import Configuration
import LocalStorage
import MemoryStorage
import Primitives
import StoreLayers

/// Turns ends as people name them, and configured stores, into places that can be opened.
public struct PlaceResolver: Sendable {
  let settings: Settings
  private let connection: S3Connection

  /// - Parameters:
  ///   - settings: the configuration; its stores are the ones that `name:prefix` finds.
  ///   - connection: for buckets named by a URL; what it does not say, the environment of `settings` does.
  public init(settings: Settings, connection: S3Connection = S3Connection()) {
    self.settings = settings
    self.connection = connection.filled(from: S3Connection(environment: settings.environment))
  }

  /// The place of an end, with the end's prefix as its root. Reads the files and runs the commands that secrets are kept in: blocks.
  /// - Parameters:
  ///   - end: the end.
  ///   - creating: whether a folder of this machine is made where it is missing.
  ///   - symlinks: what links in folders are, where the store's own settings do not say.
  /// - Throws: `EndError` for a store that is not configured and for what is no bucket or address; `ConfigurationError` for a secret
  ///   that cannot be had.
  public func place(_ end: End, creating: Bool = false, symlinks: SymlinkChoice? = nil) throws -> Place {
    switch end {
    case .local(let path): return folder(path, OptionValues(), creating: creating, symlinks: symlinks)
    case .service(let end): return try service(end)
    case .memory(let name): return .store(MemoryStore(MemoryStoreOptions(name: name.isEmpty ? "memory" : name)))
    case .store(let name, let prefix):
      guard let store = settings.store(named: name) else { throw unknown(name) }
      return try place(store, prefix, creating: creating, symlinks: symlinks)
    }
  }

  /// A place named by a URL. What its query does not say, the environment does.
  private func service(_ end: ServiceEnd) throws -> Place {
    switch end.type {
    case .gcs:
      let emulator = settings.environment["STORAGE_EMULATOR_HOST"].flatMap { $0.isEmpty ? nil : $0 }
      return .gcs(try GCSReading(values: end.options, name: nil, emulator: emulator).place(end.container, end.prefix))
    case .azure:
      let reading = AzureReading(values: end.options, name: nil, variables: settings.environment)
      return .azure(try reading.place(account: end.account, end.container, end.prefix))
    case .dropbox:
      return .dropbox(try DropboxReading(values: end.options, name: nil, variables: settings.environment).place(end.prefix))
    case .s3, .local, .memory, .encrypt, .compress, .mock:
      // Of these only S3 has URLs of services.
      let reading = S3Reading(values: end.options, name: nil, connection: connection)
      return .s3(try reading.place(end.container, end.prefix))
    }
  }

  private func place(_ store: StoreSettings, _ prefix: EndPrefix, creating: Bool, symlinks: SymlinkChoice?) throws -> Place {
    switch store.type {
    case .memory: return .store(MemoryStore(MemoryStoreOptions(name: store.name)), subfolder: prefix.folder)
    case .local:
      let root = Array((store.values.text("path") ?? "").utf8)
      let path = prefix.bytes.isEmpty ? root : root + (root.last == 0x2F ? [] : [0x2F]) + prefix.bytes
      return folder(path, store.values, creating: creating || store.values.flag("create") == true, symlinks: symlinks)
    case .s3:
      // A configured store is complete: what the command line says of URLs must not send its requests elsewhere.
      let own = S3Connection(region: S3Connection(environment: settings.environment).region, caFile: connection.caFile)
      let reading = S3Reading(values: store.values, name: store.name, connection: own)
      return .s3(try reading.place(store.values.text("bucket") ?? "", prefix))
    case .gcs:
      let reading = GCSReading(values: store.values, name: store.name, emulator: nil)
      return .gcs(try reading.place(store.values.text("bucket") ?? "", prefix))
    case .azure:
      let reading = AzureReading(values: store.values, name: store.name, variables: settings.environment)
      return .azure(try reading.place(account: nil, store.values.text("container") ?? "", prefix))
    case .dropbox:
      return .dropbox(try DropboxReading(values: store.values, name: store.name, variables: settings.environment).place(prefix))
    case .encrypt:
      let inside = try base(of: store, creating: creating, symlinks: symlinks)
      return .layered(LayeredPlace(inside, .encrypted(try encryption(of: store)), subfolder: prefix.folder))
    case .mock:
      let inside = try base(of: store, creating: creating, symlinks: symlinks)
      return .layered(LayeredPlace(inside, .mocked(faults(of: store)), subfolder: prefix.folder))
    case .compress:
      var options = CompressionOptions()
      if let level = store.values.count("level").flatMap(CompressionLevel.init) { options.level = level }
      if let folder = settings.environment["TMPDIR"], !folder.isEmpty { options.spoolFolder = Array(folder.utf8) }
      return .layered(
        LayeredPlace(try base(of: store, creating: creating, symlinks: symlinks), .compressed(options), subfolder: prefix.folder))
    }
  }

  /// What goes wrong with a store, by its settings.
  private func faults(of store: StoreSettings) -> RandomFaults {
    .service(
      seed: UInt64(store.values.count("seed") ?? 1), share: Int(((store.values.percent("errors") ?? 0) * 10).rounded()),
      latency: store.values.duration("latency") ?? .zero, jitter: store.values.duration("jitter") ?? .zero)
  }

  /// The place of the store that a store lies over. The configuration was checked: no store lies over itself.
  private func base(of store: StoreSettings, creating: Bool, symlinks: SymlinkChoice?) throws -> Place {
    switch store.over {
    case .settings(let inner): return try place(inner, .root, creating: creating, symlinks: symlinks)
    case .named(let name, let prefix):
      guard let inner = settings.store(named: name) else { throw unknown(name) }
      return try place(inner, prefix, creating: creating, symlinks: symlinks)
    case nil: throw EndError(message: "the store “\(DisplayText.escape(store.name))” lies over no other: set “over”")
    }
  }

  private func folder(_ path: [UInt8], _ values: OptionValues, creating: Bool, symlinks: SymlinkChoice?) -> Place {
    var options = LocalOptions(create: creating)
    options.links =
      switch values.text("symlinks").flatMap(SymlinkChoice.init) ?? symlinks {
      case .follow: .follow
      case .links: .asLinkFiles
      case .skip, nil: .skip
      }
    options.durability = values.text("sync") == "every" ? .everyWrite : .atFlush
    options.preserveMode = values.flag("preserve_mode") ?? true
    options.metadataAttributes = values.flag("xattr") ?? true
    options.crossDevices = values.flag("cross_devices") ?? true
    return .folder(FolderPlace(path: path, options: options))
  }

  private func unknown(_ name: String) -> EndError {
    let known = settings.stores.map(\.name)
    let hint = Suggestion.closest(to: name, in: known).map { "did you mean \($0):?" }
    let advice = hint ?? "write ./\(name):… for a path with a colon in it"
    let file = settings.file.map { DisplayText.escape($0) } ?? "there is no configuration file"
    return EndError(message: "there is no store “\(DisplayText.escape(name))” in the configuration (\(file)); \(advice)")
  }
}
