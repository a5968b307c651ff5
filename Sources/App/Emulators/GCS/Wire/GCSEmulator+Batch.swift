import Crypto
import HTTPMessages
import HTTPServer
import Primitives

extension GCSEmulator {
  /// Answers several requests that came in one, each for itself.
  func answerBatch(_ call: GCSCall) async throws -> HTTPServerResponse {
    guard !call.isInBatch else { throw GCSFailure.badRequest("A batch cannot be part of a batch.") }
    guard let boundary = MIMEParts.boundary(call.headers["content-type"], subtype: "mixed") else {
      throw GCSFailure.badRequest("A batch must have a content type of multipart/mixed with a boundary.")
    }
    let bytes = try await call.body.collect(limit: 10 << 20)
    guard let parts = MIMEParts.split(bytes, boundary: boundary), !parts.isEmpty else {
      throw GCSFailure.badRequest("Failed to parse batch request.")
    }
    guard parts.count <= 100 else {
      throw GCSFailure.badRequest("The batch request contains \(parts.count) calls; 100 are allowed.")
    }
    let mark = "batch_" + Hex.encode(Random.bytes(12))
    var body: [UInt8] = []
    for part in parts {
      guard let (outer, message) = MIMEParts.message(part), let headers = MIMEParts.headers(outer),
        headers["content-type"]?.lowercased().hasPrefix("application/http") == true
      else { throw GCSFailure.badRequest("Failed to parse batch request: a part is no application/http.") }
      body += "--\(mark)\r\nContent-Type: application/http\r\n".utf8
      if let id = headers["content-id"] {
        body += "Content-ID: <response-\(id.filter { $0 != "<" && $0 != ">" })>\r\n".utf8
      }
      body += Array("\r\n".utf8) + Self.text(try await answer(message, of: call)) + Array("\r\n".utf8)
    }
    body += "--\(mark)--\r\n".utf8
    return HTTPServerResponse(200, headers: ["Content-Type": "multipart/mixed; boundary=\(mark)"], body: .bytes(body))
  }

  private func answer(_ message: ArraySlice<UInt8>, of batch: GCSCall) async throws -> HTTPServerResponse {
    do {
      return try await answer(try Self.call(message, in: batch))
    } catch let failure as GCSFailure { return failure.response }
  }

  /// The request that a part of a batch is.
  private static func call(_ message: ArraySlice<UInt8>, in batch: GCSCall) throws -> GCSCall {
    let malformed = GCSFailure.badRequest("Failed to parse batch request: a part is no HTTP request.")
    // A request without a body may lack the empty line behind its headers.
    let (head, body) = MIMEParts.message(message) ?? (message, message.suffix(0))
    let lineEnd = head.firstIndex(of: 0x0A) ?? head.endIndex
    let words = String(decoding: head[..<lineEnd], as: UTF8.self).split(whereSeparator: { $0 == " " || $0 == "\r" || $0 == "\r\n" })
    guard words.count >= 2, let method = HTTPMethod(String(words[0])) else { throw malformed }
    var target = String(words[1])
    if let url = URLParts(parsing: target) { target = url.path + (url.query.map { "?" + $0 } ?? "") }
    guard target.hasPrefix("/"), var headers = MIMEParts.headers(head[lineEnd...]) else { throw malformed }
    for name in ["host", "x-forwarded-proto", "authorization"] where !headers.contains(name) {
      if let value = batch.headers[name] { try headers.add(name, value) }
    }
    var held = Array(body)
    if let length = headers["content-length"].flatMap({ Int($0) }), length >= 0, length < held.count {
      held.removeSubrange(length...)
    }
    while headers["content-length"] == nil, held.last == 0x0A || held.last == 0x0D { held.removeLast() }
    var call = try GCSCall(
      HTTPServerRequest(method: method, target: target, headers: headers, body: GCSHeldBody(held)))
    call.isInBatch = true
    return call
  }

  private static func text(_ response: HTTPServerResponse) -> [UInt8] {
    var body: [UInt8] = []
    if case .bytes(let bytes) = response.body { body = bytes }
    var text = "HTTP/1.1 \(response.status) \(response.status < 300 ? "OK" : "Error")\r\n"
    for field in response.headers { text += "\(field.name): \(field.value)\r\n" }
    return Array((text + "Content-Length: \(body.count)\r\n\r\n").utf8) + body
  }
}
