public import HTTPMessages

/// The servers of the service, each for a kind of request.
public struct DropboxHosts: Sendable, Hashable {
  /// Requests and answers of JSON, and tokens.
  public var api: HTTPEndpoint
  /// Requests and answers with bytes of files.
  public var content: HTTPEndpoint
  /// Waits for changes.
  public var notify: HTTPEndpoint
  /// Where people allow an app to use their account.
  public var authorize: HTTPEndpoint

  /// Servers, each by itself.
  public init(api: HTTPEndpoint, content: HTTPEndpoint, notify: HTTPEndpoint, authorize: HTTPEndpoint) {
    self.api = api
    self.content = content
    self.notify = notify
    self.authorize = authorize
  }

  /// One server for everything, as emulators are.
  public init(all endpoint: HTTPEndpoint) {
    self.init(api: endpoint, content: endpoint, notify: endpoint, authorize: endpoint)
  }

  /// Whether what is sent cannot be read on the way: over TLS, or not leaving the machine.
  public var isPrivate: Bool { [api, content, notify, authorize].allSatisfy(\.isPrivate) }

  /// Whether all of them are on this machine.
  public var areLocal: Bool { [api, content, notify, authorize].allSatisfy(\.isLocal) }

  /// Dropbox's own.
  public static let dropbox = DropboxHosts(
    api: HTTPEndpoint(scheme: .https, host: "api.dropboxapi.com")!,
    content: HTTPEndpoint(scheme: .https, host: "content.dropboxapi.com")!,
    notify: HTTPEndpoint(scheme: .https, host: "notify.dropboxapi.com")!,
    authorize: HTTPEndpoint(scheme: .https, host: "www.dropbox.com")!)
}
