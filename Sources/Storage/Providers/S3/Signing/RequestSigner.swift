import Crypto
public import Primitives

/// Signs requests with AWS Signature Version 4: in the `Authorization` header, or in the query of a URL that anyone may use.
///
/// Knows nothing of HTTP clients: it takes the parts of a request and gives texts. Safe to use from any number of tasks. About 3 µs
/// a signature, since the derived key of a day is kept.
public struct RequestSigner: Sendable {
  /// What a service expects of the path.
  public enum PathStyle: Sendable {
    /// S3: the encoded path as it is sent.
    case asSent
    /// All other services: encoded once more; with dots resolved if `normalized`.
    case encodedTwice(normalized: Bool)
  }

  /// The digest in place of the payload's own that says: the body is not signed.
  public static let unsignedPayload = "UNSIGNED-PAYLOAD"

  /// The service's name in the scope: `s3`, `sts`.
  public let service: String
  /// See `PathStyle`.
  public let pathStyle: PathStyle
  private let keys = SigningKeys()

  /// A signer for S3, or for another service.
  public init(service: String = "s3", pathStyle: PathStyle = .asSent) {
    self.service = service
    self.pathStyle = pathStyle
  }

  /// The parts of a request that are signed.
  public struct Parts: Sendable {
    /// `GET`, `PUT`, …
    public var method: String
    /// The path, percent-encoded once, as it is sent.
    public var path: String
    /// The query in canonical order and spelling (`QueryItems.canonical`), without `?`.
    public var query: String
    /// The headers to sign, `host` among them. Names in any case; a name may come again.
    public var headers: [(name: String, value: String)]
    /// The SHA-256 of the body in hexadecimal, or `unsignedPayload`.
    public var payloadHash: String

    /// Parts.
    public init(method: String, path: String, query: String = "", headers: [(name: String, value: String)], payloadHash: String) {
      self.method = method
      self.path = path
      self.query = query
      self.headers = headers
      self.payloadHash = payloadHash
    }
  }

  /// The value of the `Authorization` header. `parts.headers` must hold everything that is to be signed, `x-amz-date` with
  /// `time.amzBasic` and `x-amz-security-token` among it.
  public func authorization(_ parts: Parts, credentials: S3Credentials, region: String, time: Timestamp) -> String {
    let date = Array(time.amzBasic.utf8)
    let (request, signedHeaders) = canonicalRequest(parts)
    let signature = sign(request, credentials: credentials, region: region, date: date)
    var text: [UInt8] = []
    text.reserveCapacity(320)
    text.append(contentsOf: "AWS4-HMAC-SHA256 Credential=".utf8)
    text.append(contentsOf: credentials.accessKeyID.utf8)
    text.append(0x2F)
    appendScope(day: date.prefix(8), region: region, to: &text)
    text.append(contentsOf: ", SignedHeaders=".utf8)
    text.append(contentsOf: signedHeaders)
    text.append(contentsOf: ", Signature=".utf8)
    text.append(contentsOf: signature)
    return String(decoding: text, as: UTF8.self)
  }

  /// The query of a presigned request, with everything in `query` and the signature; it is sent with the same path and headers.
  /// - Parameters:
  ///   - query: further entries; the signature's own are added.
  ///   - expires: from 1 second to 7 days.
  public func presignedQuery(
    _ parts: Parts, query: QueryItems, credentials: S3Credentials, region: String, time: Timestamp, expires: Duration,
    signsToken: Bool = true
  ) -> String {
    let date = Array(time.amzBasic.utf8)
    var scope = Array(credentials.accessKeyID.utf8) + [0x2F]
    appendScope(day: date.prefix(8), region: region, to: &scope)
    var query = query
    query.append("X-Amz-Algorithm", "AWS4-HMAC-SHA256")
    query.append("X-Amz-Credential", bytes: scope)
    query.append("X-Amz-Date", bytes: date)
    query.append("X-Amz-Expires", String(expires.components.seconds))
    let names = sortedHeaders(parts.headers).map(\.name)
    query.append("X-Amz-SignedHeaders", uniqued(names).joined(separator: ";"))
    if signsToken, let token = credentials.sessionToken { query.append("X-Amz-Security-Token", token.reveal()) }
    var parts = parts
    parts.query = query.canonical
    let (request, _) = canonicalRequest(parts)
    let signature = sign(request, credentials: credentials, region: region, date: date)
    var sent = parts.query
    if !signsToken, let token = credentials.sessionToken {
      sent += "&X-Amz-Security-Token=" + PercentEncoding.encode(token.reveal().utf8, keepSlash: false)
    }
    return sent + "&X-Amz-Signature=" + String(decoding: signature, as: UTF8.self)
  }

  /// The canonical request and the list of signed headers.
  func canonicalRequest(_ parts: Parts) -> (request: [UInt8], signedHeaders: [UInt8]) {
    var text: [UInt8] = []
    text.reserveCapacity(1024)
    text.append(contentsOf: parts.method.utf8)
    text.append(0x0A)
    switch pathStyle {
    case .asSent:
      text.append(contentsOf: parts.path.utf8)
    case .encodedTwice(let normalized):
      let path = normalized ? CanonicalText.normalized(path: parts.path) : parts.path
      text.append(contentsOf: PercentEncoding.encode(path.utf8, keepSlash: true).utf8)
    }
    text.append(0x0A)
    text.append(contentsOf: parts.query.utf8)
    text.append(0x0A)
    let headers = sortedHeaders(parts.headers)
    var signed: [UInt8] = []
    signed.reserveCapacity(128)
    var index = 0
    while index < headers.count {
      let name = headers[index].name
      text.append(contentsOf: name.utf8)
      text.append(0x3A)
      CanonicalText.append(headerValue: headers[index].value, to: &text)
      index += 1
      while index < headers.count, headers[index].name == name {
        text.append(0x2C)
        CanonicalText.append(headerValue: headers[index].value, to: &text)
        index += 1
      }
      text.append(0x0A)
      if !signed.isEmpty { signed.append(0x3B) }
      signed.append(contentsOf: name.utf8)
    }
    text.append(0x0A)
    text.append(contentsOf: signed)
    text.append(0x0A)
    text.append(contentsOf: parts.payloadHash.utf8)
    return (text, signed)
  }

  /// The string to sign for a canonical request.
  func stringToSign(_ request: [UInt8], region: String, date: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(192)
    text.append(contentsOf: "AWS4-HMAC-SHA256\n".utf8)
    text.append(contentsOf: date)
    text.append(0x0A)
    appendScope(day: date.prefix(8), region: region, to: &text)
    text.append(0x0A)
    appendHex(SHA256.hash(request), to: &text)
    return text
  }

  private func sign(_ request: [UInt8], credentials: S3Credentials, region: String, date: [UInt8]) -> [UInt8] {
    let text = stringToSign(request, region: region, date: date)
    let key = keys.key(for: credentials, day: Array(date.prefix(8)), region: region, service: service)
    var signature: [UInt8] = []
    signature.reserveCapacity(64)
    appendHex(key.code(text), to: &signature)
    return signature
  }

  private func appendScope(day: some Sequence<UInt8>, region: String, to text: inout [UInt8]) {
    text.append(contentsOf: day)
    text.append(0x2F)
    text.append(contentsOf: region.utf8)
    text.append(0x2F)
    text.append(contentsOf: service.utf8)
    text.append(contentsOf: "/aws4_request".utf8)
  }

  /// By name; headers of one name keep their order, which their canonical form depends on.
  private func sortedHeaders(_ headers: [(name: String, value: String)]) -> [(name: String, value: String)] {
    var sorted = headers.map { (name: CanonicalText.lowercased($0.name), value: $0.value) }
    // Insertion sort: stable, and there are about eight of them.
    var index = 1
    while index < sorted.count {
      var place = index
      while place > 0, sorted[place].name < sorted[place - 1].name {
        sorted.swapAt(place, place - 1)
        place -= 1
      }
      index += 1
    }
    return sorted
  }

  private func uniqued(_ names: [String]) -> [String] {
    var result: [String] = []
    for name in names where result.last != name { result.append(name) }
    return result
  }
}

/// Appends two lower-case digits a byte.
func appendHex(_ bytes: [UInt8], to text: inout [UInt8]) {
  for byte in bytes {
    let (high, low) = (byte >> 4, byte & 15)
    text.append(high < 10 ? high + 0x30 : high + 0x57)
    text.append(low < 10 ? low + 0x30 : low + 0x57)
  }
}
