/// The kinds of stores there are. Raw values are what `type` says.
public enum StoreType: String, Hashable, Sendable, CaseIterable {
  case s3
  case gcs
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
    case .local, .memory, .encrypt, .compress, .mock: nil
    }
  }

  /// Whether files lie in named buckets or containers, which a URL names first.
  var hasContainers: Bool { self == .s3 || self == .gcs }

  /// Whether it lies over another store, which `over` names.
  public var liesOver: Bool { options.contains { $0.kind == .store } }

  /// The settings of such a store, beside `type`.
  public var options: [OptionSpec] {
    switch self {
    case .s3: Self.s3Options + Self.serviceOptions
    case .gcs: Self.gcsOptions + Self.serviceOptions
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
