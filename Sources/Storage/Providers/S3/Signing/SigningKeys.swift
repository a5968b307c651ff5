import Concurrency
import Crypto
import Primitives

/// The derived keys of Signature Version 4, kept per secret, day, region and service.
///
/// Deriving one takes four HMACs; a store uses the same one all day. Old days are dropped when a new one begins.
final class SigningKeys: Sendable {
  private struct Scope: Hashable {
    let accessKeyID: String
    let secret: [UInt8]
    let day: [UInt8]
    let region: String
    let service: String
  }

  private struct State {
    var last: (scope: Scope, key: HMACSHA256)?
    var keys: [Scope: HMACSHA256] = [:]
  }

  private let state = Lock(State())

  /// The keyed code generator for strings to sign.
  /// - Parameter day: `yyyymmdd`.
  func key(for credentials: S3Credentials, day: [UInt8], region: String, service: String) -> HMACSHA256 {
    let scope = Scope(
      accessKeyID: credentials.accessKeyID, secret: Array(credentials.secretAccessKey.reveal().utf8), day: day, region: region,
      service: service)
    return state.withLock { state in
      if let last = state.last, last.scope == scope { return last.key }
      if let known = state.keys[scope] {
        state.last = (scope, known)
        return known
      }
      // Two days overlap around midnight and regions are few: a handful of keys is all there ever is.
      if state.keys.count >= 16 { state.keys.removeAll() }
      let key = Self.derive(scope)
      state.keys[scope] = key
      state.last = (scope, key)
      return key
    }
  }

  private static func derive(_ scope: Scope) -> HMACSHA256 {
    var key = HMACSHA256.code(scope.day, key: Array("AWS4".utf8) + scope.secret)
    key = HMACSHA256.code(Array(scope.region.utf8), key: key)
    key = HMACSHA256.code(Array(scope.service.utf8), key: key)
    key = HMACSHA256.code(Array("aws4_request".utf8), key: key)
    return HMACSHA256(key: key)
  }
}
