/// What a Dropbox emulator is told beside the options of all emulators.
public struct DropboxRules: Sendable {
  /// A token that is always good, for every scope: what the app console calls a generated access token.
  public var developerToken: String
  /// The app that may ask for tokens.
  public var appKey: String
  public var appSecret: String
  /// A refresh token that is there from the start, with every scope; nil: none.
  public var refreshToken: String?
  /// How long an access token is good. The service says four hours.
  public var tokenLifetime: Duration
  /// Entries of a page of a listing whose client asks for no limit.
  public var pageSize: Int
  /// The longest that a long poll waits, whatever its client asks for (30 seconds at least).
  public var longPollLimit: Duration
  /// How often the state of a job is asked for before it is `complete`.
  public var jobPolls: Int
  /// Bytes that the account may hold.
  public var quota: Int64
  /// Bytes that one request may carry. The service takes 150 MiB.
  public var payloadLimit: Int64
  /// What happens to writes at the same time.
  public var contention: Contention
  /// What the header with the argument may hold.
  public var argumentHeader: ArgumentHeader

  /// How writes to one namespace at the same time are treated.
  public enum Contention: Sendable {
    /// All are done.
    case none
    /// All but the first are refused with 429 `too_many_write_operations`, as the service does under load.
    case refused
  }

  /// The text of a `Dropbox-API-Arg` header.
  public enum ArgumentHeader: Sendable {
    /// ASCII, everything else escaped: what the service's documentation demands.
    case escaped
    /// UTF-8 too: what the service takes as well, and what its library for Go (and so rclone) sends.
    case utf8
  }

  /// Rules; by default the service's, with tokens for tests.
  public init(
    developerToken: String = "sl.u.developer", appKey: String = "isobarkey", appSecret: String = "isobarsecret",
    refreshToken: String? = nil, tokenLifetime: Duration = .seconds(4 * 3600), pageSize: Int = 500,
    longPollLimit: Duration = .seconds(30), jobPolls: Int = 1, quota: Int64 = 2 << 40, payloadLimit: Int64 = 150 << 20,
    contention: Contention = .none, argumentHeader: ArgumentHeader = .escaped
  ) {
    self.developerToken = developerToken
    self.appKey = appKey
    self.appSecret = appSecret
    self.refreshToken = refreshToken
    self.tokenLifetime = tokenLifetime
    self.pageSize = pageSize
    self.longPollLimit = longPollLimit
    self.jobPolls = jobPolls
    self.quota = quota
    self.payloadLimit = payloadLimit
    self.contention = contention
    self.argumentHeader = argumentHeader
  }
}
