public import ObjectStorage

/// One call to a store, as a layer sees it.
public struct StoreCall: Sendable {
  /// What is called.
  public enum Operation: String, CaseIterable, Hashable, Sendable {
    case capabilities, list, stat, read, payload, write, openWrite, commit, delete, copy, move, updateMetadata, startMultipart,
      writePart, copyPart, completeMultipart, flush

    /// Whether a store that answers each call with one request sends one for it.
    var isRequest: Bool { StoreCall(self).requestClass != nil }
  }

  /// What is called; for a listing, one page.
  public let operation: Operation
  /// The object concerned, if it is one.
  public let key: ObjectKey?
  /// Bytes of content that the call sends.
  public let bytesToSend: Int64

  /// A call.
  public init(_ operation: Operation, _ key: ObjectKey? = nil, bytesToSend: Int64 = 0) {
    self.operation = operation
    self.key = key
    self.bytesToSend = bytesToSend
  }

  /// Whether the call can change the store.
  public var changes: Bool {
    switch operation {
    case .capabilities, .list, .stat, .read, .payload, .flush, .openWrite: false
    case .write, .commit, .delete, .copy, .move, .updateMetadata, .startMultipart, .writePart, .copyPart, .completeMultipart: true
    }
  }

  /// The class in which a store that answers each call with one request counts it; nil for what costs no request there.
  public var requestClass: RequestClass? {
    switch operation {
    case .capabilities, .openWrite, .flush: nil
    case .list: .list
    case .stat, .payload: .head
    case .read: .get
    case .write, .commit, .startMultipart, .writePart, .completeMultipart: .put
    case .copy, .move, .updateMetadata, .copyPart: .copy
    case .delete: .delete
    }
  }
}
