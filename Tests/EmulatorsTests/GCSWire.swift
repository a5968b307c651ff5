import Emulators
import HTTPClient
import HTTPMessages
import HTTPServer
import Markup
import Primitives
import Testing

/// Requests to an emulator of Cloud Storage as they go over the wire, and what comes back.
struct GCSWire: Sendable {
  /// An answer.
  struct Answer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSONValue? { try? JSONValue.parse(body) }
    /// The service's word for what is wrong.
    var reason: String? { json?["error"]?["errors"]?[0]?["reason"]?.stringValue }
    var generation: String { json?["generation"]?.stringValue ?? "" }
    /// The address of an upload that was begun.
    var session: String { String((headers["location"] ?? "").drop { $0 != "/" }.dropFirst(2).drop { $0 != "/" }) }
  }

  let emulator: GCSEmulator
  private let transport: InProcessTransport

  /// An emulator with the bucket `b`.
  init(_ settings: GCSEmulatorSettings = GCSEmulatorSettings(), clock: WallClock = .system) async throws {
    try await self.init(settings, options: EmulatorOptions(clock: clock))
  }

  init(_ settings: GCSEmulatorSettings = GCSEmulatorSettings(), options: EmulatorOptions) async throws {
    emulator = try GCSEmulator(options, settings: settings)
    transport = InProcessTransport(emulator)
    if settings.access != .tokens, try await send(.get, "/storage/v1/b/bucket").status == 404 {
      let made = try await send(.post, "/storage/v1/b?project=p", json: #"{"name": "bucket"}"#)
      #expect(made.status == 200, "\(made.text)")
    }
  }

  func send(
    _ method: HTTPMethod, _ target: String, _ headers: HTTPHeaders = [:], body: [UInt8]? = nil
  ) async throws -> Answer {
    let sink = MemorySink(limit: 64 << 20)
    var head: (Int, HTTPHeaders)?
    let box = Box()
    let response = try await transport.send(
      HTTPRequest(method: method, url: "http://gcs.test" + target, headers: headers, body: body.map { .bytes($0) }),
      into: .body(sink, onHead: { status, headers in box.head = (status, headers) }))
    head = box.head ?? (response.status, response.headers)
    return Answer(
      status: response.status, headers: head?.1 ?? response.headers, body: response.isSuccess ? sink.bytes : response.body)
  }

  func send(_ method: HTTPMethod, _ target: String, json: String) async throws -> Answer {
    try await send(method, target, ["content-type": "application/json"], body: Array(json.utf8))
  }

  /// Writes an object in one request.
  @discardableResult
  func put(_ name: String, _ content: String, _ query: String = "", _ headers: HTTPHeaders = [:]) async throws -> Answer {
    let name = PercentEncoding.encode(name.utf8, keepSlash: false)
    return try await send(
      .post, "/upload/storage/v1/b/bucket/o?uploadType=media&name=\(name)\(query)", headers, body: Array(content.utf8))
  }

  func path(_ name: String) -> String { "/storage/v1/b/bucket/o/" + PercentEncoding.encode(name.utf8, keepSlash: false) }

  /// The content of an object.
  func get(_ name: String, _ query: String = "", _ headers: HTTPHeaders = [:]) async throws -> Answer {
    try await send(.get, path(name) + "?alt=media" + query, headers)
  }

  /// Begins an upload in several requests.
  func start(_ name: String, _ query: String = "", _ headers: HTTPHeaders = [:], json: String = "{}") async throws -> Answer {
    var headers = headers
    try headers.set("content-type", "application/json")
    return try await send(
      .post, "/upload/storage/v1/b/bucket/o?uploadType=resumable&name=\(name)\(query)", headers, body: Array(json.utf8))
  }

  /// Sends a chunk.
  func chunk(_ session: String, _ range: String?, _ content: [UInt8] = [], _ headers: HTTPHeaders = [:]) async throws -> Answer {
    var headers = headers
    if let range { try headers.set("content-range", range) }
    return try await send(.put, session, headers, body: content)
  }
}

/// Written by the one request that it belongs to.
private final class Box: @unchecked Sendable {
  var head: (Int, HTTPHeaders)?
}
