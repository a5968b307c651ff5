/// How a transport makes its connections.
public struct HTTPClientOptions: Sendable {
  /// Whether the server must prove who it is.
  public enum Verification: Sendable, Hashable {
    case full
    /// Anyone in between can read and change everything.
    case insecure
  }

  public enum Proxy: Sendable, Hashable {
    /// `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`.
    case environment
    case none
    /// `[scheme://][user:password@]host[:port]`.
    case url(String)
  }

  public enum Version: Sendable, Hashable {
    case http1
    /// HTTP/2 where the server offers it over TLS.
    case http2
  }

  /// A certificate to show to the server, as PEM files; the key may be in the certificate's file.
  public struct ClientCertificate: Sendable, Hashable {
    public var certificateFile: String
    public var keyFile: String?

    public init(certificateFile: String, keyFile: String? = nil) {
      self.certificateFile = certificateFile
      self.keyFile = keyFile
    }
  }

  public var verification: Verification
  /// PEM file of who may vouch for servers; nil: `CURL_CA_BUNDLE`, `SSL_CERT_FILE`, then the system's.
  public var caFile: String?
  public var clientCertificate: ClientCertificate?
  public var proxy: Proxy
  public var version: Version
  /// Connections kept open when idle; at least the number of requests at once.
  public var maxIdleConnections: Int
  public var userAgent: String
  /// Whether connections agree on segments of the size that an Ethernet has, also where larger ones would go: buffers of both systems
  /// grow with them, and what lies in buffers has passed a limit of bandwidth before anybody took it.
  public var smallSegments: Bool

  public init(
    verification: Verification = .full, caFile: String? = nil, clientCertificate: ClientCertificate? = nil,
    proxy: Proxy = .environment, version: Version = .http1, maxIdleConnections: Int = 128, userAgent: String = "isobar",
    smallSegments: Bool = false
  ) {
    self.smallSegments = smallSegments
    self.verification = verification
    self.caFile = caFile
    self.clientCertificate = clientCertificate
    self.proxy = proxy
    self.version = version
    self.maxIdleConnections = maxIdleConnections
    self.userAgent = userAgent
  }
}
