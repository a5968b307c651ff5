import HTTPMessages
import Markup
import Primitives

/// What the service says of an answer that is an error: its code in a header, and the same with a text in a document, which answers to
/// HEAD do not have.
struct ServiceError: Sendable, Equatable {
  /// The service's own word: `ConditionNotMet`. Empty if the answer has none.
  var code = ""
  /// For people, in the service's words: the first line, the rest are ids and times.
  var message = ""

  init(code: String = "", message: String = "") {
    self.code = code
    self.message = message
  }

  init(_ headers: HTTPHeaders, _ body: [UInt8]) {
    if let document = try? XMLDocument.parse(body, limits: MarkupLimits(byteCount: 1 << 20)), document.name == "Error" {
      code = document.child("Code")?.string ?? ""
      let text = document.child("Message")?.text ?? []
      message = String(decoding: text.prefix { $0 != 0x0A && $0 != 0x0D }.prefix(300), as: UTF8.self)
    }
    if let word = headers["x-ms-error-code"], !word.isEmpty { code = word }
  }
}
