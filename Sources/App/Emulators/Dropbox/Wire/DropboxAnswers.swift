import HTTPMessages
import HTTPServer
import Markup

extension HTTPServerResponse {
  /// A function's result.
  static func json(_ value: JSONValue, status: Int = 200, headers: HTTPHeaders = [:]) -> HTTPServerResponse {
    var headers = headers
    try? headers.set("Content-Type", "application/json")
    return HTTPServerResponse(status, headers: headers, body: .bytes(value.bytes()))
  }

  /// A text for people.
  static func text(_ text: String, status: Int, type: String = "text/plain; charset=utf-8") -> HTTPServerResponse {
    HTTPServerResponse(status, headers: ["Content-Type": type], body: .bytes(Array(text.utf8)))
  }
}

extension DropboxRefusal {
  /// The answer of the function `name`. The service varies the dots behind a summary, so that nobody compares with it: so does this,
  /// by `turn`.
  func answer(to name: String, turn: Int) -> HTTPServerResponse {
    let dots = String(repeating: ".", count: turn % 3 + 1)
    func body(_ error: DropboxError) -> JSONValue {
      .object(["error_summary": .string("\(error.summary)/\(dots)"), "error": .object(error.json)])
    }
    switch self {
    case .badArgument(let text): return .text("Error in call to API function \"\(name)\": \(text)", status: 400)
    case .unauthorized(let error): return .json(body(error), status: 401)
    case .endpoint(let error): return .json(body(error), status: 409)
    case .pathRoot(let error): return .json(body(error), status: 422)
    case .busy(let reason, let seconds): return Self.busy(reason, retryAfter: seconds, dots: dots)
    }
  }

  static func busy(_ reason: String, retryAfter seconds: Int?, dots: String = "..") -> HTTPServerResponse {
    var headers = HTTPHeaders()
    if let seconds { try? headers.add("Retry-After", String(seconds)) }
    let error: JSONObject = ["reason": .object([".tag": .string(reason)]), "retry_after": .integer(Int64(seconds ?? 1))]
    return .json(
      .object(["error_summary": .string("\(reason)/\(dots)"), "error": .object(error)]), status: 429, headers: headers)
  }
}

extension JSONValue {
  /// The value as JSON in ASCII only, without a control character: fit for a header (the service's "JSON encoding" page).
  var headerText: String {
    var text = ""
    for unit in String(decoding: bytes(), as: UTF8.self).utf16 {
      if unit >= 0x20, unit < 0x7F {
        text.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
      } else {
        let digits = String(unit, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
      }
    }
    return text
  }
}
