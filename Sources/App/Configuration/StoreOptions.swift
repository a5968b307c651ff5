/// The kinds of stores there are. Raw values are what `type` says.
public enum StoreType: String, Hashable, Sendable, CaseIterable {
  case s3
  case gcs
  case azure
  case dropbox
  case local
  case memory
  case encrypt
  case compress
  case mock

  /// What it is, in one sentence.
  public var help: String {
    switch self {
    case .s3: "A bucket of Amazon S3 or of anything that speaks its protocol"
    case .gcs: "A bucket of Google Cloud Storage"
    case .azure: "A container of Azure Blob Storage"
    case .dropbox: "A folder of a Dropbox"
    case .local: "A folder of this machine"
    case .memory: "Memory of this process, empty at its start: for trying things out"
    case .encrypt: "Another store, in which files are kept encrypted (age)"
    case .compress: "Another store, in which files are kept compressed (zstd)"
    case .mock: "Another store that is made as slow and unreliable as a service: for trying things out"
    }
  }

  /// The scheme of URLs that name a place in such a store; nil where none does.
  public var scheme: String? {
    switch self {
    case .s3: "s3"
    case .gcs: "gs"
    case .azure: "azure"
    case .dropbox: "dropbox"
    case .local, .memory, .encrypt, .compress, .mock: nil
    }
  }

  /// What a service keeps files in, below its address.
  public enum Containers: Sendable {
    /// Nothing: files and folders lie in the account itself.
    case none
    /// Buckets whose names are enough.
    case named
    /// Containers whose names are an account's own.
    case ofAccounts
  }

  /// What files lie in, which a URL names first.
  public var containers: Containers {
    switch self {
    case .s3, .gcs: .named
    case .azure: .ofAccounts
    case .dropbox, .local, .memory, .encrypt, .compress, .mock: .none
    }
  }

  /// How a URL of it is written, for messages.
  var urlForm: String {
    let scheme = scheme ?? rawValue
    return switch containers {
    case .none: "\(scheme)://FOLDER"
    case .named: "\(scheme)://BUCKET/PREFIX"
    case .ofAccounts: "\(scheme)://ACCOUNT/CONTAINER/PREFIX"
    }
  }

  /// Whether it lies over another store, which `over` names.
  public var liesOver: Bool { options.contains { $0.kind == .store } }

  /// The settings of such a store, beside `type`.
  public var options: [OptionSpec] {
    switch self {
    case .s3: Self.s3Options + Self.serviceOptions
    case .gcs: Self.gcsOptions + Self.serviceOptions
    case .azure: Self.azureOptions + Self.serviceOptions
    case .dropbox: Self.dropboxOptions + Self.serviceOptions
    case .local: Self.localOptions
    case .memory: []
    case .encrypt: Self.encryptOptions
    case .compress: Self.compressOptions
    case .mock: Self.mockOptions
    }
  }

  /// What the settings of every service have in common.
  private static let serviceOptions: [OptionSpec] = [
    OptionSpec(
      "bandwidth", .bandwidth, "Bytes a second of this store alone, both ways or up:down, and when", defaultText: "off", inURL: true
    ),
    OptionSpec("ca_file", .path, "A file of certificates to trust instead of the system's"),
    OptionSpec("create_bucket", .flag, "Make the bucket if it is not there", defaultText: "false", inURL: true),
  ]

  private static let s3Options: [OptionSpec] = [
    OptionSpec("bucket", .text, "The bucket's name", isRequired: true),
    OptionSpec("prefix", .text, "The folder in the bucket that acts as the root", defaultText: ""),
    OptionSpec("endpoint", .address, "The service's address; not needed for Amazon", inURL: true),
    OptionSpec("region", .text, "The bucket's region; learned from the service where it is not set", inURL: true),
    OptionSpec("profile", .text, "The profile of ~/.aws/config and ~/.aws/credentials to take credentials from", inURL: true),
    OptionSpec("access_key_id", .text, "The access key; without one, credentials come from environment, profile or machine"),
    OptionSpec("secret_access_key", .secret, "The access key's secret"),
    OptionSpec("session_token", .secret, "The token of temporary credentials"),
    OptionSpec("anonymous", .flag, "Send no signature: for public buckets", defaultText: "false", inURL: true),
    OptionSpec("storage_class", .text, "The storage class of what is written: STANDARD, STANDARD_IA, GLACIER_IR…", inURL: true),
    OptionSpec("sse", .choice(["none", "s3", "kms"]), "Encryption by the service", defaultText: "none", inURL: true),
    OptionSpec("kms_key_id", .text, "The key for sse: kms; without one, the account's default", inURL: true),
    OptionSpec(
      "acl",
      .choice([
        "private", "public-read", "public-read-write", "authenticated-read", "bucket-owner-read", "bucket-owner-full-control",
      ]), "The canned access rule of what is written; without one, objects are private", inURL: true),
    OptionSpec(
      "addressing", .choice(["auto", "path", "virtual-host"]), "How the bucket is named in requests", defaultText: "auto",
      inURL: true),
    OptionSpec(
      "checksum", .choice(["auto", "crc32c", "crc64nvme", "sha256", "md5", "none"]),
      "What proves to the service that it got it all",
      defaultText: "auto", inURL: true),
    OptionSpec("requester_pays", .flag, "Say that the maker of requests pays for them", defaultText: "false", inURL: true),
    OptionSpec("dual_stack", .flag, "Use Amazon's hosts that are reachable over IPv6", defaultText: "false", inURL: true),
    OptionSpec("fips", .flag, "Use Amazon's hosts with validated cryptography", defaultText: "false", inURL: true),
    OptionSpec("part_size", .size(minimum: 5 << 20), "The size of the parts of large uploads", defaultText: "16M", inURL: true),
    OptionSpec("multipart_threshold", .size(minimum: 0), "Uploads above this go in parts", defaultText: "16M", inURL: true),
    OptionSpec("part_concurrency", .count(1...64), "Parts of one object under way at once", defaultText: "4", inURL: true),
  ]

  private static let gcsOptions: [OptionSpec] = [
    OptionSpec("bucket", .text, "The bucket's name", isRequired: true),
    OptionSpec("prefix", .text, "The folder in the bucket that acts as the root", defaultText: ""),
    OptionSpec(
      "credentials", .secret,
      "A service account's key or another file of credentials; without it they come from environment, gcloud or machine"),
    OptionSpec("anonymous", .flag, "Send no token: for public buckets", defaultText: "false", inURL: true),
    OptionSpec("project", .text, "The project that a new bucket belongs to", inURL: true),
    OptionSpec("location", .text, "Where a new bucket lies: EU, europe-west3…", inURL: true),
    OptionSpec("storage_class", .text, "The storage class of what is written: STANDARD, NEARLINE, COLDLINE, ARCHIVE", inURL: true),
    OptionSpec("user_project", .text, "The project that pays for requests, where a bucket's requesters pay", inURL: true),
    OptionSpec("endpoint", .address, "The service's address; not needed for Google", inURL: true),
    OptionSpec("chunk_size", .size(minimum: 256 << 10), "Bytes of one request of a large upload", defaultText: "16M", inURL: true),
    OptionSpec("resumable_threshold", .size(minimum: 0), "Uploads above this go in chunks", defaultText: "8M", inURL: true),
    OptionSpec(
      "parallel_threshold", .size(minimum: 0),
      "Uploads above this go in several parts at once, which the service joins; 0 for never",
      defaultText: "128M", inURL: true),
    OptionSpec("part_concurrency", .count(1...32), "Parts of one object under way at once", defaultText: "4", inURL: true),
  ]

  private static let azureOptions: [OptionSpec] = [
    OptionSpec("container", .text, "The container's name", isRequired: true),
    OptionSpec("prefix", .text, "The folder in the container that acts as the root", defaultText: ""),
    OptionSpec("account", .text, "The storage account; without it that of connection_string or AZURE_STORAGE_ACCOUNT"),
    OptionSpec("connection_string", .secret, "Account, address and key or signature in one, as the portal shows it"),
    OptionSpec("account_key", .secret, "The account's key; without any credentials they come from environment or machine"),
    OptionSpec("sas_token", .secret, "A shared access signature: of the account, the container, or a user delegation"),
    OptionSpec("tenant_id", .text, "The directory of an application that signs in with client_secret"),
    OptionSpec("client_id", .text, "The application"),
    OptionSpec("client_secret", .secret, "Its secret"),
    OptionSpec("anonymous", .flag, "Sign in as nobody: for public containers", defaultText: "false", inURL: true),
    OptionSpec(
      "cloud", .text, "global, china, government, or the end of the names of another cloud's services", defaultText: "global",
      inURL: true),
    OptionSpec("endpoint", .text, "The address of the account's blob service; not needed for Microsoft's clouds", inURL: true),
    OptionSpec("access_tier", .choice(["Hot", "Cool", "Cold", "Archive"]), "The access tier of what is written", inURL: true),
    OptionSpec(
      "public_access", .choice(["none", "blob", "container"]), "What anybody may read of a container that is made",
      defaultText: "none", inURL: true),
    OptionSpec("block_size", .size(minimum: 64 << 10), "The size of the blocks of large uploads", defaultText: "8M", inURL: true),
    OptionSpec("block_threshold", .size(minimum: 0), "Uploads above this go in blocks", defaultText: "16M", inURL: true),
    OptionSpec("block_concurrency", .count(1...64), "Blocks of one object under way at once", defaultText: "4", inURL: true),
  ]

  private static let dropboxOptions: [OptionSpec] = [
    OptionSpec("path", .text, "The folder that acts as the root; without it the account's, or the app's", defaultText: ""),
    OptionSpec("login", .text, "The login to use, by the name that isobar login gave it", defaultText: "dropbox", inURL: true),
    OptionSpec("refresh_token", .secret, "Instead of a login: what new access tokens are got with"),
    OptionSpec("app_key", .text, "The app that the refresh token belongs to"),
    OptionSpec("app_secret", .secret, "The app's secret, if it logged in with one"),
    OptionSpec("access_token", .secret, "Instead of a login: a token that is good for a few hours"),
    OptionSpec(
      "account", .text, "A name for the account, by which what was synced is found again under another token", inURL: true),
    OptionSpec(
      "root", .text, "What paths begin at: home (the member's folder), root (the team's space), or the id of a shared folder",
      defaultText: "home", inURL: true),
    OptionSpec("endpoint", .address, "The service's address; not needed for Dropbox itself", inURL: true),
    OptionSpec("chunk_size", .size(minimum: 4 << 20), "Bytes of one request of a large upload", defaultText: "8M", inURL: true),
    OptionSpec("session_threshold", .size(minimum: 0), "Uploads above this go in pieces", defaultText: "8M", inURL: true),
    OptionSpec("part_concurrency", .count(1...32), "Pieces of one file under way at once", defaultText: "4", inURL: true),
  ]

  private static let localOptions: [OptionSpec] = [
    OptionSpec("path", .path, "The folder", isRequired: true),
    OptionSpec("create", .flag, "Make the folder if it is not there", defaultText: "false", inURL: true),
    OptionSpec("symlinks", .choice(["skip", "follow", "links"]), PairOptions.symlinksHelp, defaultText: "skip", inURL: true),
    OptionSpec(
      "sync", .choice(["batch", "every"]), "When what is written is forced to the disk: after a batch, or after every file",
      defaultText: "batch", inURL: true),
    OptionSpec("preserve_mode", .flag, "Keep permission bits", defaultText: "true", inURL: true),
    OptionSpec("xattr", .flag, "Keep media type and user metadata in extended attributes", defaultText: "true", inURL: true),
    OptionSpec("cross_devices", .flag, "Go into folders that are mounted from other disks", defaultText: "true", inURL: true),
  ]

  private static let over = OptionSpec("over", .store, "The store that it lies over", isRequired: true)

  private static let encryptOptions: [OptionSpec] = [
    over,
    OptionSpec("identity", .secret, "The identities (AGE-SECRET-KEY-1…, or an ed25519 key of OpenSSH) that read what is stored"),
    OptionSpec("recipients", .list, "For whom files are encrypted (age1…, ssh-ed25519 …); without any, for the identities"),
    OptionSpec("passphrase", .secret, "Instead of an identity: opens the key that lies in the store itself"),
    OptionSpec(
      "names", .choice(["plain", "encrypted"]), "Whether names can be seen; the same for the store's whole life",
      defaultText: "plain"),
  ]

  private static let compressOptions: [OptionSpec] = [
    over,
    OptionSpec("level", .count(1...19), "How hard to compress: 1 is fast, 19 slow", defaultText: "3"),
  ]

  private static let mockOptions: [OptionSpec] = [
    over,
    OptionSpec("latency", .duration, "How much longer each request takes", defaultText: "0s"),
    OptionSpec("jitter", .duration, "And how much more at most, by chance", defaultText: "0s"),
    OptionSpec(
      "errors", .percent, "About this share of requests fails: refused, or broken before, after or during the answer",
      defaultText: "0%"),
    OptionSpec("seed", .count(0...Int.max), "What latencies and errors are drawn from; the same in every run", defaultText: "1"),
  ]
}
