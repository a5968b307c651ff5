/// Keeps what was found out about an endpoint and bucket from run to run, so that each is tried once.
public protocol S3ProbeCache: Sendable {
  /// What was saved for `place`, or nil.
  func load(_ place: String) async -> [UInt8]?
  /// Keeps `bytes` for `place`. A failure to keep them costs another probe and nothing else.
  func save(_ bytes: [UInt8], for place: String) async
}
