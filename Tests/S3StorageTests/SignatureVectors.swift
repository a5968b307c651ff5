import Files
import Glibc
import Markup
import Primitives
import Testing

@testable import S3Storage

/// AWS's published cases for Signature Version 4.
struct SignatureVector: Sendable, CustomTestStringConvertible {
  var name: String
  var credentials: S3Credentials
  var region: String
  var service: String
  var time: Timestamp
  var expires: Int64
  var normalizes: Bool
  var signsBody: Bool
  var omitsToken: Bool
  var method: String
  var path: String
  var query: QueryItems
  var headers: [(name: String, value: String)]
  var body: [UInt8]
  var expected: [String: String]

  var testDescription: String { name }

  static let all: [SignatureVector] = {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    let folder = getenv("ISOBAR_VECTORS").map { String(cString: $0) } ?? root + "/../shared/vectors"
    guard let bytes = SmallFile.read(Array("\(folder)/sigv4.json".utf8)), let document = try? JSONValue.parse(bytes),
      let cases = document["cases"]?.arrayValue
    else { return [] }
    return cases.compactMap(SignatureVector.init)
  }()

  init?(_ value: JSONValue) {
    guard let name = value["name"]?.stringValue, let context = value["context"], let keys = context["credentials"],
      let id = keys["access_key_id"]?.stringValue, let secret = keys["secret_access_key"]?.stringValue,
      let region = context["region"]?.stringValue, let service = context["service"]?.stringValue,
      let time = context["timestamp"]?.stringValue.flatMap({ Timestamp(iso8601: $0) }),
      let request = value["request"]?.stringValue
    else { return nil }
    self.name = name
    credentials = S3Credentials(
      accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: keys["token"]?.stringValue.map { Secret($0) })
    self.region = region
    self.service = service
    self.time = time
    expires = context["expiration_in_seconds"]?.integerValue ?? 3600
    normalizes = context["normalize"]?.boolValue ?? true
    signsBody = context["sign_body"]?.boolValue ?? false
    omitsToken = context["omit_session_token"]?.boolValue ?? false
    expected = [:]
    for key in [
      "header_canonical_request", "header_signature", "header_string_to_sign", "query_canonical_request", "query_signature",
    ] {
      expected[key] = value[key]?.stringValue
    }
    (method, path, query, headers, body) = ("", "", QueryItems(), [], [])
    parse(request)
  }

  /// The raw request, with header values that go on in the next line.
  private mutating func parse(_ request: String) {
    var lines = request.split(separator: "\n", omittingEmptySubsequences: false)
    let first = lines.removeFirst()
    method = String(first.prefix { $0 != " " })
    var target = first.dropFirst(method.count + 1)
    target.removeLast(" HTTP/1.1".count)
    let question = target.firstIndex(of: "?") ?? target.endIndex
    path = String(target[..<question])
    for item in target[question...].dropFirst().split(separator: "&") {
      let equals = item.firstIndex(of: "=") ?? item.endIndex
      query.append(
        String(decoding: PercentEncoding.decode(item[..<equals].utf8) ?? [], as: UTF8.self),
        bytes: PercentEncoding.decode(item[equals...].dropFirst().utf8) ?? [])
    }
    while let line = lines.first, !line.isEmpty {
      lines.removeFirst()
      if line.first == " " {
        headers[headers.count - 1].value += "\n" + line
      } else {
        let colon = line.firstIndex(of: ":") ?? line.endIndex
        headers.append((String(line[..<colon]), String(line[colon...].dropFirst())))
      }
    }
    body = Array(lines.dropFirst().joined(separator: "\n").utf8)
  }
}
