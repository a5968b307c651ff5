/// Where a folder of a Dropbox is, and how Isobar uses it.
public struct DropboxConfiguration: Sendable {
  /// The service's servers.
  public var hosts: DropboxHosts
  /// What all keys of this store begin with below `pathRoot`: empty, or bytes that end in `/`.
  public private(set) var prefix: [UInt8]
  /// What paths are relative to.
  public var pathRoot: DropboxPathRoot
  /// Names the account, to tell the same folder of two accounts apart. Nil for what the credentials say: the account's id, or where
  /// they do not know it, a mark that lasts as long as their token.
  public var account: String?
  /// Bytes of one request of a large upload; rounded up to 4 MiB.
  public var chunkSize: Int64
  /// Files above this many bytes are sent in pieces, several at once; at most 150 MiB.
  public var sessionThreshold: Int64
  /// How many pieces of a file are under way at once.
  public var uploadConcurrency: Int
  /// Payload bytes held in memory at once, in all; a large upload may keep one piece of memory beside them for its next.
  public var uploadMemory: Int
  /// Where a listing is put in order that is too long for memory: a file that is removed from its folder as soon as it is open.
  public var spoolFolder: [UInt8]
  /// Bytes of memory that putting a listing in order may take; twice, for a moment.
  public var sortMemory: Int

  /// A folder at Dropbox, or at `hosts`.
  /// - Parameter folder: with or without slashes at its ends; empty for the account's (or the app's) root.
  public init(folder: String = "", hosts: DropboxHosts = .dropbox) {
    self.hosts = hosts
    prefix = []
    pathRoot = .home
    chunkSize = 8 << 20
    sessionThreshold = 8 << 20
    uploadConcurrency = 4
    uploadMemory = 48 << 20
    spoolFolder = Array("/tmp".utf8)
    sortMemory = 16 << 20
    enter(Array(folder.utf8))
  }

  /// Goes into a folder below the prefix, named by bytes with or without slashes at their ends.
  public mutating func enter(_ folder: [UInt8]) {
    var bytes = folder[...]
    while bytes.first == 0x2F { bytes.removeFirst() }
    while bytes.last == 0x2F { bytes.removeLast() }
    if !bytes.isEmpty { prefix += Array(bytes) + [0x2F] }
  }

  /// The chunk size as the service wants it.
  var chunk: Int64 {
    let unit = DropboxLimits.chunkUnit
    let size = min(max(chunkSize, unit), DropboxLimits.request / unit * unit)
    return (size + unit - 1) / unit * unit
  }

  /// What is sent whole.
  var wholeLimit: Int64 { min(max(sessionThreshold, 0), DropboxLimits.request) }
}
