import HTTPClient
import HTTPMessages
import Markup
import Primitives

/// What the service says in the body of an answer that is an error.
struct ServiceError: Sendable, Equatable {
  /// The service's own word: `conditionNotMet`. Empty if the answer has none.
  var reason = ""
  /// For people, in the service's words.
  var message = ""

  init(reason: String = "", message: String = "") {
    self.reason = reason
    self.message = message
  }

  /// Reads `{"error": {"errors": [{"reason": …}], "message": …}}`, also where the body is plain text, as that of media is.
  init(_ body: [UInt8]) {
    guard !body.isEmpty else { return }
    guard let error = (try? JSONValue.parse(body, limits: MarkupLimits(byteCount: 1 << 20)))?["error"] else {
      // A page for browsers says nothing that fits a line.
      if body.first != UInt8(ascii: "<"), body.first != UInt8(ascii: "{") {
        message = String(decoding: body.prefix(300), as: UTF8.self)
      }
      return
    }
    let first = error["errors"]?[0]
    reason = first?["reason"]?.stringValue ?? ""
    message = error["message"]?.stringValue ?? first?["message"]?.stringValue ?? ""
  }
}
