import Crypto
import HTTPMessages
import HTTPServer
import Primitives

/// Finds out who asks, before anything is looked at.
struct AzureGate {
  let behaviour: AzureBehaviour
  let key: [UInt8]
  let tokens: AzureTokens

  init(_ behaviour: AzureBehaviour) {
    self.behaviour = behaviour
    key = Base64.decode(behaviour.key.reveal()) ?? []
    tokens = AzureTokens(behaviour: behaviour, key: key)
  }

  /// What the request's sender may do.
  /// - Parameters:
  ///   - version: of the protocol; parts of a batch have that of the whole.
  ///   - container: looks up a container's access and policies; nil if there is none of that name.
  /// - Throws: `AuthenticationFailed` and its like.
  func grant(
    _ request: HTTPServerRequest, _ address: AzureAddress, _ query: AzureQuery, version: String?, now: Timestamp,
    container: (String) throws -> AzureContainer?
  ) throws -> AzureGrant {
    if let authorization = request.headers["authorization"] {
      // A request that is signed and carries a signature in its address, too, is taken by its header.
      let parts = authorization.split(separator: " ", maxSplits: 1)
      guard parts.count == 2 else { throw AzureFault.invalidAuthenticationInfo }
      switch parts[0].lowercased() {
      case "sharedkey":
        try checkKey(parts[1], request, query, version, now)
        return .owner
      case "bearer":
        try tokens.check(parts[1], now: now)
        guard let version, version >= "2017-11-09" else {
          throw AzureFault.authenticationFailed("Authentication scheme Bearer is not supported in this version.")
        }
        return .token
      default: throw AzureFault.authenticationFailed("Authentication scheme \(parts[0]) is not supported.")
      }
    }
    let record = try address.container.flatMap { try container($0) }
    if AzureAccessSignature.isIn(query) {
      return try AzureAccessSignature(query: query, account: behaviour.account).grant(
        address, policies: record?.policies ?? [], key: key, isSecure: isSecure(request), now: now)
    }
    return .anybody(record?.access ?? .none, refusal: anonymousRefusal(version))
  }

  /// A front that ends TLS says so; and without one nobody comes by the account's own name.
  private func isSecure(_ request: HTTPServerRequest) -> Bool {
    request.headers["x-forwarded-proto"]?.lowercased() == "https"
      || AzureAddress.isHostStyle(request.headers["host"], behaviour.account)
  }

  /// Whoever names a version that knows of tokens is asked for one; others are told of nothing there.
  private func anonymousRefusal(_ version: String?) -> AzureFault {
    guard let version, version >= "2019-12-12" else { return .resourceNotFound }
    return .challenge("NoAuthenticationInformation", tenant: behaviour.tenant)
  }

  private func checkKey(
    _ credential: Substring, _ request: HTTPServerRequest, _ query: AzureQuery, _ version: String?, _ now: Timestamp
  ) throws(AzureFault) {
    guard let colon = credential.firstIndex(of: ":"),
      let given = Base64.decode(String(credential[credential.index(after: colon)...]))
    else { throw .invalidAuthenticationInfo }
    let date = request.headers["x-ms-date"] ?? request.headers["date"]
    guard let date, let sent = Timestamp(rfc1123: date) else {
      throw .authenticationFailed("The Date header in the request is missing or incorrect.")
    }
    let skew = (now - sent).components.seconds.magnitude
    guard skew <= 15 * 60 else {
      throw .authenticationFailed("Request date header too old: '\(date)'")
    }
    guard credential[..<colon] == behaviour.account else {
      throw .authenticationFailed("The account in the Authorization header is not this one.")
    }
    let text = AzureSharedKey.stringToSign(request, query: query, account: behaviour.account, version: version)
    guard ConstantTime.isEqual(AzureSharedKey.signature(text, key: key), given) else {
      throw .authenticationFailed(
        "The MAC signature found in the HTTP request is not the same as any computed signature. Server used following string to sign: '\(text)'."
      )
    }
  }
}
