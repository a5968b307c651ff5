/// How buckets named by a URL are reached where the URL does not say.
public struct S3Connection: Hashable, Sendable {
  /// The service's address; nil for Amazon.
  public var endpoint: String?
  /// The region; nil to learn it from the service.
  public var region: String?
  /// The profile of `~/.aws`.
  public var profile: String?
  /// A PEM file of who may vouch for servers.
  public var caFile: String?

  /// A connection.
  public init(endpoint: String? = nil, region: String? = nil, profile: String? = nil, caFile: String? = nil) {
    self.endpoint = endpoint
    self.region = region
    self.profile = profile
    self.caFile = caFile
  }

  /// What the variables say that other S3 programs know: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_DEFAULT_REGION`,
  /// `AWS_CA_BUNDLE`. The profile is left to the search for credentials.
  public init(environment: [String: String]) {
    func value(_ names: String...) -> String? { names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty } }
    self.init(
      endpoint: value("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"), region: value("AWS_REGION", "AWS_DEFAULT_REGION"),
      caFile: value("AWS_CA_BUNDLE"))
  }

  /// This connection, with what it does not say taken from another.
  public func filled(from other: S3Connection) -> S3Connection {
    S3Connection(
      endpoint: endpoint ?? other.endpoint, region: region ?? other.region, profile: profile ?? other.profile,
      caFile: caFile ?? other.caFile)
  }
}
