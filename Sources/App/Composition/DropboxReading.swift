import Configuration
import DropboxStorage
import Files
import HTTPMessages
import Primitives

/// Reads the settings of a folder of a Dropbox, from the configuration or from the query of a URL.
struct DropboxReading {
  let values: OptionValues
  /// The configured store's name; nil for a URL.
  let name: String?
  /// The environment, where the settings do not say who asks.
  let variables: [String: String]

  func place(_ prefix: EndPrefix) throws -> DropboxPlace {
    var hosts = DropboxHosts.dropbox
    // A configured store is complete; a URL may leave the address to the environment, as isobar emulate prints it.
    let surrounding = name == nil ? variables["DROPBOX_ENDPOINT"].flatMap { $0.isEmpty ? nil : $0 } : nil
    if let text = values.text("endpoint") ?? surrounding {
      guard let endpoint = HTTPEndpoint(parsing: text) else {
        throw EndError(message: "“\(DisplayText.escape(text))” is no address of a service: write it as http://127.0.0.1:9000")
      }
      hosts = DropboxHosts(all: endpoint)
    }
    let explicit = try explicit
    // Whoever wrote the URL must not get what was meant for Dropbox.
    guard name != nil || explicit != nil || values.text("endpoint") == nil || hosts.areLocal else {
      throw EndError(
        message:
          "a URL sends no login to \(hosts.api): to use that address, set up a store with its credentials in the configuration")
    }
    let credentials = try DropboxCredentials.find(explicit: explicit, variables: variables, login: login)
    var configuration = DropboxConfiguration(folder: values.text("path") ?? "", hosts: hosts)
    configuration.pathRoot = try pathRoot
    configuration.account = values.text("account")
    if let size = values.size("chunk_size") { configuration.chunkSize = size }
    if let size = values.size("session_threshold") { configuration.sessionThreshold = size }
    if let count = values.count("part_concurrency") { configuration.uploadConcurrency = count }
    if let folder = variables["TMPDIR"], !folder.isEmpty { configuration.spoolFolder = Array(folder.utf8) }
    return DropboxPlace(
      configuration, subfolder: prefix.bytes, credentials: credentials, options: ServiceOptions(values, name: name))
  }

  private var explicit: DropboxCredentials? {
    get throws {
      if let token = values.secret("access_token") { return DropboxCredentials(.accessToken(try token.resolve())) }
      guard let token = values.secret("refresh_token") else { return nil }
      guard let key = values.text("app_key") else {
        throw EndError(message: "“app_key” is missing: the app that the refresh token belongs to")
      }
      return DropboxCredentials(
        .refreshToken(try token.resolve(), appKey: key, appSecret: try values.secret("app_secret")?.resolve()))
    }
  }

  private var pathRoot: DropboxPathRoot {
    get throws {
      switch values.text("root") {
      case nil, "home": return .home
      case "root": return .root
      case let text?:
        guard let id = DropboxNamespaceID(text) else {
          throw EndError(message: "“root” is home, root, or the id of a shared folder, not “\(DisplayText.escape(text))”")
        }
        return .namespace(id)
      }
    }
  }

  /// What a login left; nil if there is none.
  private var login: [UInt8]? {
    LoginFiles(variables).path(values.text("login") ?? "dropbox").flatMap { SmallFile.read($0, limit: 64 << 10) }
  }
}
