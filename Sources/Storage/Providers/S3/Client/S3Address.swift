import HTTPClient
import HTTPMessages
import Primitives

/// Where requests for a bucket go: follows from the configuration and the region.
struct S3Address: Sendable, Equatable {
  /// The region that signatures are made for.
  let region: String
  /// The server without the bucket's name before it.
  let service: HTTPEndpoint
  /// `https://host:port`.
  let origin: String
  /// The value of the `Host` header.
  let host: String
  /// What every path begins with: empty, or `/bucket`.
  let pathPrefix: String

  /// - Returns: nil if the region does not make a host name.
  init?(_ configuration: S3Configuration, region: String) {
    self.region = region
    let service: HTTPEndpoint
    if let endpoint = configuration.endpoint {
      service = endpoint
    } else {
      guard let host = Self.awsHost(region: region, options: configuration.aws),
        let endpoint = HTTPEndpoint(scheme: .https, host: host)
      else { return nil }
      service = endpoint
    }
    self.service = service
    let usesHost: Bool =
      switch configuration.addressing {
      case .path: false
      case .virtualHost: true
      case .auto: configuration.endpoint.map(Self.isAWS) ?? true && configuration.bucket.fitsHostName
      }
    if usesHost,
      let endpoint = HTTPEndpoint(
        scheme: service.scheme, host: "\(configuration.bucket).\(service.host)", port: service.port)
    {
      origin = endpoint.description
      host = endpoint.authority
      pathPrefix = ""
    } else {
      origin = service.description
      host = service.authority
      pathPrefix = "/" + PercentEncoding.encode(configuration.bucket.text.utf8, keepSlash: false)
    }
  }

  /// The encoded path of a key in the bucket, or of the bucket.
  func path(_ key: [UInt8]?) -> String {
    guard let key else { return pathPrefix.isEmpty ? "/" : pathPrefix }
    return pathPrefix + "/" + PercentEncoding.encode(key, keepSlash: true)
  }

  /// Whether an endpoint is AWS's own, where what the service can do is known without trying.
  static func isAWS(_ endpoint: HTTPEndpoint) -> Bool {
    endpoint.host.hasSuffix(".amazonaws.com") || endpoint.host.hasSuffix(".amazonaws.com.cn")
  }

  private static func awsHost(region: String, options: S3Configuration.AWSOptions) -> String? {
    let isLabel =
      !region.isEmpty && region.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    guard isLabel else { return nil }
    let domain =
      region.hasPrefix("cn-")
      ? "amazonaws.com.cn"
      : region.hasPrefix("us-iso-") ? "c2s.ic.gov" : region.hasPrefix("us-isob-") ? "sc2s.sgov.gov" : "amazonaws.com"
    return (options.fips ? "s3-fips" : "s3") + (options.dualStack ? ".dualstack" : "") + ".\(region).\(domain)"
  }
}
