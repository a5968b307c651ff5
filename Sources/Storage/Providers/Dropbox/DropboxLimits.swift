/// What the service allows (Dropbox HTTP API, "/files" and the data transport guide).
enum DropboxLimits {
  /// Bytes of the blocks whose hashes make a content hash.
  static let hashBlock = 4 << 20
}
