import Markup
import ObjectStorage
public import Primitives

/// What a login leaves, to be kept in a file that only its owner can read.
public struct DropboxLogin: Sendable, Equatable {
  /// The app that was allowed in.
  public var appKey: String
  /// Its secret; nil where it logged in with a code challenge.
  public var appSecret: Secret?
  /// Gets new access tokens, until the account's owner takes it back.
  public var refreshToken: Secret
  /// The account's id: `dbid:AAH4f99…`.
  public var account: String?
  /// What the app may do, as the service granted it.
  public var scopes: [String]

  /// A login.
  public init(appKey: String, appSecret: Secret?, refreshToken: Secret, account: String?, scopes: [String]) {
    self.appKey = appKey
    self.appSecret = appSecret
    self.refreshToken = refreshToken
    self.account = account
    self.scopes = scopes
  }

  /// Reads the file.
  /// - Throws: `StorageError` `.unauthenticated`, which names the field, never its value.
  public init(_ file: [UInt8]) throws {
    guard let json = try? JSONValue.parse(file, limits: MarkupLimits(byteCount: 64 << 10)), json.objectValue != nil else {
      throw DropboxCredentials.failure("the file of the login is damaged: log in again with isobar login dropbox")
    }
    func text(_ name: String) throws -> String {
      guard let value = json[name]?.stringValue, !value.isEmpty else {
        throw DropboxCredentials.failure("the file of the login has no “\(name)”: log in again with isobar login dropbox")
      }
      return value
    }
    appKey = try text("app_key")
    appSecret = json["app_secret"]?.stringValue.map { Secret($0) }
    refreshToken = Secret(try text("refresh_token"))
    account = json["account_id"]?.stringValue
    scopes = json["scopes"]?.arrayValue?.compactMap(\.stringValue) ?? []
  }

  /// The file's content. All of it is secret.
  public var file: [UInt8] {
    var members: [JSONObject.Member] = [.init("app_key", .string(appKey))]
    if let appSecret { members.append(.init("app_secret", .string(appSecret.reveal()))) }
    members.append(.init("refresh_token", .string(refreshToken.reveal())))
    if let account { members.append(.init("account_id", .string(account))) }
    members.append(.init("scopes", .array(scopes.map { .string($0) })))
    return JSONValue.object(JSONObject(members)).bytes(.pretty) + [0x0A]
  }

  /// To use it.
  public var credentials: DropboxCredentials {
    DropboxCredentials(
      .refreshToken(refreshToken, appKey: appKey, appSecret: appSecret), source: .login, account: account)
  }
}
