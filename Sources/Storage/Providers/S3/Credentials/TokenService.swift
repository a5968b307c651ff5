import Crypto
import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives

/// The AWS Security Token Service: gives temporary credentials for a role.
struct TokenService: Sendable {
  let transport: any HTTPTransport
  let region: String
  /// Instead of AWS's own in `region`.
  let endpoint: String?
  let clock: WallClock

  private static let signer = RequestSigner(service: "sts", pathStyle: .encodedTwice(normalized: true))

  /// Takes a role with keys.
  func assumeRole(
    _ role: String, session: String, with credentials: S3Credentials, externalID: String?, duration: String?
  ) async throws -> S3Credentials {
    var form = QueryItems()
    form.append("Action", "AssumeRole")
    form.append("Version", "2011-06-15")
    form.append("RoleArn", role)
    form.append("RoleSessionName", session)
    if let externalID { form.append("ExternalId", externalID) }
    if let duration { form.append("DurationSeconds", duration) }
    return try await ask(form, result: "AssumeRoleResult", credentials: credentials)
  }

  /// Takes a role with a token that an identity provider issued; such a request is not signed.
  func assumeRole(_ role: String, session: String, webIdentityToken: Secret) async throws -> S3Credentials {
    var form = QueryItems()
    form.append("Action", "AssumeRoleWithWebIdentity")
    form.append("Version", "2011-06-15")
    form.append("RoleArn", role)
    form.append("RoleSessionName", session)
    form.append("WebIdentityToken", webIdentityToken.reveal())
    return try await ask(form, result: "AssumeRoleWithWebIdentityResult", credentials: nil)
  }

  private func ask(_ form: QueryItems, result: String, credentials: S3Credentials?) async throws -> S3Credentials {
    let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
    let address = endpoint ?? "https://sts.\(region).\(domain)"
    guard let service = HTTPEndpoint(parsing: address) else {
      throw failure("“\(address)” is not the address of a token service")
    }
    let body = Array(form.canonical.utf8)
    var fields: [(name: String, value: String)] = [
      ("content-type", "application/x-www-form-urlencoded; charset=utf-8"), ("host", service.authority),
    ]
    if let credentials {
      let time = clock.now()
      fields.append(("x-amz-date", time.amzBasic))
      if let token = credentials.sessionToken { fields.append(("x-amz-security-token", token.reveal())) }
      let parts = RequestSigner.Parts(
        method: "POST", path: "/", headers: fields, payloadHash: Hex.encode(SHA256.hash(body)))
      fields.append(
        ("authorization", Self.signer.authorization(parts, credentials: credentials, region: region, time: time)))
    }
    var headers = HTTPHeaders()
    for field in fields where field.name != "host" { try headers.add(field.name, field.value) }
    let request = HTTPRequest(
      method: .post, url: "\(service)/", headers: headers, body: .bytes(body), patience: Patience(total: .seconds(60)),
      label: "AssumeRole")
    let response: HTTPResponse
    do { response = try await transport.send(request, into: .memory(limit: 1 << 20)) } catch let error as HTTPError {
      if error.code == .cancelled { throw CancellationError() }
      throw failure("the token service \(service.hostAndPort) gives no answer: \(error.message)", retry: .later, cause: error)
    }
    guard response.isSuccess else {
      let refusal = ServiceError.parse(response.body) ?? ServiceError()
      let reason =
        refusal.message.isEmpty ? "status \(response.status)" : DisplayText.escape(Array(refusal.message.utf8.prefix(300)))
      throw failure(
        "the token service does not give the role: \(reason)", retry: response.status >= 500 ? .later : .never,
        detail: refusal.code)
    }
    guard let root = try? XMLDocument.parse(response.body), let found = root.child(result)?.child("Credentials"),
      let id = found.child("AccessKeyId")?.string, let secret = found.child("SecretAccessKey")?.string,
      let token = found.child("SessionToken")?.string
    else { throw failure("the answer of the token service has no credentials") }
    return S3Credentials(
      accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: Secret(token),
      expiration: found.child("Expiration").flatMap { Timestamp(iso8601: $0.string) })
  }

  private func failure(
    _ message: String, retry: StorageError.Retry = .never, detail: String? = nil, cause: (any Error)? = nil
  ) -> StorageError {
    StorageError(.unauthenticated, retry: retry, store: "credentials", message: message, detail: detail, cause: cause)
  }
}
