import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives

/// Credentials that the place this program runs in hands out over HTTP.
extension CredentialChain {
  private static let containerHost = "169.254.170.2"

  /// Amazon ECS and EKS.
  func fromContainer() async throws -> S3Credentials? {
    let url: String
    if let path = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
      guard path.hasPrefix("/") else { throw failure("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with a slash") }
      url = "http://\(Self.containerHost)\(path)"
    } else if let full = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
      guard let parts = URLParts(parsing: full) else { throw failure("AWS_CONTAINER_CREDENTIALS_FULL_URI is no URL") }
      // Whoever can set the variable must not be able to send the token in the clear to any host.
      guard parts.endpoint.isPrivate || Self.containerHosts.contains(parts.endpoint.host) else {
        throw failure("AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or on this machine or a container service's address")
      }
      url = full
    } else {
      return nil
    }
    var headers = HTTPHeaders()
    if let file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
      guard let bytes = environment.readFile(file) else {
        throw failure("the file \(file), which AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names, cannot be read")
      }
      try addToken(String(decoding: bytes, as: UTF8.self), to: &headers)
    } else if let token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
      try addToken(token, to: &headers)
    }
    let response = try await get(url, headers, name: "the container's credentials endpoint", patience: .seconds(10))
    guard response.isSuccess, let found = Self.credentials(response.body) else {
      throw failure(
        "the container's credentials endpoint gives no credentials (status \(response.status))",
        retry: response.status >= 500 || response.status == 429 ? .later : .never)
    }
    return found
  }

  private func addToken(_ text: String, to headers: inout HTTPHeaders) throws {
    var text = text[...]
    while let last = text.last, last.isWhitespace { text.removeLast() }
    do { try headers.add("authorization", String(text)) } catch {
      throw failure("the container's authorization token is malformed")
    }
  }

  /// Where Amazon's container services answer, without TLS.
  private static let containerHosts: Set<String> = [containerHost, "169.254.170.23", "fd00:ec2::23"]

  /// An EC2 instance's role, by version 2 of the metadata service. Nil where there is no such service.
  func fromInstance() async throws -> S3Credentials? {
    if variable("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true" { return nil }
    let endpoint =
      variable("AWS_EC2_METADATA_SERVICE_ENDPOINT")
      ?? (variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")?.lowercased() == "ipv6"
        ? "http://[fd00:ec2::254]" : "http://169.254.169.254")
    guard let service = HTTPEndpoint(parsing: endpoint) else {
      throw failure("AWS_EC2_METADATA_SERVICE_ENDPOINT is no address")
    }
    let token: HTTPResponse
    do {
      token = try await transport.send(
        HTTPRequest(
          method: .put, url: "\(service)/latest/api/token", headers: ["x-aws-ec2-metadata-token-ttl-seconds": "21600"],
          body: .bytes([]), patience: Patience(connect: .seconds(1), total: .seconds(2)), label: "instance metadata"),
        into: .memory(limit: 16 << 10))
    } catch let error as HTTPError {
      if error.code == .cancelled { throw CancellationError() }
      // Not on an instance: nobody answers.
      return nil
    }
    guard token.isSuccess else { return nil }
    var headers = HTTPHeaders()
    do { try headers.add("x-aws-ec2-metadata-token", String(decoding: token.body, as: UTF8.self)) } catch { return nil }
    let base = "\(service)/latest/meta-data/iam/security-credentials/"
    let name = "the instance's metadata service"
    let roles = try await get(base, headers, name: name, patience: .seconds(5))
    if roles.status == 404 { return nil }
    guard roles.isSuccess, let role = String(decoding: roles.body, as: UTF8.self).split(separator: "\n").first else {
      throw failure("\(name) names no role (status \(roles.status))", retry: .later)
    }
    let answer = try await get(
      base + PercentEncoding.encode(role.utf8, keepSlash: false), headers, name: name, patience: .seconds(5))
    guard answer.isSuccess, let found = Self.credentials(answer.body) else {
      throw failure("\(name) gives no credentials (status \(answer.status))", retry: .later)
    }
    return found
  }

  private func get(_ url: String, _ headers: HTTPHeaders, name: String, patience: Duration) async throws -> HTTPResponse {
    do {
      return try await transport.send(
        HTTPRequest(
          method: .get, url: url, headers: headers, patience: Patience(connect: .seconds(2), total: patience), label: "credentials"),
        into: .memory(limit: 64 << 10))
    } catch let error as HTTPError {
      if error.code == .cancelled { throw CancellationError() }
      throw failure("\(name) does not answer: \(error.message)", retry: .later, cause: error)
    }
  }

  private static func credentials(_ body: [UInt8]) -> S3Credentials? {
    guard let answer = try? JSONValue.parse(body), let id = answer["AccessKeyId"]?.stringValue,
      let secret = answer["SecretAccessKey"]?.stringValue
    else { return nil }
    return S3Credentials(
      accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: answer["Token"]?.stringValue.map { Secret($0) },
      expiration: answer["Expiration"]?.stringValue.flatMap { Timestamp(iso8601: $0) })
  }
}
