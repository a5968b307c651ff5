import Crypto
import HTTPMessages
public import HTTPServer
import Markup
import Primitives

extension DropboxEmulator {
  public func respond(to request: HTTPServerRequest) async throws -> HTTPServerResponse {
    var answer: HTTPServerResponse
    switch request.path {
    case "/oauth2/authorize", "/1/oauth2/authorize": answer = try authorize(request)
    case "/oauth2/token", "/1/oauth2/token": answer = try await token(request)
    case let path where path.hasPrefix("/2/"): answer = try await call(String(path.dropFirst(3)), request)
    default: answer = .text("Not found", status: 404)
    }
    try answer.headers.set("X-Dropbox-Request-Id", Hex.encode(Random.bytes(16)))
    return answer
  }

  private func call(_ name: String, _ request: HTTPServerRequest) async throws -> HTTPServerResponse {
    guard let function = DropboxFunction.all[name] else {
      return .text("Unknown API function: \"\(String(name.prefix(80)))\"", status: 400)
    }
    do {
      return try await perform(function, request)
    } catch let refusal as DropboxRefusal {
      // Who sends content reads the answer when all of it has been sent.
      if function.style == .upload, (request.body.length ?? 0) <= rules.payloadLimit {
        _ = try? await request.body.read(into: DropboxDrain(limit: rules.payloadLimit))
      }
      return refusal.answer(to: name, turn: nextTurn())
    }
  }

  private func perform(_ function: DropboxFunction, _ request: HTTPServerRequest) async throws -> HTTPServerResponse {
    guard request.method == .post || (request.method == .get && function.style == .download) else {
      throw DropboxRefusal.badArgument(
        "Your request's HTTP method is \"\(request.method)\". This function only accepts the HTTP method \"POST\".")
    }
    guard let query = DropboxForm((request.query ?? "").utf8) else {
      throw DropboxRefusal.badArgument("URL parameters could not be decoded")
    }
    if case .user(let scope) = function.access { try authenticate(request, query, scope) }
    try checkRoot(request)
    let call = try await DropboxCall(request, arguments(function.style, request, query))
    guard function.effect == .writes else { return try await function.perform(self, call) }
    return try await asWriter { try await function.perform(self, call) }
  }

  private func authenticate(_ request: HTTPServerRequest, _ query: DropboxForm, _ scope: DropboxScope?) throws {
    guard let given = request.headers["authorization"] ?? query["authorization"] else {
      throw DropboxRefusal.badArgument(#"Must provide HTTP header "Authorization" or URL parameter "authorization"."#)
    }
    guard given.utf8.count > 7, given.prefix(7).lowercased() == "bearer " else {
      throw DropboxRefusal.badArgument("Invalid authorization value in HTTP header/URL parameter")
    }
    let token = given.dropFirst(7)
    guard token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw DropboxRefusal.badArgument("The given OAuth 2 access token is malformed.")
    }
    try depot.table.transaction { try tokens($0).check(String(token), for: scope) }
    // For teams' tokens only, of which there are none.
    if request.headers.contains("dropbox-api-select-user") { throw DropboxRefusal.unauthorized(.void("invalid_select_user")) }
    if request.headers.contains("dropbox-api-select-admin") { throw DropboxRefusal.unauthorized(.void("invalid_select_admin")) }
  }

  /// The account has one namespace, which is home and root: others are refused.
  private func checkRoot(_ request: HTTPServerRequest) throws {
    guard let header = request.headers["dropbox-api-path-root"] else { return }
    let place = #"HTTP header "Dropbox-API-Path-Root""#
    let value = try DropboxArguments.parse(Array(header.utf8), place: place)
    guard let tag = value[".tag"]?.stringValue ?? value.stringValue else {
      throw DropboxRefusal.badArgument("\(place): missing '.tag' key")
    }
    switch tag {
    case "home": return
    case "root", "namespace_id":
      guard let namespace = value[tag]?.stringValue else {
        throw DropboxRefusal.badArgument("\(place): missing required field '\(tag)'")
      }
      if namespace == DropboxAccount.namespace { return }
      if tag == "namespace_id" { throw DropboxRefusal.pathRoot(.void("no_permission")) }
      let info: JSONObject = [".tag": "invalid_root", "invalid_root": .object(DropboxAccount.rootInfo)]
      throw DropboxRefusal.pathRoot(DropboxError(summary: "invalid_root", json: info))
    default: throw DropboxRefusal.badArgument("\(place): invalid union tag '\(tag)'")
    }
  }

  private func arguments(
    _ style: DropboxFunction.Style, _ request: HTTPServerRequest, _ query: DropboxForm
  ) async throws -> DropboxArguments? {
    switch style {
    case .rpc:
      try checkType(request, oneOf: Self.jsonTypes)
      return try DropboxArguments(try await json(request), place: "request body")
    case .noArgument:
      let body = try await json(request)
      if body.isEmpty, request.headers["content-type"] == nil { return nil }
      try checkType(request, oneOf: Self.jsonTypes)
      guard try DropboxArguments.parse(body, place: "request body").isNull else {
        throw DropboxRefusal.badArgument("request body: expected null, got value")
      }
      return nil
    case .upload:
      try checkType(request, oneOf: ["application/octet-stream", Self.corsType])
      return try headerArguments(request, query)
    case .download:
      if request.headers["content-type"].map({ !$0.isEmpty }) ?? false {
        try checkType(request, oneOf: ["text/plain", "text/plain; charset=utf-8", "application/octet-stream", Self.corsType])
      }
      if let first = try await request.body.collect(limit: 4 << 20).first {
        throw DropboxRefusal.badArgument("The request body is supposed to be empty, but it isn't; it begins with byte \(first)")
      }
      return try headerArguments(request, query)
    }
  }

  private static let corsType = "text/plain; charset=dropbox-cors-hack"
  private static let jsonTypes = ["application/json", "application/json; charset=utf-8", corsType]

  private func checkType(_ request: HTTPServerRequest, oneOf types: [String]) throws {
    let list = types.map { "\"\($0)\"" }.joined(separator: ", ")
    guard let type = request.headers["content-type"], !type.isEmpty else {
      throw DropboxRefusal.badArgument("Missing or empty HTTP \"Content-Type\" header.  Expecting one of \(list).")
    }
    guard types.contains(type.lowercased()) else {
      throw DropboxRefusal.badArgument("Bad HTTP \"Content-Type\" header: \"\(type)\".  Expecting one of \(list).")
    }
  }

  private func json(_ request: HTTPServerRequest) async throws -> [UInt8] {
    do {
      return try await request.body.collect(limit: 4 << 20)
    } catch is BodyTooLong { throw DropboxRefusal.badArgument("request body: larger than 4 MiB") }
  }

  private func headerArguments(_ request: HTTPServerRequest, _ query: DropboxForm) throws -> DropboxArguments {
    let header = request.headers["dropbox-api-arg"]
    guard let text = header ?? query["arg"] else {
      throw DropboxRefusal.badArgument(#"Must provide HTTP header "Dropbox-API-Arg" or URL parameter "arg"."#)
    }
    let place = header == nil ? #"URL parameter "arg""# : #"HTTP header "Dropbox-API-Arg""#
    // What was no UTF-8 in a header has been replaced by U+FFFD before it came here.
    let isReadable = text.unicodeScalars.allSatisfy {
      rules.argumentHeader == .utf8 ? $0.value >= 0x20 && $0 != "\u{FFFD}" : (0x20..<0x7F).contains($0.value)
    }
    if header != nil, !isReadable { throw DropboxRefusal.badArgument("\(place): could not decode input as JSON") }
    return try DropboxArguments(Array(text.utf8), place: place)
  }
}

/// Takes content that nobody wants, up to a limit. Used by one caller at a time.
private final class DropboxDrain: ByteSink, @unchecked Sendable {
  private let limit: Int64
  private var count: Int64 = 0

  init(limit: Int64) { self.limit = limit }

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    count += Int64(bytes.count)
    guard count <= limit else { throw BodyTooLong(limit: Int(limit)) }
    return .taken
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
  func restart() { count = 0 }
}
