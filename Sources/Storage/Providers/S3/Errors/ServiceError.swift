import Markup
import Primitives

/// What a service says in the body of an answer that is an error.
struct ServiceError: Sendable, Equatable {
  /// The service's own code: `NoSuchKey`. Empty if the answer had no body (a HEAD's has none).
  var code = ""
  /// For people, in the service's words.
  var message = ""
  /// For the service's support.
  var requestID = ""
  /// The region that the bucket is in, if the answer says so.
  var region: String?
  /// The condition that did not hold.
  var condition: String?

  /// Reads an `<Error>` document, or the one inside of `<ErrorResponse>` (STS); nil if `body` is neither.
  static func parse(_ body: [UInt8]) -> ServiceError? {
    guard !body.isEmpty, let root = try? XMLDocument.parse(body, limits: MarkupLimits(byteCount: 1 << 20)) else { return nil }
    guard let element = root.name == "Error" ? root : root.child("Error") else { return nil }
    var error = ServiceError()
    error.code = element.child("Code")?.string ?? ""
    error.message = element.child("Message")?.string ?? ""
    error.requestID = element.child("RequestId")?.string ?? root.child("RequestId")?.string ?? ""
    error.region = element.child("Region")?.string
    error.condition = element.child("Condition")?.string
    return error
  }
}
