import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives

/// One request to the service, before it is addressed and authorised.
struct GCSRequest: Sendable {
  /// Where it goes.
  enum Target: Sendable {
    /// A path below the service's address, encoded.
    case path(String)
    /// An address that the service itself gave: that of an upload that was begun.
    case session(URLParts)
  }

  var operation: GCSOperation
  var method: HTTPMethod
  var target: Target
  /// The object concerned, for messages.
  var key: ObjectKey?
  var query: [(name: String, value: [UInt8])] = []
  var headers: [(name: String, value: String)] = []
  var body: HTTPBody?
  /// How long the answer's body will be, if known.
  var expectedLength: Int64?
  /// The condition that the request carries: decides what its failure means.
  var condition = WriteCondition.always

  init(_ operation: GCSOperation, _ method: HTTPMethod, _ target: Target, key: ObjectKey? = nil) {
    self.operation = operation
    self.method = method
    self.target = target
    self.key = key
  }

  mutating func ask(_ name: String, _ value: String) { query.append((name, Array(value.utf8))) }
  mutating func ask(_ name: String, bytes: [UInt8]) { query.append((name, bytes)) }
  mutating func add(_ name: String, _ value: String) { headers.append((name, value)) }

  /// Sends a JSON text along.
  mutating func setBody(_ json: JSONObject) {
    add("content-type", "application/json; charset=utf-8")
    body = .bytes(JSONValue.object(json).bytes())
  }

  /// The query as it is sent, without `?`.
  var encodedQuery: String {
    query.map { PercentEncoding.encode($0.name.utf8, keepSlash: false) + "=" + PercentEncoding.encode($0.value, keepSlash: false) }
      .joined(separator: "&")
  }
}
