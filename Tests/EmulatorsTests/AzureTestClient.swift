import Crypto
import Emulators
import Files
import HTTPClient
import HTTPMessages
import HTTPServer
import Markup
import Primitives

/// A client that says exactly what a test wants, to an emulator in this process. It signs by itself, so that two hands wrote what must
/// agree.
struct AzureTestClient {
  let emulator: AzureEmulator
  let time: AzureTestTime
  /// nil: requests are not signed.
  var key: Secret?
  var version: String? = "2023-11-03"

  init(_ change: (inout AzureBehaviour) -> Void = { _ in }, data: [UInt8]? = nil) throws {
    var behaviour = AzureBehaviour()
    change(&behaviour)
    let time = AzureTestTime()
    let options = EmulatorOptions(data: data, clock: time.clock)
    emulator = AzureEmulator(options, depot: try .open(.azure, options), behaviour)
    self.time = time
    key = behaviour.key
  }

  /// What came back.
  struct Answer {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    var xml: XMLElement? { try? XMLDocument.parse(body) }
    /// Status and code of a refusal, `412 ConditionNotMet`; the status alone of anything else.
    var outcome: String { headers["x-ms-error-code"].map { "\(status) \($0)" } ?? "\(status)" }
    var etag: String { headers["etag"] ?? "" }

    subscript(_ header: String) -> String? { headers[header] }
  }

  /// Any request. `target` is what follows the account in the path.
  func send(
    _ method: HTTPMethod, _ target: String, _ headers: [(String, String)] = [], body: (any HTTPRequestBody)? = nil
  ) async throws -> Answer {
    var fields = HTTPHeaders()
    for (name, value) in headers { try fields.add(name, value) }
    if let version, !fields.contains("x-ms-version") { try fields.add("x-ms-version", version) }
    if !fields.contains("host") { try fields.add("host", "127.0.0.1:10000") }
    if body != nil || method == .put || method == .post, !fields.contains("content-length"),
      let length = body?.length ?? 0 as Int64?
    {
      if (body?.length) != nil || body == nil { try fields.add("content-length", String(length)) }
    }
    let path = "/devstoreaccount1" + target
    if let key, !fields.contains("authorization") {
      if !fields.contains("x-ms-date") { try fields.add("x-ms-date", time.now.rfc1123) }
      try fields.add("authorization", "SharedKey devstoreaccount1:\(Self.sign(method, path, fields, key))")
    }
    let request = HTTPServerRequest(method: method, target: path, headers: fields, body: body ?? AzureTestBody([]))
    return try await Self.take(try await emulator.respond(to: request))
  }

  func put(_ target: String, _ text: String = "", _ headers: [(String, String)] = []) async throws -> Answer {
    let type = target.contains("?") ? [] : [("x-ms-blob-type", "BlockBlob")]
    return try await send(.put, target, type + headers, body: AzureTestBody(Array(text.utf8)))
  }

  func get(_ target: String, _ headers: [(String, String)] = []) async throws -> Answer { try await send(.get, target, headers) }

  /// Makes the container `con`.
  func makeContainer(_ name: String = "con") async throws { _ = try await send(.put, "/\(name)?restype=container") }

  static func take(_ response: HTTPServerResponse) async throws -> Answer {
    var bytes: [UInt8] = []
    func drain(_ source: any ByteSource) throws {
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
      defer { buffer.deallocate() }
      while case .bytes(let count) = try source.read(into: buffer) { bytes += buffer[..<count] }
    }
    switch response.body {
    case .none: break
    case .bytes(let all): bytes = all
    case .file(let file, let range): try drain(FileSource(file, offset: range.lowerBound, length: Int64(range.count)))
    case .source(let source, _): try drain(source)
    }
    response.whenDone?()
    return Answer(status: response.status, headers: response.headers, body: bytes)
  }

  /// The signature of a request, written after the service's reference and not after the emulator.
  static func sign(_ method: HTTPMethod, _ target: String, _ headers: HTTPHeaders, _ key: Secret) -> String {
    let standard = [
      "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date", "if-modified-since",
      "if-match",
      "if-none-match", "if-unmodified-since", "range",
    ]
    var text = method.name + "\n"
    for name in standard {
      let value = headers[name] ?? ""
      text += (name == "content-length" && value == "0" ? "" : name == "date" ? "" : value) + "\n"
    }
    let extra = headers.filter { $0.name.lowercased().hasPrefix("x-ms-") }.sorted { $0.name.lowercased() < $1.name.lowercased() }
    for field in extra { text += "\(field.name.lowercased()):\(field.value)\n" }
    let parts = target.split(separator: "?", maxSplits: 1)
    text += "/devstoreaccount1\(parts[0])"
    for pair in (parts.count > 1 ? parts[1].split(separator: "&") : []).sorted() {
      let sides = pair.split(separator: "=", maxSplits: 1)
      let value = sides.count > 1 ? PercentEncoding.decode(sides[1].utf8) ?? [] : []
      text += "\n\(sides[0].lowercased()):\(String(decoding: value, as: UTF8.self))"
    }
    return Base64.encode(HMACSHA256.code(Array(text.utf8), key: Base64.decode(key.reveal()) ?? []))
  }
}

/// A body from memory, read once; it may break off, or not say how long it is.
final class AzureTestBody: HTTPRequestBody, @unchecked Sendable {
  let length: Int64?
  private var rest: [UInt8]
  private let isTorn: Bool

  init(_ bytes: [UInt8], length: Int64?, isTorn: Bool = false) {
    self.length = length
    rest = bytes
    self.isTorn = isTorn
  }

  convenience init(_ bytes: [UInt8]) { self.init(bytes, length: Int64(bytes.count)) }

  func read(into sink: any ByteSink) async throws -> Int64 {
    let bytes = rest
    rest = []
    _ = try bytes.withUnsafeBytes { try sink.write($0) }
    if isTorn { throw HTTPError(.truncated, "the connection broke") }
    return Int64(bytes.count)
  }
}
