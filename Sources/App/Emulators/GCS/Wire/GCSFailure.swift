import HTTPMessages
import HTTPServer
import Markup

/// An answer that is an error, in the service's words and form.
struct GCSFailure: Error, Sendable {
  var status: Int
  /// The service's own word: `conditionNotMet`.
  var reason: String
  var message: String
  /// What in the request is at fault: `If-Match`, `Authorization`, a parameter.
  var location: (type: String, name: String)?
  /// Some errors of uploads are texts.
  var isText = false

  init(_ status: Int, _ reason: String, _ message: String, location: (type: String, name: String)? = nil) {
    self.status = status
    self.reason = reason
    self.message = message
    self.location = location
  }

  static func invalid(_ message: String) -> GCSFailure { GCSFailure(400, "invalid", message) }
  static func badRequest(_ message: String) -> GCSFailure { GCSFailure(400, "badRequest", message) }
  static func parameter(_ name: String, _ message: String) -> GCSFailure {
    GCSFailure(400, "invalidParameter", message, location: ("parameter", name))
  }
  static func required(_ name: String) -> GCSFailure {
    GCSFailure(400, "required", "Required parameter: \(name)", location: ("parameter", name))
  }
  static let noBucket = GCSFailure(404, "notFound", "The specified bucket does not exist.")
  static let noPath = GCSFailure(404, "notFound", "Not Found")
  static let conditionNotMet = GCSFailure(
    412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.", location: ("header", "If-Match"))
  static let notModified = GCSFailure(304, "notModified", "Not Modified")
  static let credentials = GCSFailure(401, "authError", "Invalid Credentials", location: ("header", "Authorization"))

  /// The answer that says so.
  var response: HTTPServerResponse {
    // No body: whoever asked has what is there.
    if status == 304 { return HTTPServerResponse(304) }
    if isText {
      return HTTPServerResponse(
        status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: .bytes(Array(message.utf8)))
    }
    var detail: JSONObject = ["domain": "global", "reason": .string(reason), "message": .string(message)]
    if let location {
      detail["locationType"] = .string(location.type)
      detail["location"] = .string(location.name)
    }
    let body: JSONObject = [
      "error": .object(["code": .integer(Int64(status)), "message": .string(message), "errors": .array([.object(detail)])])
    ]
    var headers: HTTPHeaders = ["Content-Type": "application/json; charset=UTF-8"]
    if status == 401 {
      headers = [
        "Content-Type": "application/json; charset=UTF-8", "WWW-Authenticate": "Bearer realm=\"https://accounts.google.com/\"",
      ]
    }
    return HTTPServerResponse(status, headers: headers, body: .bytes(JSONValue.object(body).bytes()))
  }
}
