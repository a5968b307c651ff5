import HTTPMessages
import HTTPServer
import Primitives

/// "Blob Batch": up to 256 deletions, or changes of tier, in one request, each with its own rights and its own answer.
extension AzureOperations {
  func batch(_ call: AzureCall) async throws -> AzureAnswer {
    try call.grant.require(.object, "dwx")
    guard let type = call["content-type"], let boundary = Self.boundary(type) else {
      throw AzureFault.invalidHeader("Content-Type", call["content-type"] ?? "")
    }
    let body = try await smallBody(call, limit: 4 << 20)
    let parts = try Self.parse(body, boundary)
    guard (1...256).contains(parts.count) else {
      throw AzureFault(
        400, "ExceedsMaxBatchRequestCount", "The batch operation exceeds maximum number of allowed subrequests.")
    }
    guard Set(parts.map { $0.request.method.name }).count == 1 else { throw AzureFault.invalidInput }
    let own = "batchresponse_\(AzureID.make())"
    var bytes: [UInt8] = []
    for part in parts {
      let response = answer(part.request, in: call)
      var text = "--\(own)\r\nContent-Type: application/http\r\n"
      if let id = part.id { text += "Content-ID: \(id)\r\n" }
      text += "\r\nHTTP/1.1 \(response.status) \(Self.reason(response.status))\r\n"
      for field in response.headers { text += "\(field.name): \(field.value)\r\n" }
      var content: [UInt8] = []
      if case .bytes(let bytes) = response.body { content = bytes }
      if !content.isEmpty { text += "Content-Length: \(content.count)\r\n" }
      bytes += Array(text.utf8) + [13, 10] + content
      if !content.isEmpty { bytes += [13, 10] }
    }
    bytes += Array("--\(own)--\r\n".utf8)
    var answer = AzureAnswer(202)
    try answer.add("Content-Type", "multipart/mixed; boundary=\(own)")
    answer.response.body = .bytes(bytes)
    return answer
  }

  /// Does one part. Whatever it is refused with is its own.
  private func answer(_ request: HTTPServerRequest, in batch: AzureCall) -> HTTPServerResponse {
    let id = AzureID.make()
    var response: HTTPServerResponse
    do {
      let call = try open(request, version: batch["x-ms-version"])
      guard let container = call.address.container, call.address.blob != nil else { throw AzureFault.invalidURI }
      if let own = batch.address.container, own != container { throw AzureFault.invalidInput }
      switch (call.method, call.component) {
      case (.delete, ""): response = try deleteBlob(call).response
      case (.put, "tier"): response = try setTier(call).response
      default: throw AzureFault.invalidInput
      }
    } catch let fault as AzureFault {
      response = AzureAnswer.refusal(fault, method: request.method, requestID: id, now: batch.now)
    } catch {
      let fault = AzureFault(500, "InternalError", "Server encountered an internal error. Please try again after some time.")
      response = AzureAnswer.refusal(fault, method: request.method, requestID: id, now: batch.now)
    }
    try? response.headers.add("x-ms-request-id", id)
    if let version = batch["x-ms-version"] { try? response.headers.add("x-ms-version", version) }
    try? response.headers.add("Server", "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0")
    return response
  }

  private static func boundary(_ type: String) -> [UInt8]? {
    guard type.lowercased().hasPrefix("multipart/mixed"), let start = type.lowercased().firstRange(of: "boundary=") else {
      return nil
    }
    var text = type.utf8.dropFirst(type.lowercased().utf8.distance(from: type.lowercased().startIndex, to: start.upperBound))
    text = text.prefix { $0 != UInt8(ascii: ";") }
    let boundary = text.filter { $0 != UInt8(ascii: "\"") }
    return (1...70).contains(boundary.count) ? Array(boundary) : nil
  }

  /// The requests in a body of several parts.
  static func parse(_ body: [UInt8], _ boundary: [UInt8]) throws(AzureFault) -> [(id: String?, request: HTTPServerRequest)] {
    var found: [(id: String?, request: HTTPServerRequest)] = []
    var isInside = false
    var lines: [String] = []
    for line in body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let line = line.last == 13 ? line.dropLast() : line
      guard line.starts(with: [0x2D, 0x2D] + boundary) else {
        if isInside { lines.append(String(decoding: line, as: UTF8.self)) }
        continue
      }
      if isInside { found.append(try request(lines)) }
      lines = []
      isInside = !line.dropFirst(2 + boundary.count).starts(with: [0x2D, 0x2D])
      if !isInside { return found }
    }
    // A body that was cut off has no last boundary.
    throw .invalidInput
  }

  private static func request(_ lines: [String]) throws(AzureFault) -> (id: String?, request: HTTPServerRequest) {
    var rest = lines[...]
    let outer = try headers(&rest)
    guard outer["content-type"]?.lowercased() == "application/http" else { throw .invalidInput }
    guard let first = rest.popFirst() else { throw .invalidInput }
    let words = first.split(separator: " ")
    guard words.count == 3, words[2] == "HTTP/1.1", let method = HTTPMethod(String(words[0])), words[1].hasPrefix("/"),
      words[1].utf8.allSatisfy({ (0x21..<0x7F).contains($0) })
    else { throw .invalidInput }
    let inner = try headers(&rest)
    guard !inner.contains("x-ms-version") else { throw .invalidHeader("x-ms-version", inner["x-ms-version"] ?? "") }
    let request = HTTPServerRequest(method: method, target: String(words[1]), headers: inner, body: NoBody())
    return (outer["content-id"], request)
  }

  /// Takes fields up to an empty line.
  private static func headers(_ lines: inout ArraySlice<String>) throws(AzureFault) -> HTTPHeaders {
    var headers = HTTPHeaders()
    while let line = lines.popFirst(), !line.isEmpty {
      guard let colon = line.firstIndex(of: ":") else { throw .invalidInput }
      let value = String(line[line.index(after: colon)...]).trimmed
      do { try headers.add(String(line[..<colon]), value) } catch { throw .invalidInput }
    }
    return headers
  }

  private static func reason(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 202: "Accepted"
    case 403: "This request is not authorized."
    case 404: "The specified resource does not exist."
    default: "Refused"
    }
  }
}
