import Concurrency
import Emulators
import Files
import HTTPClient
import HTTPMessages
import HTTPServer
import Markup
import Primitives

/// A client that says exactly what a test wants, to an emulator in this process.
struct DropboxClient {
  let emulator: DropboxEmulator
  var token: String? = "sl.u.developer"

  init(_ rules: DropboxRules = DropboxRules(), _ options: EmulatorOptions = EmulatorOptions()) throws {
    emulator = try DropboxEmulator(options, rules: rules, depot: .open(.dropbox, options))
  }

  /// What came back.
  struct Answer {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSONValue { (try? JSONValue.parse(body)) ?? .null }
    /// The summary of an error without the dots behind it.
    var summary: String {
      var text = json["error_summary"]?.stringValue ?? "\(status) \(text)"
      while text.hasSuffix(".") { text.removeLast() }
      return text
    }

    subscript(_ key: String) -> JSONValue { json[key] ?? .null }
  }

  /// Any request.
  func send(
    _ target: String, method: HTTPMethod = .post, headers: [(String, String)] = [], body: [UInt8] = [], withToken: Bool = true
  ) async throws -> Answer {
    var fields = HTTPHeaders()
    if withToken, let token { try fields.add("Authorization", "Bearer \(token)") }
    for (name, value) in headers { try fields.add(name, value) }
    let request = HTTPServerRequest(method: method, target: target, headers: fields, body: Content(body))
    let answer = try await emulator.respond(to: request)
    return Answer(status: answer.status, headers: answer.headers, body: try Self.bytes(answer.body))
  }

  /// A function whose argument is JSON, as text.
  func call(_ name: String, _ json: String) async throws -> Answer {
    try await send("/2/files/\(name)", headers: [("Content-Type", "application/json")], body: Array(json.utf8))
  }

  /// A function that takes content.
  func content(_ name: String, _ argument: String, _ body: [UInt8] = []) async throws -> Answer {
    try await send(
      "/2/files/\(name)", headers: [("Content-Type", "application/octet-stream"), ("Dropbox-API-Arg", argument)], body: body)
  }

  /// Uploads a small file and gives its metadata.
  @discardableResult
  func put(_ path: String, _ text: String, mode: String = "\"overwrite\"", more: String = "") async throws -> Answer {
    try await content("upload", #"{"path":"\#(path)","mode":\#(mode)\#(more)}"#, Array(text.utf8))
  }

  func get(_ path: String, range: String? = nil) async throws -> Answer {
    var headers = [("Dropbox-API-Arg", #"{"path":"\#(path)"}"#)]
    if let range { headers.append(("Range", range)) }
    return try await send("/2/files/download", headers: headers)
  }

  static func fields(_ headers: [(String, String)]) throws -> HTTPHeaders {
    var fields = HTTPHeaders()
    for (name, value) in headers { try fields.add(name, value) }
    return fields
  }

  private static func bytes(_ body: HTTPServerResponse.Body) throws -> [UInt8] {
    var bytes: [UInt8] = []
    func drain(_ source: any ByteSource) throws {
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
      defer { buffer.deallocate() }
      while case .bytes(let count) = try source.read(into: buffer) { bytes += buffer[..<count] }
    }
    switch body {
    case .none: break
    case .bytes(let all): bytes = all
    case .file(let file, let range):
      try withExtendedLifetime(file) { try drain(FileSource(file, offset: range.lowerBound, length: Int64(range.count))) }
    case .source(let source, _): try drain(source)
    }
    return bytes
  }

  /// A body from memory, read once; it may break off.
  final class Content: HTTPRequestBody, @unchecked Sendable {
    let length: Int64?
    private var rest: [UInt8]
    private let isTorn: Bool

    init(_ bytes: [UInt8], isTorn: Bool = false, length: Int64? = nil) {
      self.length = length ?? Int64(bytes.count)
      rest = bytes
      self.isTorn = isTorn
    }

    func read(into sink: any ByteSink) async throws -> Int64 {
      let bytes = rest
      rest = []
      _ = try bytes.withUnsafeBytes { try sink.write($0) }
      if isTorn { throw HTTPError(.truncated, "the connection broke") }
      return Int64(bytes.count)
    }
  }
}

/// A body whose bytes come when the test says so.
final class HeldBody: HTTPRequestBody {
  let length: Int64? = 1
  private let asked = OneShot<Void>()
  private let go = OneShot<Void>()

  func read(into sink: any ByteSink) async throws -> Int64 {
    asked.settle(.success(()))
    try await go.wait()
    _ = try [UInt8(7)].withUnsafeBytes { try sink.write($0) }
    return 1
  }

  /// Returns when somebody reads.
  func wasAskedFor() async throws { try await asked.wait() }

  func letGo() { go.settle(.success(())) }
}
