/// How a database is opened.
public struct DatabaseOptions: Sendable {
  /// How eagerly commits are forced to the disk. In WAL mode none of them can corrupt the file when the process dies.
  public enum Synchronous: String, Sendable {
    /// Syncs at checkpoints: a power cut may lose the last commits, never the file's consistency.
    case normal = "NORMAL"
    /// Syncs at every commit: nothing committed is lost.
    case full = "FULL"
    /// Never syncs: for scratch databases.
    case off = "OFF"
  }

  /// Opens for reading only; the file must exist.
  public var readOnly: Bool
  /// Creates a missing file, readable by its owner only.
  public var create: Bool
  /// How commits are synced.
  public var synchronous: Synchronous
  /// The page cache, in KiB.
  public var cacheKiB: Int
  /// The page size of a new file, in bytes: a power of two from 512 to 65,536.
  public var pageSize: Int
  /// How long a statement waits for another connection's lock before it throws `.busy`.
  public var busyTimeout: Duration
  /// The write-ahead log is copied into the file when it has grown by this many pages; 0 leaves that to `checkpoint`.
  public var checkpointPages: Int
  /// Stamped into a new file; a file that carries another one is refused as `.wrongApplication`. nil checks nothing.
  public var applicationID: Int32?
  /// Gives each page of a new file a checksum, and checks those of a file that has them: damage of any kind to a page is `.damagedPage`
  /// when it is read, not only what breaks its structure. Other programs can read such a file; what they write is damage.
  public var checksPages: Bool

  /// Options, with defaults that suit the program's state.
  public init(
    readOnly: Bool = false, create: Bool = true, synchronous: Synchronous = .normal, cacheKiB: Int = 16 * 1024,
    pageSize: Int = 8192, busyTimeout: Duration = .seconds(5), checkpointPages: Int = 4000, applicationID: Int32? = nil,
    checksPages: Bool = false
  ) {
    self.readOnly = readOnly
    self.create = create
    self.synchronous = synchronous
    self.cacheKiB = cacheKiB
    self.pageSize = pageSize
    self.busyTimeout = busyTimeout
    self.checkpointPages = checkpointPages
    self.applicationID = applicationID
    self.checksPages = checksPages
  }
}
