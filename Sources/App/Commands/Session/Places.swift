import Composition
import Configuration
import HTTPClient
import LocalStorage
import MemoryStorage
import ObjectStorage
import Primitives
import S3Storage

/// How s3:// ends are reached where their URLs do not say: by flags, else by the variables that other S3 programs know.
struct Connection: Hashable, Sendable {
  /// The service's address.
  var endpoint: String?
  /// The region.
  var region: String?
  /// The profile of `~/.aws`.
  var profile: String?
  /// The file of certificates.
  var caFile: String?

  /// This connection, with what it does not say taken from another.
  func filled(from other: Connection) -> Connection {
    Connection(
      endpoint: endpoint ?? other.endpoint, region: region ?? other.region, profile: profile ?? other.profile,
      caFile: caFile ?? other.caFile)
  }

  /// What the environment says.
  init(environment: [String: String]) {
    func value(_ names: String...) -> String? { names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty } }
    endpoint = value("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    region = value("AWS_REGION", "AWS_DEFAULT_REGION")
    caFile = value("AWS_CA_BUNDLE")
  }

  /// A connection of its parts.
  init(endpoint: String? = nil, region: String? = nil, profile: String? = nil, caFile: String? = nil) {
    self.endpoint = endpoint
    self.region = region
    self.profile = profile
    self.caFile = caFile
  }
}

/// Turns ends as they are named into places that can be opened.
struct Places: Sendable {
  /// The configuration.
  let settings: Settings
  /// For s3:// ends.
  let connection: Connection

  /// The place of an end, with the end's prefix as its root.
  /// - Parameters:
  ///   - creating: whether a folder of this machine is made where it is missing.
  ///   - symlinks: what links in folders are, where the store's own settings do not say.
  /// - Throws: `CommandError`, `ConfigurationError`, `StorageError`.
  func place(_ end: End, creating: Bool, symlinks: SymlinkChoice?) throws -> Place {
    switch end {
    case .local(let path):
      var values = OptionValues()
      if let symlinks { values.set("symlinks", .text(symlinks.rawValue)) }
      return folder(path, values, creating: creating)
    case .s3(let s3): return .s3(try bucket(s3.bucket, s3.prefix, s3.options, name: nil))
    case .memory(let name): return .store(MemoryStore(MemoryStoreOptions(name: name.isEmpty ? "memory" : name)))
    case .store(let name, let prefix):
      guard let store = settings.store(named: name) else { throw unknownStore(name) }
      return try configured(store, prefix, creating: creating, symlinks: symlinks)
    }
  }

  private func unknownStore(_ name: String) -> CommandError {
    let known = settings.stores.map(\.name)
    let hint = Suggestion.closest(to: name, in: known).map { "Did you mean \($0):?" }
    let from = settings.file.map { DisplayText.escape($0) } ?? "there is no configuration file"
    return .usage(
      "there is no store “\(name)” in the configuration (\(from))",
      advice: hint ?? "Write ./\(name):… for a path with a colon; `isobar config show` lists the stores.")
  }

  private func configured(
    _ store: StoreSettings, _ prefix: EndPrefix, creating: Bool, symlinks: SymlinkChoice?
  ) throws -> Place {
    switch store.type {
    case .memory: return .store(MemoryStore(MemoryStoreOptions(name: store.name)))
    case .local:
      var values = store.values
      if values["symlinks"] == nil, let symlinks { values.set("symlinks", .text(symlinks.rawValue)) }
      let root = Array((values.text("path") ?? "").utf8)
      let path = prefix.bytes.isEmpty ? root : root + (root.last == 0x2F ? [] : [0x2F]) + prefix.bytes
      return folder(path, values, creating: creating || values.flag("create") == true)
    case .s3:
      var outer = EndPrefix.root
      if let text = store.values.text("prefix") {
        do { outer = try EndPrefix(text.utf8) } catch {
          throw ConfigurationError(store.values.origin(of: "prefix"), "stores.\(store.name).prefix", "\(error)")
        }
      }
      let bytes = outer.bytes.isEmpty || prefix.bytes.isEmpty ? outer.bytes + prefix.bytes : outer.bytes + [0x2F] + prefix.bytes
      return .s3(try bucket(store.values.text("bucket") ?? "", try EndPrefix(bytes), store.values, name: store.name))
    }
  }

  private func folder(_ path: [UInt8], _ values: OptionValues, creating: Bool) -> Place {
    var options = LocalOptions(create: creating)
    switch values.text("symlinks").flatMap(SymlinkChoice.init) {
    case .follow: options.links = .follow
    case .links: options.links = .asLinkFiles
    case .skip, nil: options.links = .skip
    }
    options.durability = values.text("sync") == "every" ? .everyWrite : .atFlush
    options.preserveMode = values.flag("preserve_mode") ?? true
    options.metadataAttributes = values.flag("xattr") ?? true
    options.crossDevices = values.flag("cross_devices") ?? true
    return .folder(FolderPlace(path: path, options: options))
  }

  // MARK: S3

  /// - Parameter name: the configured store's name; nil for a URL, to which the connection of flags and variables applies.
  private func bucket(_ bucket: String, _ prefix: EndPrefix, _ values: OptionValues, name: String?) throws -> S3Place {
    guard let bucketName = BucketName(bucket) else {
      throw CommandError.usage("“\(DisplayText.escape(bucket))” is no bucket's name")
    }
    let defaults = name == nil ? connection : Connection(environment: settings.environment)
    let endpoint = values.text("endpoint") ?? (name == nil ? defaults.endpoint : nil)
    var configuration = S3Configuration(
      bucket: bucketName, endpoint: try endpoint.map(address), region: values.text("region") ?? defaults.region)
    if let text = values.text("storage_class") { configuration.storageClass = StorageClass(text) }
    configuration.encryption = encryption(values)
    configuration.cannedACL = values.text("acl").flatMap(S3Configuration.CannedACL.init)
    switch values.text("addressing") {
    case "path": configuration.addressing = .path
    case "virtual-host": configuration.addressing = .virtualHost
    default: configuration.addressing = .auto
    }
    configuration.checksum = values.text("checksum").flatMap(S3Configuration.ChecksumPolicy.init) ?? .auto
    configuration.requesterPays = values.flag("requester_pays") ?? false
    configuration.aws = .init(dualStack: values.flag("dual_stack") ?? false, fips: values.flag("fips") ?? false)
    if let size = values.size("part_size") { configuration.partSize = size }
    if let size = values.size("multipart_threshold") { configuration.multipartThreshold = size }
    if let count = values.count("part_concurrency") { configuration.uploadConcurrency = count }
    configuration.anonymous = values.flag("anonymous") ?? false
    return S3Place(
      configuration, subfolder: prefix.bytes.isEmpty ? [] : prefix.bytes + [0x2F],
      credentials: try credentials(values, profile: values.text("profile") ?? (name == nil ? defaults.profile : nil)),
      trust: Trust(caFile: values.text("ca_file") ?? defaults.caFile), name: name)
  }

  private func address(_ text: String) throws -> HTTPEndpoint {
    guard let endpoint = HTTPEndpoint(parsing: text) else {
      throw CommandError.usage(
        "“\(DisplayText.escape(text))” is no address of a service",
        advice: "Write it as https://s3.example.com or http://127.0.0.1:9000.")
    }
    return endpoint
  }

  private func encryption(_ values: OptionValues) -> S3Configuration.Encryption {
    switch values.text("sse") {
    case "s3": .s3
    case "kms": .kms(keyID: values.text("kms_key_id"))
    default: .none
    }
  }

  private func credentials(_ values: OptionValues, profile: String?) throws -> S3Place.Credentials {
    if values.flag("anonymous") == true { return .anonymous }
    if let id = values.text("access_key_id"), let secret = values.secret("secret_access_key") {
      return .key(
        S3Credentials(
          accessKeyID: id, secretAccessKey: try secret.resolve(), sessionToken: try values.secret("session_token")?.resolve()))
    }
    if let profile { return .profile(profile) }
    // The chain looks into this process's environment, which lacks what the .env file says.
    let environment = settings.environment
    if let id = environment["AWS_ACCESS_KEY_ID"], let secret = environment["AWS_SECRET_ACCESS_KEY"], !id.isEmpty, !secret.isEmpty {
      let token = environment["AWS_SESSION_TOKEN"].flatMap { $0.isEmpty ? nil : Secret($0) }
      return .key(S3Credentials(accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: token))
    }
    return .chain
  }
}
