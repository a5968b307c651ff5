public import ObjectStorage

/// Something that goes wrong in a `FaultyStore`, once.
public struct Fault: Sendable, CustomStringConvertible {
  /// What goes wrong.
  public enum Effect: Sendable {
    /// The call fails and nothing has happened; the caller may not know that.
    case failBefore(StorageError.Code, retry: StorageError.Retry = .later, mayHaveHappened: Bool = false)
    /// The call has its effect, but its answer is lost: it fails with `mayHaveHappened`.
    case failAfter(StorageError.Code, retry: StorageError.Retry = .later)
    /// The call takes that much longer.
    case delay(Duration)
    /// A read's sink gets only so many bytes, and then the read fails as a broken connection does.
    case breakBody(after: Int64)
    /// A write's source ends after so many bytes as if it were complete.
    case shortBody(after: Int64)
    /// The page of a listing lacks this key.
    case staleListing(missing: ObjectKey)
  }

  /// The call that it hits.
  public let operation: StoreCall.Operation
  /// Which of these calls, from 1.
  public let occurrence: Int
  /// Only calls for this key count; nil for all.
  public let key: ObjectKey?
  /// What goes wrong.
  public let effect: Effect

  /// A fault at the `occurrence`-th call of `operation` (for `key`).
  public init(_ operation: StoreCall.Operation, occurrence: Int = 1, key: ObjectKey? = nil, _ effect: Effect) {
    precondition(occurrence >= 1, "calls are counted from 1")
    self.operation = operation
    self.occurrence = occurrence
    self.key = key
    self.effect = effect
  }

  public var description: String {
    "\(operation.rawValue)\(key.map { " of \($0)" } ?? "") number \(occurrence): \(effect)"
  }
}
