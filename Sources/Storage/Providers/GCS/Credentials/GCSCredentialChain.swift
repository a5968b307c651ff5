public import HTTPClient
import HTTPMessages
import ObjectStorage
public import Primitives

/// Looks for credentials where Google's programs do, in their order: the file that `GOOGLE_APPLICATION_CREDENTIALS` names, the file
/// that `gcloud auth application-default login` writes, the metadata server of the machine.
///
/// The first place that is set up decides: if it fails the search ends with its error rather than going on as somebody else.
public struct GCSCredentialChain: Sendable {
  /// What the search depends on, so that it can be tested without the machine's own settings.
  public struct Environment: Sendable {
    /// Environment variables.
    public var variables: [String: String]
    /// The content of a small file; nil if it cannot be read.
    public var readFile: @Sendable (String) -> [UInt8]?

    /// An environment.
    public init(variables: [String: String], readFile: @escaping @Sendable (String) -> [UInt8]?) {
      self.variables = variables
      self.readFile = readFile
    }
  }

  /// See `Environment`.
  public var environment: Environment
  /// The content of a credentials file to use and nothing else.
  public var explicit: Secret?
  let transport: any HTTPTransport
  let clock: WallClock

  /// A search.
  public init(transport: any HTTPTransport, environment: Environment, explicit: Secret? = nil, clock: WallClock = .system) {
    self.transport = transport
    self.environment = environment
    self.explicit = explicit
    self.clock = clock
  }

  /// A token from the first place found, and which that is.
  /// - Throws: `StorageError` with `.unauthenticated`, which names the places that were looked at.
  public func resolve() async throws -> (AccessToken, GCSCredentialSource) {
    if let explicit { return (try await token(of: Array(explicit.reveal().utf8), "the credentials"), .explicit) }
    if let path = variable("GOOGLE_APPLICATION_CREDENTIALS") {
      guard let bytes = environment.readFile(path) else {
        throw failure("the file \(DisplayText.escape(path)), which GOOGLE_APPLICATION_CREDENTIALS names, cannot be read")
      }
      return (try await token(of: bytes, DisplayText.escape(path)), .environment(DisplayText.escape(path)))
    }
    if let path = wellKnownPath, let bytes = environment.readFile(path) {
      return (try await token(of: bytes, DisplayText.escape(path)), .wellKnownFile(DisplayText.escape(path)))
    }
    if let token = try await MetadataServer(transport: transport, host: variable("GCE_METADATA_HOST"), clock: clock).token() {
      return (token, .metadataServer)
    }
    throw failure(
      "no credentials found: set GOOGLE_APPLICATION_CREDENTIALS to a key file, give “credentials” for the store, or run "
        + "gcloud auth application-default login; looked at the environment, \(wellKnownPath ?? "no home folder") and the metadata server"
    )
  }

  private var wellKnownPath: String? {
    let file = "/application_default_credentials.json"
    if let folder = variable("CLOUDSDK_CONFIG") { return folder + file }
    return variable("HOME").map { $0 + "/.config/gcloud" + file }
  }

  private func token(of bytes: [UInt8], _ place: String) async throws -> AccessToken {
    let file = try CredentialFile(bytes, place: place)
    return try await TokenExchange(transport: transport, clock: clock, readFile: environment.readFile).token(for: file)
  }

  private func variable(_ name: String) -> String? {
    guard let value = environment.variables[name], !value.isEmpty else { return nil }
    return value
  }

  private func failure(_ message: String) -> StorageError {
    StorageError(.unauthenticated, store: "credentials", message: message)
  }
}
