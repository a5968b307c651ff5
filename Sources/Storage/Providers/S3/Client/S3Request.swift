import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives

/// One request to the service, before it is addressed and signed.
struct S3Request: Sendable {
  /// The bytes that go along.
  enum Body: Sendable {
    case none
    /// Bytes in memory; their SHA-256, if it is known already.
    case bytes([UInt8], sha256: [UInt8]? = nil)
    /// Bytes made anew for each attempt; their SHA-256 is needed where payloads are signed.
    case stream(length: Int64, sha256: [UInt8], makeSource: @Sendable () throws -> any ByteSource)
  }

  var operation: S3Operation
  var method: HTTPMethod
  /// The object concerned, for messages.
  var key: ObjectKey?
  /// The key in the bucket, prefix included; nil for the bucket itself.
  var path: [UInt8]?
  var query = QueryItems()
  /// All of them are signed.
  var headers: [(name: String, value: String)] = []
  var body = Body.none
  /// How long the answer's body will be, if known.
  var expectedLength: Int64?

  init(_ operation: S3Operation, _ method: HTTPMethod, key: ObjectKey? = nil, path: [UInt8]? = nil) {
    self.operation = operation
    self.method = method
    self.key = key
    self.path = path
  }

  /// Whether a missing object is a condition that failed rather than what was asked for.
  var isWrite: Bool { operation == .putObject || operation == .completeUpload || operation == .copyObject }

  mutating func add(_ name: String, _ value: String) { headers.append((name, value)) }
}
