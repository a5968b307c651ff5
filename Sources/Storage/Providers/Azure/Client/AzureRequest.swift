import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives

/// One request to the service, before it is addressed and authorised.
struct AzureRequest: Sendable {
  /// What it is about.
  enum Target: Sendable {
    case container
    /// A blob by its name in the container.
    case blob([UInt8])
  }

  var operation: AzureOperation
  var method: HTTPMethod
  var target: Target
  /// The object concerned, for messages.
  var key: ObjectKey?
  /// Decoded.
  var query: [(name: String, value: [UInt8])] = []
  var headers: [(name: String, value: String)] = []
  var body: HTTPBody?
  /// Bytes of the body.
  var length: Int64 = 0
  /// How long the answer's body will be, if known.
  var expectedLength: Int64?
  /// The condition that the request carries: decides what its failure means.
  var condition = WriteCondition.always

  init(_ operation: AzureOperation, _ method: HTTPMethod, _ target: Target, key: ObjectKey? = nil) {
    self.operation = operation
    self.method = method
    self.target = target
    self.key = key
  }

  mutating func ask(_ name: String, _ value: String) { query.append((name, Array(value.utf8))) }
  mutating func ask(_ name: String, bytes: [UInt8]) { query.append((name, bytes)) }
  mutating func add(_ name: String, _ value: String) { headers.append((name, value)) }

  /// Sends bytes along.
  mutating func setBody(_ bytes: [UInt8]) {
    body = .bytes(bytes)
    length = Int64(bytes.count)
  }

  /// The query as it is sent, without `?`.
  var encodedQuery: String {
    query.map { PercentEncoding.encode($0.name.utf8, keepSlash: false) + "=" + PercentEncoding.encode($0.value, keepSlash: false) }
      .joined(separator: "&")
  }
}
