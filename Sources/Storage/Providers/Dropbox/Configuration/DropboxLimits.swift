/// What the service allows (Dropbox HTTP API, namespace "files"; the data transport guide; its help on file names).
enum DropboxLimits {
  /// Bytes of the blocks whose hashes make a content hash.
  static let hashBlock = 4 << 20
  /// Pieces of a concurrent upload session are multiples of this, but for the last.
  static let chunkUnit: Int64 = 4 << 20
  /// Bytes of the body of one request.
  static let request: Int64 = 150 << 20
  /// Bytes of a file: 2^41 - 2^22.
  static let largestFile: Int64 = (1 << 41) - (1 << 22)
  /// UTF-16 code units of a name.
  static let nameLength = 255
  /// Entries of a batch of commits, deletions, copies or moves.
  static let batch = 1000
  /// Entries of a page of a listing; the service may give a few more.
  static let page = 2000
  /// Seconds that a wait for changes may take; the service adds up to 90 of its own.
  static let longestWait = 480
  static let shortestWait = 30
}
