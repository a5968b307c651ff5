/// An absolute http or https URL taken apart, nothing decoded or changed.
public struct URLParts: Sendable, Hashable {
  public let endpoint: HTTPEndpoint
  /// As written, with its leading slash; "/" if the URL has none.
  public let path: String
  /// What follows the question mark, as written; nil without one.
  public let query: String?

  /// - Returns: nil unless `text` is http(s), has a host, and is made of visible ASCII only, without user name and fragment.
  public init?(parsing text: String) {
    let bytes = Array(text.utf8)
    guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !bytes.contains(UInt8(ascii: "#")) else { return nil }
    let scheme: HTTPEndpoint.Scheme
    if Self.hasPrefix(bytes, "https://") {
      scheme = .https
    } else if Self.hasPrefix(bytes, "http://") {
      scheme = .http
    } else {
      return nil
    }
    let start = scheme.rawValue.utf8.count + 3
    let end = bytes[start...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? bytes.count
    guard let endpoint = HTTPEndpoint(scheme: scheme, authority: bytes[start..<end]) else { return nil }
    self.endpoint = endpoint
    let question = bytes[end...].firstIndex(of: UInt8(ascii: "?"))
    let path = bytes[end..<(question ?? bytes.count)]
    self.path = path.isEmpty ? "/" : String(decoding: path, as: UTF8.self)
    query = question.map { String(decoding: bytes[($0 + 1)...], as: UTF8.self) }
  }

  private static func hasPrefix(_ bytes: [UInt8], _ prefix: String) -> Bool {
    bytes.count >= prefix.utf8.count && zip(bytes, prefix.utf8).allSatisfy { ($0 >= 65 && $0 <= 90 ? $0 | 0x20 : $0) == $1 }
  }
}

/// A server: scheme, host and port.
public struct HTTPEndpoint: Sendable, Hashable, CustomStringConvertible {
  public enum Scheme: String, Sendable, Hashable {
    case http
    case https

    public var defaultPort: Int { self == .https ? 443 : 80 }
  }

  public let scheme: Scheme
  /// Lower case; an IPv6 address without its brackets.
  public let host: String
  public let port: Int

  /// - Returns: nil unless `text` is `http(s)://host[:port]`, at most with one slash behind.
  public init?(parsing text: String) {
    guard let parts = URLParts(parsing: text), parts.path == "/", parts.query == nil else { return nil }
    self = parts.endpoint
  }

  /// - Parameter port: nil: the scheme's own.
  /// - Returns: nil unless `host` is a name or an address and the port a port.
  public init?(scheme: Scheme, host: String, port: Int? = nil) {
    let port = port ?? scheme.defaultPort
    guard (1...65535).contains(port), let host = Self.validated(host) else { return nil }
    self.scheme = scheme
    self.host = host
    self.port = port
  }

  init?(scheme: Scheme, authority: ArraySlice<UInt8>) {
    var host = authority
    var port: Int?
    let colon = authority.lastIndex(of: UInt8(ascii: ":"))
    let bracket = authority.lastIndex(of: UInt8(ascii: "]"))
    if let colon, bracket.map({ colon > $0 }) ?? true {
      let digits = authority[(colon + 1)...]
      guard (1...5).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
      port = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
      host = authority[..<colon]
    }
    let hasBrackets = host.first == UInt8(ascii: "[")
    if hasBrackets {
      guard host.count > 2, host.last == UInt8(ascii: "]") else { return nil }
      host = host.dropFirst().dropLast()
    }
    guard hasBrackets == host.contains(UInt8(ascii: ":")) else { return nil }
    self.init(scheme: scheme, host: String(decoding: host, as: UTF8.self), port: port)
  }

  /// What goes into a `Host` header: the port only if it is not the scheme's own.
  public var authority: String { port == scheme.defaultPort ? bracketedHost : "\(bracketedHost):\(port)" }

  /// With the port in any case, for messages.
  public var hostAndPort: String { "\(bracketedHost):\(port)" }

  public var description: String { "\(scheme.rawValue)://\(authority)" }

  /// Whether it is this machine: `localhost`, 127.0.0.0/8 or ::1, by the name alone.
  public var isLocal: Bool {
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  /// Whether what is sent to it cannot be read on the way: over TLS, or not leaving the machine.
  public var isPrivate: Bool { scheme == .https || isLocal }

  private var bracketedHost: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host }

  private static func validated(_ host: String) -> String? {
    let bytes = Array(host.utf8)
    guard (1...253).contains(bytes.count) else { return nil }
    let isAddress = bytes.contains(UInt8(ascii: ":"))
    for byte in bytes {
      switch byte {
      case 48...57, 65...70, 97...102, UInt8(ascii: "."): continue
      case UInt8(ascii: ":"): continue
      case 71...90, 103...122, UInt8(ascii: "-"), UInt8(ascii: "_"): if isAddress { return nil }
      default: return nil
      }
    }
    if !isAddress, bytes.first == UInt8(ascii: ".") { return nil }
    return String(decoding: bytes.map { (65...90).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
  }
}
