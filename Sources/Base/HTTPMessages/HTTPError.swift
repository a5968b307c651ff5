/// Why there is no answer to a request.
///
/// The text names host and port, never a path, query or header value: they may hold names and signatures.
public struct HTTPError: Error, Sendable, CustomStringConvertible {
  /// What went wrong; the raw value is a label for metrics.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    case invalidURL = "invalid_url"
    case invalidHeader = "invalid_header"
    case dnsFailed = "dns_failed"
    case connectFailed = "connect_failed"
    case connectTimeout = "connect_timeout"
    case tlsFailed = "tls_failed"
    case proxyFailed = "proxy_failed"
    case firstByteTimeout = "first_byte_timeout"
    case stalled
    case deadlineExceeded = "deadline_exceeded"
    case connectionReset = "connection_reset"
    /// Fewer bytes came than were announced.
    case truncated
    case headersTooLarge = "headers_too_large"
    /// What came is not HTTP.
    case badResponse = "bad_response"
    case tooManyRedirects = "too_many_redirects"
    /// A redirect to where it must not go.
    case redirectRefused = "redirect_refused"
    /// The request's body could not be read; `cause` says why.
    case bodySource = "body_source"
    /// The answer's body could not be taken; `cause` says why.
    case bodySink = "body_sink"
    /// `onHead` threw `cause`.
    case responseRefused = "response_refused"
    case cancelled
    /// The transport was closed.
    case closed
    case other
  }

  public var code: Code
  /// What happened, for people.
  public var message: String
  /// `host:port`, or empty where none is known.
  public var host: String
  /// The request's label.
  public var label: String
  /// Whether any byte of the request may have left: if so the server may have done what was asked.
  public var requestMayHaveBeenSent: Bool
  public var cause: (any Error)?

  public init(
    _ code: Code, _ message: String, host: String = "", label: String = "", requestMayHaveBeenSent: Bool = false,
    cause: (any Error)? = nil
  ) {
    self.code = code
    self.message = message
    self.host = host
    self.label = label
    self.requestMayHaveBeenSent = requestMayHaveBeenSent
    self.cause = cause
  }

  public var description: String {
    var text = label.isEmpty ? "" : "\(label): "
    if !host.isEmpty { text += "\(host): " }
    text += message
    if let cause { text += ": \(cause)" }
    return text
  }
}
