import Configuration
import DropboxStorage
import Files
import HTTPClient
import HTTPMessages
public import Primitives

/// A login to Dropbox under way: a page to open in a browser, and the code that it shows.
public struct DropboxSignIn: Sendable {
  /// What a login gave. Its file is secret.
  public struct Login: Sendable {
    /// The content of the file to keep, which only its owner may read.
    public let file: [UInt8]
    /// The account's id; nil if the service did not say.
    public let account: String?
    /// What the service lets the app do.
    public let scopes: [String]
    /// What it does not, of what Isobar needs.
    public let missing: [String]
  }

  private let authorization: DropboxAuthorization
  private let hosts: DropboxHosts
  private let trust: Trust

  /// Begins a login.
  /// - Parameters:
  ///   - appSecret: nil for an app that logs in with a code challenge.
  ///   - endpoint: one address for everything, of an emulator; nil for Dropbox's own.
  /// - Throws: `EndError` for an address that is none, or would take secrets without TLS.
  public init(appKey: String, appSecret: Secret?, endpoint: String? = nil, trust: Trust = Trust()) throws {
    hosts =
      try endpoint.map { text in
        guard let endpoint = HTTPEndpoint(parsing: text) else {
          throw EndError(message: "“\(DisplayText.escape(text))” is no address of a service: write it as http://127.0.0.1:9000")
        }
        let hosts = DropboxHosts(all: endpoint)
        guard hosts.isPrivate else { throw EndError(message: "a login is not sent without TLS: use an https address") }
        return hosts
      } ?? .dropbox
    self.trust = trust
    authorization = DropboxAuthorization(appKey: appKey, appSecret: appSecret, hosts: hosts)
  }

  /// The page on which the account's owner allows the app in.
  public var page: String { authorization.page }

  /// Ends the login. One request.
  /// - Throws: `StorageError` if the code is none, or too old.
  public func finish(code: Secret, runtime: Runtime) async throws -> Login {
    let login = try await authorization.login(code: code, transport: runtime.transport(for: trust))
    let granted = Set(login.scopes)
    return Login(
      file: login.file, account: login.account, scopes: login.scopes,
      missing: DropboxAuthorization.scopes.filter { !granted.contains($0) })
  }

  // MARK: Where it is kept

  /// Keeps a login in the place of an older one, readable by its owner only.
  /// - Returns: the error's number; 0 if all went well.
  public static func keep(_ login: Login, at path: [UInt8]) -> Int32 {
    let folder = path.lastIndex(of: UInt8(ascii: "/")).map { Array(path[..<$0]) } ?? [UInt8(ascii: ".")]
    do { _ = try ConfinedDirectory.open(folder, create: true) } catch { return (error as? FileError)?.errno ?? 5 }
    return SmallFile.replace(path, login.file)
  }
}
