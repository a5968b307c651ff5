public import HTTPMessages

/// Which of Microsoft's clouds an account is in: it decides the names of the blob service and of the sign-in service.
public enum AzureCloud: Hashable, Sendable {
  case global
  case china
  case government
  /// Another one by the end of its names, as `EndpointSuffix` in connection strings: `core.windows.net`.
  case suffix(String)

  /// A cloud by a word of a configuration; nil for anything that is neither a known word nor the end of a host's name.
  public init?(_ text: String) {
    switch text {
    case "global", "public", Self.global.suffix: self = .global
    case "china", Self.china.suffix: self = .china
    case "government", "usgovernment", Self.government.suffix: self = .government
    default:
      guard text.contains("."), HTTPEndpoint(scheme: .https, host: "account.blob." + text) != nil else { return nil }
      self = .suffix(text)
    }
  }

  /// What the names of its storage services end in.
  public var suffix: String {
    switch self {
    case .global: "core.windows.net"
    case .china: "core.chinacloudapi.cn"
    case .government: "core.usgovcloudapi.net"
    case .suffix(let suffix): suffix
    }
  }

  /// Where Microsoft Entra ID gives tokens in it.
  public var authority: HTTPEndpoint {
    switch self {
    case .global, .suffix: HTTPEndpoint(scheme: .https, host: "login.microsoftonline.com")!
    case .china: HTTPEndpoint(scheme: .https, host: "login.chinacloudapi.cn")!
    case .government: HTTPEndpoint(scheme: .https, host: "login.microsoftonline.us")!
    }
  }
}

/// The address of an account's blob service: a server and, where the account is named in the path, the path to it.
public struct AzureEndpoint: Hashable, Sendable, CustomStringConvertible {
  /// The server.
  public let server: HTTPEndpoint
  /// What all paths begin with: empty, or `/devstoreaccount1` without a closing slash.
  public let basePath: String

  /// A server and a path on it, percent-encoded; closing slashes are dropped.
  public init(server: HTTPEndpoint, basePath: String = "") {
    self.server = server
    var path = basePath[...]
    while path.hasSuffix("/") { path = path.dropLast() }
    self.basePath = String(path)
  }

  /// - Returns: nil unless `text` is `http(s)://host[:port][/path]` without a query.
  public init?(parsing text: String) {
    guard let parts = URLParts(parsing: text), parts.query == nil, !parts.path.contains("//") else { return nil }
    self.init(server: parts.endpoint, basePath: parts.path)
  }

  /// The usual one of an account.
  public init(account: AzureAccountName, cloud: AzureCloud = .global) {
    // An account's name and a cloud's suffix were both validated.
    self.init(server: HTTPEndpoint(scheme: .https, host: "\(account).blob.\(cloud.suffix)")!)
  }

  public var description: String { server.description + basePath }

  /// Whether what is sent cannot be read on the way: over TLS, or not leaving the machine.
  var isPrivate: Bool { server.isPrivate }
}
