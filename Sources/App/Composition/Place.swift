public import AzureStorage
public import CompressionLayer
public import Configuration
public import DropboxStorage
public import EncryptionLayer
public import GCSStorage
public import LocalStorage
public import ObjectStorage
public import Primitives
public import S3Storage
public import StoreLayers

/// A place that holds files, described so that it can be opened. Describing costs nothing and cannot fail.
public indirect enum Place: Sendable {
  /// A folder of this machine.
  case folder(FolderPlace)
  /// A bucket, or a folder in one.
  case s3(S3Place)
  /// A bucket of Google Cloud Storage, or a folder in one.
  case gcs(GCSPlace)
  /// A container of Azure Blob Storage, or a folder in one.
  case azure(AzurePlace)
  /// A folder of a Dropbox.
  case dropbox(DropboxPlace)
  /// A store that the caller has made, or a folder in it; used as it is and not closed.
  case store(any ObjectStore, subfolder: ObjectKey? = nil)
  /// A store that lies over the one of another place.
  case layered(LayeredPlace)

  /// The folder at `path`, relative to the working directory if it does not begin with a slash.
  public static func folder(_ path: String) -> Place { .folder(FolderPlace(path: Array(path.utf8))) }
}

/// A store that lies over another one, and keeps in it what it makes of its files.
public struct LayeredPlace: Sendable {
  /// What it makes of files.
  public enum Form: Sendable {
    /// It compresses them.
    case compressed(CompressionOptions)
    /// It encrypts them.
    case encrypted(EncryptionOptions)
    /// It leaves them as they are, and takes its time and fails as a service would.
    case mocked(RandomFaults)
  }

  /// The place of the store inside.
  public var base: Place
  /// What is made of files.
  public var form: Form
  /// The folder that acts as the root; nil for the whole.
  public var subfolder: ObjectKey?
  /// Refuse every change.
  public var isReadOnly: Bool

  /// A store over the one at `base`.
  public init(_ base: Place, _ form: Form, subfolder: ObjectKey? = nil, isReadOnly: Bool = false) {
    self.base = base
    self.form = form
    self.subfolder = subfolder
    self.isReadOnly = isReadOnly
  }
}

/// A folder of this machine.
public struct FolderPlace: Sendable {
  /// The path, bytes as the file system has them.
  public var path: [UInt8]
  /// How the folder acts as a store. With `create`, it is made when it is not there.
  public var options: LocalOptions
  /// Refuse every change.
  public var isReadOnly: Bool

  /// A folder.
  public init(path: [UInt8], options: LocalOptions = LocalOptions(), isReadOnly: Bool = false) {
    self.path = path
    self.options = options
    self.isReadOnly = isReadOnly
  }
}

/// How a service is used, whichever it is.
public struct ServiceOptions: Sendable {
  /// How the service proves who it is.
  public var trust: Trust
  /// The store's name in metrics and in the log; nil for the place's.
  public var name: String?
  /// Bytes a second of this store alone, and when; within that of the process.
  public var bandwidth: BandwidthTimetable
  /// Refuse every change.
  public var isReadOnly: Bool
  /// Make the bucket, private, when a run finds that it is not there.
  public var createsContainer: Bool

  /// By default as fast as it goes, with the system's authorities.
  public init(
    trust: Trust = Trust(), name: String? = nil, bandwidth: BandwidthTimetable = BandwidthTimetable(Bandwidth(up: nil, down: nil)),
    isReadOnly: Bool = false, createsContainer: Bool = false
  ) {
    self.trust = trust
    self.name = name
    self.bandwidth = bandwidth
    self.isReadOnly = isReadOnly
    self.createsContainer = createsContainer
  }
}

/// A bucket of Amazon S3 or of a service that speaks its protocol.
public struct S3Place: Sendable {
  /// Where the access key comes from.
  public enum Credentials: Sendable {
    /// Where the AWS programs look: environment, shared files, container, instance.
    case chain
    /// One profile of the shared files, and nothing else.
    case profile(String)
    /// This key.
    case key(S3Credentials)
    /// None: a public bucket.
    case anonymous

    var isAnonymous: Bool { if case .anonymous = self { true } else { false } }
  }

  /// The bucket, its service, and how it is used.
  public var configuration: S3Configuration
  /// A folder below the configuration's prefix, of any bytes; empty for none.
  public var subfolder: [UInt8]
  /// Where the access key comes from.
  public var credentials: Credentials
  /// How the service is used.
  public var options: ServiceOptions

  /// A bucket.
  public init(
    _ configuration: S3Configuration, subfolder: [UInt8] = [], credentials: Credentials = .chain,
    options: ServiceOptions = ServiceOptions()
  ) {
    self.configuration = configuration
    self.subfolder = subfolder
    self.credentials = credentials
    self.options = options
  }
}

/// A bucket of Google Cloud Storage.
public struct GCSPlace: Sendable {
  /// The bucket, its service, and how it is used.
  public var configuration: GCSConfiguration
  /// A folder below the configuration's prefix, of any bytes; empty for none.
  public var subfolder: [UInt8]
  /// The content of a file of credentials; nil to look where Google's programs do. Not used where the configuration is anonymous.
  public var credentials: Secret?
  /// How the service is used.
  public var options: ServiceOptions

  /// A bucket.
  public init(
    _ configuration: GCSConfiguration, subfolder: [UInt8] = [], credentials: Secret? = nil,
    options: ServiceOptions = ServiceOptions()
  ) {
    self.configuration = configuration
    self.subfolder = subfolder
    self.credentials = credentials
    self.options = options
  }
}

/// A container of Azure Blob Storage.
public struct AzurePlace: Sendable {
  /// Who asks.
  public enum Credentials: Sendable {
    /// Where Microsoft's programs look: environment, an application's secret or token, the machine's managed identity.
    case chain
    /// An application of a directory that signs in with a secret.
    case application(tenant: String, client: String, secret: Secret)
    /// This: a key, a signature, a token, or nobody.
    case given(AzureCredential)
  }

  /// The container, its service, and how it is used.
  public var configuration: AzureConfiguration
  /// The cloud that the account is in, which decides where tokens come from.
  public var cloud: AzureCloud
  /// A folder below the configuration's prefix, of any bytes; empty for none.
  public var subfolder: [UInt8]
  /// Who asks.
  public var credentials: Credentials
  /// How the service is used.
  public var options: ServiceOptions

  /// A container.
  public init(
    _ configuration: AzureConfiguration, cloud: AzureCloud = .global, subfolder: [UInt8] = [], credentials: Credentials = .chain,
    options: ServiceOptions = ServiceOptions()
  ) {
    self.configuration = configuration
    self.cloud = cloud
    self.subfolder = subfolder
    self.credentials = credentials
    self.options = options
  }
}

/// A folder of a Dropbox.
public struct DropboxPlace: Sendable {
  /// The folder, its service, and how it is used.
  public var configuration: DropboxConfiguration
  /// A folder below the configuration's prefix, of any bytes; empty for none.
  public var subfolder: [UInt8]
  /// Who asks.
  public var credentials: DropboxCredentials
  /// How the service is used.
  public var options: ServiceOptions

  /// A folder.
  public init(
    _ configuration: DropboxConfiguration, subfolder: [UInt8] = [], credentials: DropboxCredentials,
    options: ServiceOptions = ServiceOptions()
  ) {
    self.configuration = configuration
    self.subfolder = subfolder
    self.credentials = credentials
    self.options = options
  }
}

/// How a server proves who it is.
public struct Trust: Hashable, Sendable {
  /// A PEM file of who may vouch for servers; nil for the system's.
  public var caFile: String?
  /// Take any certificate: anyone in between can read and change everything.
  public var isInsecure: Bool

  /// By default the system's authorities.
  public init(caFile: String? = nil, isInsecure: Bool = false) {
    self.caFile = caFile
    self.isInsecure = isInsecure
  }
}
