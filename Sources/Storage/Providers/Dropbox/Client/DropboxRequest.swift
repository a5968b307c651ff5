import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives

/// One request to the service, before it is addressed and authorised.
struct DropboxRequest: Sendable {
  var operation: DropboxOperation
  /// The route's argument; null for none.
  var argument: JSONValue
  /// The object concerned, for messages.
  var key: ObjectKey?
  /// Bytes that go with it, of a route that takes some.
  var body: HTTPBody?
  /// `Range`, of a route that gives bytes.
  var range: String?
  /// How long the answer's body will be, if known.
  var expectedLength: Int64?
  /// The condition that the request carries: decides what its failure means.
  var condition = WriteCondition.always
  /// Whether it comes again by itself where another write held the account's lock.
  var waitsForLock = true
  /// How long it may take, where that is not the usual.
  var patience = Patience()

  init(_ operation: DropboxOperation, _ argument: JSONValue = .null, key: ObjectKey? = nil) {
    self.operation = operation
    self.argument = argument
    self.key = key
  }
}
