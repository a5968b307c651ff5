public import HTTPMessages
public import HTTPServer

/// A service's own behaviour, in this process: what its clients cannot tell from the service.
public protocol Emulator: HTTPHandler {
  /// Which service it is.
  static var kind: EmulatorKind { get }

  /// An emulator over what `depot` holds; it closes the depot.
  init(_ options: EmulatorOptions, depot: EmulatorDepot) throws

  /// What a client must be told to use it at `endpoint`: names of environment variables, or of settings, with their values. What
  /// stands in it is no secret: the accounts are the emulator's own.
  func environment(at endpoint: HTTPEndpoint) -> [EmulatorSetting]

  /// What the service answers when it is overloaded (429) or down (5xx), with its own body; `retryAfter` in seconds.
  func refusal(status: Int, retryAfter: Int?) -> HTTPServerResponse

  /// Closes what it holds. Requests must have ended.
  func close() async
}

extension Emulator {
  /// Opens the depot that `options` name, and makes an emulator over it.
  public static func open(_ options: EmulatorOptions) throws -> Self {
    try Self(options, depot: .open(kind, options))
  }

  /// An answer without a body.
  public func refusal(status: Int, retryAfter: Int?) -> HTTPServerResponse {
    .refusal(status: status, retryAfter: retryAfter)
  }
}

extension HTTPServerResponse {
  /// An answer without a body: 429, 503…
  static func refusal(status: Int, retryAfter: Int?) -> HTTPServerResponse {
    var headers = HTTPHeaders()
    // Digits are a header's value.
    if let retryAfter { try? headers.add("Retry-After", String(retryAfter)) }
    return HTTPServerResponse(status, headers: headers)
  }
}

/// Something that a client must be told.
public struct EmulatorSetting: Hashable, Sendable {
  /// The name of an environment variable (`AZURE_STORAGE_CONNECTION_STRING`) or of a key in Isobar's configuration.
  public let name: String
  public let value: String

  /// A setting.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}
